import { ModelError } from '../errors.ts'
import type { Json } from '../json.ts'
import type { Evaluation } from '../metrics/evaluation.ts'
import { sizeOf } from '../tensor.ts'
import type { BatchShape } from '../train/batches.ts'
import type { TrainingState } from '../train/core.ts'
import type { DoneEvent, TrainingEvent } from '../train/events.ts'
import type { Schedule } from '../train/schedules.ts'
import type { SourceSpec } from '../train/source.ts'
import { checkOptions } from './fitChecks.ts'
import { FitRun } from './fitRun.ts'
import { FitSteps } from './fitSteps.ts'
import { openFitStore } from './fitStore.ts'
import { type Loader, openLoader } from './loader.ts'
import type { Trainer } from './trainer.ts'

/** How a training runs. */
export interface FitOptions {
  readonly train: SourceSpec
  readonly validation: SourceSpec
  /** In the order of the network's outputs. */
  readonly classes: readonly string[]
  readonly epochs: number
  /** Examples of one pass. Default 16. */
  readonly batch?: number
  /** Passes whose gradients make one step. Default 1. */
  readonly accumulate?: number
  /** Learning rate at each step, given how many there will be. */
  readonly schedule: (steps: number) => Schedule
  /** Decides orders and variations. Default 0. */
  readonly seed?: number
  /**
   * Vary examples, which must be pictures of the 3 channels that `training.augmenter` knows. Default false: other
   * pictures would be torn.
   */
  readonly augment?: boolean
  /** How often an example comes without its evidence. Default 0.15. */
  readonly withoutEvidence?: number
  /** Classes are drawn equally often. Default true. */
  readonly balance?: boolean
  /** Epochs without a better validation loss before it stops. Default 10. */
  readonly patience?: number
  /**
   * Folder of checkpoints; where there are some already, training goes on from the newest sound one. Damaged
   * ones are told of and set aside; where none is sound, training starts anew. Default none.
   */
  readonly folder?: string
  /** Steps between checkpoints, besides the end of each epoch. Default 100. */
  readonly checkpointEvery?: number
  /** Loading threads. Default 1. */
  readonly loaders?: number
  readonly onEvent?: (event: TrainingEvent) => void
  /** Stops after the step under way, with a checkpoint. */
  readonly signal?: AbortSignal
  /** What a checkpoint must have been started with to be gone on from. Default nothing. */
  readonly settings?: Json
}

/** What a training came to. */
export interface FitResult {
  readonly reason: DoneEvent['reason']
  /** Of the epoch with the least validation loss. */
  readonly best: TrainingState
  readonly bestEpoch: number
  /** Logits of the validation examples by the best weights, and their classes. */
  readonly logits: Float32Array
  readonly labels: Uint32Array
  readonly evaluation: Evaluation
}

/**
 * Trains until the epochs are over, validation no longer improves, or the signal. All that decides is a
 * function of the seed and the step: a training that is killed and started again ends in the same bits.
 * @throws ModelError `NOT_FINITE` naming the step, `BAD_ARGUMENT` for examples that cannot be learned from
 */
export async function fit(trainer: Trainer, options: FitOptions): Promise<FitResult> {
  checkOptions(options)
  const { folder } = options
  const store = folder === undefined ? undefined : await openFitStore(folder)
  const onEvent: FitOptions['onEvent'] = (event) => {
    store?.log(event)
    options.onEvent?.(event)
  }
  const opened = await openFit(trainer, { ...options, onEvent })
  try {
    return await new FitRun(opened.steps, options, store).run()
  } finally {
    await opened.close()
  }
}

/** A training whose steps somebody else makes, and which must be closed. */
export interface OpenFit {
  readonly steps: FitSteps
  close(): Promise<void>
}

/**
 * What `fit` goes through step by step, for whoever makes the steps otherwise: machines that share the passes of each.
 * It neither reads nor writes `folder`.
 * @throws ModelError `BAD_ARGUMENT` for examples that cannot be learned from
 */
export async function openFit(trainer: Trainer, options: FitOptions): Promise<OpenFit> {
  checkOptions(options)
  const shape = shapeOf(trainer)
  const { seed = 0, loaders = 1, augment = false, withoutEvidence = 0.15 } = options
  const [channels, height, width] = trainer.network.inputs.image ?? [0, 0, 0]
  if (augment && channels !== 3) {
    const message = `fit: examples are varied as pictures of 3 channels, these have ${channels}; set augment to false`
    throw new ModelError('BAD_ARGUMENT', message)
  }
  // The augmenter's own default, or as much as small pictures bear.
  const shiftPx = Math.min(4, Math.floor(Math.min(height, width) / 8))
  const vary = augment ? { vary: { augment: { height, width, shiftPx }, withoutEvidence } } : {}
  const open: Loader[] = []
  const close = async () => {
    await Promise.all(open.map((loader) => loader.close()))
  }
  try {
    const train = await openLoader({ source: options.train, shape, seed, ...vary }, loaders)
    open.push(train)
    const validation = await openLoader({ source: options.validation, shape, seed })
    open.push(validation)
    return { steps: new FitSteps(trainer, { train, validation }, options), close }
  } catch (error) {
    await close()
    throw error
  }
}

/** What a loader makes examples into for a network. */
export function shapeOf({ network }: Trainer): BatchShape {
  const { evidence, ...others } = network.inputs
  const [input, ...more] = Object.keys(others)
  const image = input !== undefined && others[input]
  if (!image || more.length > 0) {
    const got = Object.keys(network.inputs).join(', ')
    throw new ModelError(
      'BAD_ARGUMENT',
      `fit: wanted one input beside evidence, ${network.name} has ${got}`,
    )
  }
  return {
    input,
    classes: network.classes,
    pixels: sizeOf(image),
    evidence: evidence ? sizeOf(evidence) : 0,
  }
}
