import type { Collective } from './collective.ts'
import { DistributedError } from './errors.ts'

/** One meeting of the ranks: who takes part, and who stands where. */
export interface Meeting {
  readonly collective: Collective
  /** Steps that each rank has done, by rank; -1 where it knows nothing yet. */
  readonly steps: readonly number[]
  /** The lowest of the ranks that have come furthest: the others take weights and optimiser from it. */
  readonly source: number
}

/** How a training has ended, for those who come too late to see it. */
export interface TrainingEnd {
  readonly reason: 'finished' | 'stopped'
  /** Steps done. */
  readonly step: number
  /** Epochs done. */
  readonly epochs: number
}

/** Tells whoever comes to meet that there is nothing left to do. */
export class TrainingOver extends DistributedError {
  readonly end: TrainingEnd

  constructor(end: TrainingEnd) {
    super('OVER', `the training is over: ${end.reason} after step ${end.step}`)
    this.end = end
  }
}

/** The processes of one training, over all of their meetings. */
export interface Group {
  /** Whether the others come together through this process. */
  readonly leads: boolean
  /**
   * Comes together with the others: at first, and again whenever an operation rejects with `ABORTED`. Closes the
   * collective of the meeting before.
   * @throws DistributedError `TIMEOUT` where too few come in time, `REFUSED` where the others will not have this
   * process, `TrainingOver` where the leader has concluded the training
   */
  meet(progress: { readonly step: number }): Promise<Meeting>
  /** Of the leader: all that its process has to keep is kept. Who comes from now on hears that the training is over. */
  conclude(end: TrainingEnd): Promise<void>
  /** Goes for good: the others do not wait for this process. Twice does no harm. */
  leave(): Promise<void>
}

/** The source of a meeting: see `Meeting.source`. */
export function sourceOf(steps: readonly number[]): number {
  return steps.indexOf(Math.max(...steps))
}
