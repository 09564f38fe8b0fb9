import { ModelError } from '../errors.ts'
import { fromBlocks, toBlocks } from '../lower/weightBlocks.ts'
import { sizeOf, type Tensor, type TensorMap, tensor } from '../tensor.ts'
import type { Arrays } from './arrays.ts'
import type { Optimizer, OptimizerState } from './optimizers.ts'

/** What is run; `openSession` makes it. */
export interface Runnable {
  readonly inputs: readonly string[]
  run(feeds: TensorMap): Promise<TensorMap>
  close(): Promise<void>
}

/** A graph of one batch size, and what its inputs and outputs mean. Plain data. */
export interface CompiledGraph {
  /** The ONNX model. */
  readonly model: Uint8Array
  /** Of a graph cut into parts: this is the last one. */
  readonly last?: boolean
  /** Values a channel behind the statistics of each batch norm. */
  readonly norms: ReadonlyMap<string, number>
}

/** How the arrays of a network's parameters lie. Plain data. */
export interface ParameterLayout {
  readonly shapes: ReadonlyMap<string, readonly number[]>
  /** Parameters that lie in blocks of weights; the others lie in rows. */
  readonly inBlocks: readonly string[]
  /** Channels in a block; 0 where there are none. */
  readonly block: number
}

/** What one pass over a batch gives. */
export interface Gradients {
  /** Mean over the batch. */
  readonly loss: number
  /** [batch, classes] */
  readonly logits: Float32Array
  /** One array a parameter, in the layout of the trainer: see `Trainer.layout`. */
  readonly gradients: Arrays
}

/** What one part of a pass gives: loss and logits come with the first. */
export type GradientPart = Pick<Gradients, 'gradients'> & Partial<Gradients>

/** Everything that training changes. Arrays lie in rows, as every tool has them. */
export interface TrainingState {
  readonly parameters: Arrays
  readonly buffers: Arrays
  readonly optimizer: OptimizerState
}

/** PyTorch's: the running statistics take this share of each batch's. */
const MOMENTUM = 0.1

/** What a core is made of. */
export interface CoreOptions {
  readonly open: (model: Uint8Array) => Promise<Runnable>
  readonly optimizer: Optimizer
  readonly layout: ParameterLayout
}

/** Parameters, their optimiser and the graphs that compute with them, in one thread. */
export class TrainingCore {
  readonly #open: (model: Uint8Array) => Promise<Runnable>
  readonly #optimizer: Optimizer
  readonly #graphs = new Map<string, { compiled: CompiledGraph; session: Runnable }>()
  #parameters = new Map<string, Float32Array>()
  #buffers = new Map<string, Float32Array>()
  #state: OptimizerState = { step: 0, slots: new Map() }
  readonly #layout: ParameterLayout
  /** What later parts of a pass need: the batch, and values that earlier parts computed. */
  #carried = new Map<string, Tensor>()

  constructor({ open, optimizer, layout }: CoreOptions) {
    this.#open = open
    this.#optimizer = optimizer
    this.#layout = layout
  }

  /** Loads a graph under a name; all graphs of a core lay their parameters alike. */
  async addGraph(key: string, compiled: CompiledGraph): Promise<void> {
    this.#graphs.set(key, { compiled, session: await this.#open(compiled.model) })
  }

  /** @throws ModelError `BAD_ARGUMENT` for a state of another network or optimiser; nothing changes then */
  restore({ parameters, buffers, optimizer }: TrainingState): void {
    const lengths = [...this.#layout.shapes].map(([name, dims]) => [name, sizeOf(dims)] as const)
    checkFits('parameters', parameters, lengths)
    const known = [...this.#buffers].map(([name, { length }]) => [name, length] as const)
    if (known.length > 0) checkFits('running statistics', buffers, known)
    const slots = [...this.#optimizer.init(parameters).slots]
    const isFresh = optimizer.step === 0 && optimizer.slots.size === 0
    if (!isFresh) {
      const wanted = slots.map(([name, { length }]) => [name, length] as const)
      checkFits(`memory of ${this.#optimizer.name}`, optimizer.slots, wanted)
    }
    this.#parameters = this.#laid(parameters, toBlocks)
    this.#buffers = new Map([...buffers].map(([name, data]) => [name, data.slice()]))
    this.#state = {
      step: optimizer.step,
      slots: isFresh ? new Map(slots) : this.#laid(optimizer.slots, toBlocks),
    }
  }

  snapshot(): TrainingState {
    return {
      parameters: this.#laid(this.#parameters, fromBlocks),
      buffers: new Map([...this.#buffers].map(([name, data]) => [name, data.slice()])),
      optimizer: { step: this.#state.step, slots: this.#laid(this.#state.slots, fromBlocks) },
    }
  }

  /** Loss and gradients of a batch; the running statistics move, the parameters do not. */
  async gradients(key: string, feeds: TensorMap): Promise<Gradients> {
    const { compiled, session } = this.#graph(key)
    const results = await session.run(this.#feeds(feeds))
    const loss = checkLoss(results.get('loss'))
    const gradients = new Map<string, Float32Array>()
    for (const [name, { data }] of results) {
      if (name.startsWith('d:')) gradients.set(name.slice(2), data as Float32Array)
    }
    this.#observe(compiled, results)
    return { loss, logits: results.get('logits')?.data as Float32Array, gradients }
  }

  /**
   * As `gradients`, by a graph that was cut into parts (see `splitGraph`): the parts run one call each, in
   * their order, and each gives the gradients that it computes. The first is given the batch.
   */
  async gradientPart(key: string, feeds?: TensorMap): Promise<GradientPart> {
    const { compiled, session } = this.#graph(key)
    if (feeds) this.#carried = new Map(feeds)
    const all = this.#feeds(this.#carried)
    const results = await session.run(
      new Map([...all].filter(([name]) => session.inputs.includes(name))),
    )
    const loss = results.get('loss')
    if (loss) {
      checkLoss(loss)
      this.#observe(compiled, results)
    }
    const gradients = new Map<string, Float32Array>()
    for (const [name, result] of results) {
      if (name.startsWith('d:')) gradients.set(name.slice(2), result.data as Float32Array)
      else this.#carried.set(name, result)
    }
    // After the last part nothing is needed any more.
    if (compiled.last) this.#carried = new Map()
    const logits = results.get('logits')?.data as Float32Array | undefined
    return { gradients, ...(loss && { loss: Number(loss.data[0]) }), ...(logits && { logits }) }
  }

  /** @throws ModelError `BAD_ARGUMENT` for gradients of something else; nothing changes then */
  update(gradients: Arrays, rate: number): void {
    const lengths = [...this.#parameters].map(([name, { length }]) => [name, length] as const)
    checkFits('gradients', gradients, lengths)
    this.#optimizer.begin(this.#state)
    this.#optimizer.update({ parameters: this.#parameters, gradients, state: this.#state, rate })
  }

  /** Logits or features with the running statistics; nothing changes. */
  async predict(key: string, feeds: TensorMap): Promise<Float32Array> {
    const { session } = this.#graph(key)
    const all = this.#feeds(feeds)
    for (const [name, data] of this.#buffers) all.set(name, tensor(data))
    const given = new Map([...all].filter(([name]) => session.inputs.includes(name)))
    return (await session.run(given)).get('result')?.data as Float32Array
  }

  async close(): Promise<void> {
    for (const { session } of this.#graphs.values()) await session.close()
    this.#graphs.clear()
  }

  #graph(key: string): { compiled: CompiledGraph; session: Runnable } {
    const found = this.#graphs.get(key)
    if (!found) throw new ModelError('BAD_ARGUMENT', `internal: no graph ${key}`)
    return found
  }

  #feeds(feeds: TensorMap): Map<string, Tensor> {
    const all = new Map(feeds)
    for (const [name, dims] of this.#layout.shapes) {
      const data = this.#parameters.get(name)
      if (!data) throw new ModelError('BAD_ARGUMENT', `no numbers for parameter ${name}`)
      all.set(name, tensor(data, dims))
    }
    return all
  }

  #observe({ norms }: CompiledGraph, results: TensorMap): void {
    for (const [name, count] of norms) {
      const batch = (what: string) => results.get(`${what}:${name}`)?.data as Float32Array
      blend(this.#buffers.get(`${name}.running_mean`), batch('mean'), 1)
      // PyTorch keeps the unbiased variance.
      blend(
        this.#buffers.get(`${name}.running_var`),
        batch('variance'),
        count / Math.max(1, count - 1),
      )
    }
  }

  /** Arrays with those of blocked weights (and of the optimiser's slots for them) laid the other way. */
  #laid(arrays: Arrays, turn: typeof toBlocks): Map<string, Float32Array> {
    const { shapes, inBlocks, block } = this.#layout
    return new Map(
      [...arrays].map(([key, data]) => {
        const name = key.slice(key.indexOf('/') + 1)
        const dims = shapes.get(name)
        return [key, dims && inBlocks.includes(name) ? turn(data, { dims, block }) : data.slice()]
      }),
    )
  }
}

/** Refuses arrays that are not exactly those that are wanted, naming the first. */
function checkFits(
  what: string,
  arrays: Arrays,
  wanted: readonly (readonly [name: string, length: number])[],
): void {
  const names = new Set(wanted.map(([name]) => name))
  const foreign = [...arrays.keys()].find((name) => !names.has(name))
  const bad = foreign
    ? `${foreign} is not among those wanted`
    : wanted
        .filter(([name, length]) => arrays.get(name)?.length !== length)
        .map(([name, length]) => {
          const own = arrays.get(name)
          return `${name} has ${own ? `${own.length} numbers` : 'nothing'}, wanted ${length}`
        })[0]
  if (bad) throw new ModelError('BAD_ARGUMENT', `${what}: ${bad}`)
}

function blend(running: Float32Array | undefined, batch: Float32Array, factor: number): void {
  if (!running) return
  for (let i = 0; i < running.length; i++) {
    running[i] = (1 - MOMENTUM) * running[i] + MOMENTUM * factor * batch[i]
  }
}

function checkLoss(tensor: Tensor | undefined): number {
  const loss = Number(tensor?.data[0])
  if (Number.isFinite(loss)) return loss
  throw new ModelError('NOT_FINITE', `the loss is ${loss}`)
}
