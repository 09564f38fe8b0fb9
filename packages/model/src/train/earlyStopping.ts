/** Settings of `earlyStopping`. */
export interface EarlyStoppingOptions {
  /** Observations without an improvement that are borne; one more stops. Default 10. */
  readonly patience?: number
  /** What counts as an improvement, in the unit of the value. Default 0: anything better. */
  readonly leastGain?: number
  /** Whether a smaller (loss) or a larger value (accuracy) is better. Default `smaller`. */
  readonly better?: 'smaller' | 'larger'
}

/** What has been seen so far; plain JSON, so that a checkpoint can hold it. */
export interface EarlyStoppingState {
  /** Observations made. */
  readonly seen: number
  /** The best value; null before the first finite one. */
  readonly best: number | null
  /** Which observation it was, counted from 0; -1 before. */
  readonly bestAt: number
  readonly stop: boolean
}

/** Decides when to give up; pure. */
export interface EarlyStopping {
  readonly start: EarlyStoppingState
  /** The state after one more value. NaN and infinity are never an improvement. */
  observe(state: EarlyStoppingState, value: number): EarlyStoppingState
}

/** Stops when a value has not improved for `patience` observations and then once more (Prechelt 1998). */
export function earlyStopping(options: EarlyStoppingOptions = {}): EarlyStopping {
  const { patience = 10, leastGain = 0, better = 'smaller' } = options
  const sign = better === 'smaller' ? 1 : -1
  return {
    start: { seen: 0, best: null, bestAt: -1, stop: false },
    observe: ({ seen, best, bestAt }, value) => {
      const isBetter =
        Number.isFinite(value) && (best === null || sign * (best - value) > leastGain)
      const at = isBetter ? seen : bestAt
      const waited = seen - at
      return { seen: seen + 1, best: isBetter ? value : best, bestAt: at, stop: waited > patience }
    },
  }
}
