import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { ModelError } from '../errors.ts'
import { type BatchEngine, type Classifier, classifierOn, feedsOf } from '../infer/classifier.ts'
import { describeModel, type ModelDescription } from '../infer/describe.ts'
import { sizeOf, type Tensor } from '../tensor.ts'
import { openRemote, sibling } from './remote.ts'
import { openSession } from './session.ts'

/** How a classifier is run. */
export interface LoadClassifierOptions {
  /** Threads of one run. Default: as many as this process may use. */
  readonly threads?: number
  /**
   * Most examples that run at a time; memory grows with it. Default as many as have 65 536 pixels together, 2
   * to a picture of 224 x 224, at most 64: more of them leave the caches, and take longer each.
   */
  readonly batch?: number
  /**
   * Runs in a thread of its own: the calling thread stays free, and prepares the next batch meanwhile.
   * Default false: a run blocks, and nothing is copied.
   */
  readonly worker?: boolean
}

/**
 * Loads a classifier's file, given as bytes or as a path, and runs it once, so that the first answer does
 * not take longer than the others.
 * @throws ModelError `BAD_FILE` where it is no classifier of nebulift, or damaged; `IO` where it cannot
 * be read
 */
export async function loadClassifier(
  model: Uint8Array | string,
  options: LoadClassifierOptions = {},
): Promise<Classifier> {
  const { threads = availableParallelism(), worker = false } = options
  const bytes = typeof model === 'string' ? await readModel(model) : model
  const description = describeModel(bytes)
  const batch = options.batch ?? fittingBatch(description)
  if (!Number.isInteger(batch) || batch < 1) {
    throw new ModelError('BAD_ARGUMENT', `batch ${batch}: wanted a whole number above 0`)
  }
  const engine = await (worker ? openThere(bytes, threads) : openHere(bytes, threads))
  await warm(engine, description)
  return classifierOn(engine, { description, batch })
}

function fittingBatch({ inputs }: ModelDescription): number {
  return Math.min(64, Math.ceil(2 ** 16 / sizeOf(inputs.image.slice(1))))
}

async function readModel(path: string): Promise<Uint8Array> {
  return readFile(path).catch((cause: Error) => {
    throw new ModelError('IO', `the model ${path} cannot be read: ${cause.message}`, { cause })
  })
}

/** Runs batches in this thread; one place in memory serves them all, growing to the largest. */
async function openHere(model: Uint8Array, threads: number): Promise<BatchEngine> {
  const session = await openSession(model, { threads })
  const places = new Map<string, Float32Array>()
  return {
    depth: 1,
    floats: (name, length) => {
      let place = places.get(name)
      if (!place || place.length < length) {
        place = new Float32Array(length)
        places.set(name, place)
      }
      return place.subarray(0, length)
    },
    run: async (feeds, wanted) => {
      const results = await session.run(feeds, [wanted])
      return results.get(wanted) as Tensor
    },
    close: () => session.close(),
  }
}

/** Runs batches in another thread; their memory moves there, and what comes of them moves back. */
async function openThere(model: Uint8Array, threads: number): Promise<BatchEngine> {
  const remote = openRemote(sibling('classifierWorker', import.meta.url))
  const engine: BatchEngine = {
    depth: 2,
    floats: (_, length) => new Float32Array(length),
    run: (feeds, wanted) => remote.call<Tensor>('run', [feeds, wanted], true),
    close: async () => {
      await remote.call('close', [])
      await remote.close()
    },
  }
  try {
    await remote.call('open', [model, threads])
  } catch (error) {
    await remote.close()
    throw error
  }
  return engine
}

/** One run, which also tells whether the graph is what its description says. */
async function warm(engine: BatchEngine, description: ModelDescription): Promise<void> {
  const image = new Uint8Array(sizeOf(description.inputs.image))
  const feeds = feedsOf([{ image }], { engine, description })
  try {
    const { dims } = await engine.run(feeds, 'probabilities')
    const wanted = description.classes.length
    if (dims[1] !== wanted) {
      throw new ModelError('BAD_FILE', `the model yields ${dims[1]} classes, it names ${wanted}`)
    }
  } catch (cause) {
    await engine.close()
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new ModelError('BAD_FILE', `the model is not what it says: ${message}`, { cause })
  }
}
