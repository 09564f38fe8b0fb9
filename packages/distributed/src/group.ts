import type { Collective } from './collective.ts'

/** One meeting of the ranks: who takes part, and who stands where. */
export interface Meeting {
  readonly collective: Collective
  /** Steps that each rank has done, by rank; -1 where it knows nothing yet. */
  readonly steps: readonly number[]
  /** The lowest of the ranks that have come furthest: the others take weights and optimiser from it. */
  readonly source: number
}

/** The processes of one training, over all of their meetings. */
export interface Group {
  /**
   * Comes together with the others: at first, and again whenever an operation rejects with `ABORTED`. Closes the
   * collective of the meeting before.
   * @throws DistributedError `TIMEOUT` where too few come in time, `REFUSED` where the others will not have this process
   */
  meet(progress: { readonly step: number }): Promise<Meeting>
  /** Goes for good: the others do not wait for this process. Twice does no harm. */
  leave(): Promise<void>
}

/** The source of a meeting: see `Meeting.source`. */
export function sourceOf(steps: readonly number[]): number {
  return steps.indexOf(Math.max(...steps))
}
