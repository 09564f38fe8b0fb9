import type { CheckpointStore } from './checkpoints.ts'
import type { Collective } from './collective.ts'
import type { TrainEvent } from './dataParallel/events.ts'
import { settle } from './dataParallel/settings.ts'
import { TrainingRun } from './dataParallel/trainingRun.ts'
import type { Group } from './group.ts'
import type { Passes, Replica } from './replica.ts'

/** Where an epoch has ended. */
export interface EpochEnd {
  /** From 0. */
  readonly epoch: number
  /** Steps done since the training began. */
  readonly step: number
  /** For validation that the ranks share. */
  readonly collective: Collective
}

/** How a training runs: equal on all ranks but for group, replica, checkpoints, signal and what is told. */
export interface TrainOptions<Batch> {
  readonly group: Group
  readonly replica: Replica<Batch>
  readonly data: Passes<Batch>
  readonly epochs: number
  /** What gradients travel as. Default `float32`. */
  readonly wire?: 'float32' | 'bf16'
  /** Gradients that are summed in one go, in bytes of float32. Default 6 MB. */
  readonly bucketBytes?: number
  /** Whether gradients travel while others are still computed. Default true; false is for measuring. */
  readonly overlap?: boolean
  /**
   * Post-local SGD (Lin et al. 2020): after so many steps in common every rank steps alone, along the mean of its own
   * passes, and every so many steps the mean of all weights is taken. Default never.
   */
  readonly localSteps?: { readonly every: number; readonly after: number }
  /** Steps between comparisons of the ranks' weights. Default 100. */
  readonly checkEvery?: number
  /** Rank 0 saves to its own, everyone begins from the newest of its own. Default none. */
  readonly checkpoints?: CheckpointStore
  /** Steps between checkpoints, besides the end of each epoch. Default 100. */
  readonly checkpointEvery?: number
  /** Asks for the end: all ranks stop after the same step, with a checkpoint. */
  readonly signal?: AbortSignal
  /**
   * Called on all ranks, which must come to the same answer, when an epoch is over and before its checkpoint. After
   * the loss of a rank it may be called once more for the same epoch: what it remembers belongs into the snapshots.
   */
  afterEpoch?(end: EpochEnd): Promise<{ readonly stop: boolean }>
  onEvent?(event: TrainEvent): void
  /** Told what went wrong without ending the training, a line each. */
  say?(message: string): void
}

/** What a training came to. */
export interface TrainResult {
  /**
   * `stopped` by `afterEpoch`, `interrupted` by the signal. `missed`: this process came when the others had made all
   * steps; its replica has not learnt what theirs have.
   */
  readonly reason: 'finished' | 'stopped' | 'interrupted' | 'missed'
  /** Steps done. */
  readonly step: number
  /** Epochs done. */
  readonly epochs: number
}

/**
 * Trains one network on all ranks of a group. Each computes its share of every step's passes and all take the mean
 * gradient, so that the number of ranks changes nothing but the order in which float32 is summed. When a rank is lost
 * the others meet again, all take the state of the one that has come furthest, and go on. The caller leaves the group.
 * @throws DistributedError `TIMEOUT` and `IO` where it may be tried again, `REFUSED`, `BAD_ARGUMENT`, `DIVERGED` and
 * `FAILED` where not; whatever replica, data and `afterEpoch` throw: `exitCodeOf` tells one from the other
 */
export function trainDataParallel<Batch>(options: TrainOptions<Batch>): Promise<TrainResult> {
  return new TrainingRun(options, settle(options)).run()
}
