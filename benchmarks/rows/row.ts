import type { Timing } from '../harness.ts'

export interface Plan {
  /** Only rows whose name contains this. */
  readonly filter: string
  /** Fewer rounds and a shorter batch: for a look, not for a table. */
  readonly quick: boolean
  /** Tells what is happening, on the standard error. */
  readonly say: (text: string) => void
}

/** A promise of the project, checked against this run. */
export interface Bar {
  readonly name: string
  readonly wanted: string
  readonly got: string
  readonly met: boolean
}

export interface Outcome {
  readonly timings: readonly Timing[]
  readonly bars?: readonly Bar[]
  /** Figures that are no timings, and what could not be measured here. */
  readonly notes?: readonly string[]
}

export interface Row {
  readonly name: string
  /** Runs only where the filter begins its name: for rows that repeat others under other conditions. */
  readonly onRequest?: boolean
  run(plan: Plan): Promise<Outcome>
}
