import { ModelError } from '../errors.ts'
import { sizeOf, type Tensor, type TensorMap } from '../tensor.ts'
import type { ModelDescription } from './describe.ts'

/** What is to be classified. */
export interface ClassifierExample {
  /** C x H x W numbers as in training; bytes stand for their 255th, 0 to 1. */
  readonly image: Float32Array | Uint8Array
  /** Numbers beside the picture, in the order of the description. Default zeros. */
  readonly evidence?: ArrayLike<number>
}

/** A loaded classifier. */
export interface Classifier {
  readonly description: ModelDescription
  /**
   * Probabilities of the classes, a row an example. Any number of examples: they run in batches.
   * @throws ModelError `BAD_ARGUMENT` where an example has the wrong size, `CLOSED` after `close`
   */
  classify(examples: readonly ClassifierExample[]): Promise<Float32Array>
  /** As `classify`, before temperature and softmax. */
  logits(examples: readonly ClassifierExample[]): Promise<Float32Array>
  /** Frees the model once what was asked before is done. */
  close(): Promise<void>
}

/** What runs a batch, in this thread or another. */
export interface BatchEngine {
  /** Batches it takes at a time: one runs, the others wait. */
  readonly depth: number
  /** Memory for the numbers of a batch; taken back by `run`. */
  floats(name: string, length: number): Float32Array
  /** The wanted output. */
  run(feeds: TensorMap, wanted: string): Promise<Tensor>
  close(): Promise<void>
}

/** A classifier over an engine; `batch` examples run at a time. */
export function classifierOn(
  engine: BatchEngine,
  { description, batch }: { readonly description: ModelDescription; readonly batch: number },
): Classifier {
  const slots = new Slots(engine.depth)
  const classes = description.classes.length
  let closing: Promise<void> | undefined

  const runBatch = async (examples: readonly ClassifierExample[], wanted: string) => {
    await slots.take()
    try {
      const { data } = await engine.run(feedsOf(examples, { engine, description }), wanted)
      return data as Float32Array
    } finally {
      slots.give()
    }
  }

  const rows = async (examples: readonly ClassifierExample[], wanted: string) => {
    if (closing) throw new ModelError('CLOSED', 'the classifier was closed')
    for (const [i, example] of examples.entries()) checkExample(example, i, description)
    const results = new Float32Array(examples.length * classes)
    const starts = Array.from({ length: Math.ceil(examples.length / batch) }, (_, i) => i * batch)
    await Promise.all(
      starts.map(async (start) => {
        const found = await runBatch(examples.slice(start, start + batch), wanted)
        results.set(found, start * classes)
      }),
    )
    return results
  }

  const close = async () => {
    for (let i = 0; i < engine.depth; i++) await slots.take()
    await engine.close()
  }

  return {
    description,
    classify: (examples) => rows(examples, 'probabilities'),
    logits: (examples) => rows(examples, 'logits'),
    close: () => {
      closing ??= close()
      return closing
    },
  }
}

/** Refuses an example whose sizes are not the description's. */
export function checkExample(
  example: ClassifierExample,
  i: number,
  description: ModelDescription,
): void {
  const { image, evidence } = description.inputs
  const check = (what: string, got: number, shape: readonly number[]) => {
    if (got === sizeOf(shape)) return
    const wanted = `${sizeOf(shape)} for [${shape.join(', ')}]`
    throw new ModelError('BAD_ARGUMENT', `${what} ${i} has ${got} numbers, wanted ${wanted}`)
  }
  check('image', example.image.length, image)
  if (example.evidence) check('evidence', example.evidence.length, evidence ?? [0])
}

interface Lent {
  readonly engine: Pick<BatchEngine, 'floats'>
  readonly description: ModelDescription
}

/** Inputs of a batch, in memory that the engine lends. */
export function feedsOf(
  examples: readonly ClassifierExample[],
  { engine, description }: Lent,
): TensorMap {
  const count = examples.length
  const feeds = new Map<string, Tensor>()
  for (const [name, shape] of Object.entries(description.inputs)) {
    const size = sizeOf(shape)
    const data = engine.floats(name, count * size)
    for (const [i, example] of examples.entries()) {
      const place = data.subarray(i * size, (i + 1) * size)
      if (name === 'image') putImage(example.image, place)
      else if (example.evidence) place.set(example.evidence)
      else place.fill(0)
    }
    feeds.set(name, { type: 'float32', dims: [count, ...shape], data })
  }
  return feeds
}

function putImage(image: Float32Array | Uint8Array, place: Float32Array): void {
  if (image instanceof Float32Array) place.set(image)
  else for (let i = 0; i < image.length; i++) place[i] = image[i] / 255
}

/** A counted lock, first come first served. */
class Slots {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(count: number) {
    this.#free = count
  }

  async take(): Promise<void> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  give(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#free++
  }
}
