import { quantileInPlace, selectInPlace, withoutNaN } from './select.ts'

/** Standard deviation of a normal distribution over its median absolute deviation: 1 / quantile(0.75). */
export const sigmaPerMad = 1.482602218505602

/** Middle value; mean of the two middle ones for an even count. NaN is left out; NaN for none. */
export function median(values: ArrayLike<number>): number {
  return quantileInPlace(withoutNaN(values), 0.5)
}

/** Linearly interpolated quantile, `fraction` 0..1. NaN is left out; NaN for none. */
export function quantile(values: ArrayLike<number>, fraction: number): number {
  return quantileInPlace(withoutNaN(values), fraction)
}

/** Median, and the median distance from it (not scaled to a standard deviation: see `sigmaPerMad`). */
export function medianAndMad(values: ArrayLike<number>): { median: number; mad: number } {
  const kept = withoutNaN(values)
  const middle = quantileInPlace(kept, 0.5)
  for (let i = 0; i < kept.length; i++) kept[i] = Math.abs(kept[i] - middle)
  return { median: middle, mad: quantileInPlace(kept, 0.5) }
}

/**
 * The value at which half of the total weight is reached; the mean of two neighbours where it is reached
 * exactly between them. Weights below or equal to zero do not count. NaN for none.
 */
export function weightedMedian(values: ArrayLike<number>, weights: ArrayLike<number>): number {
  const order = Array.from(values, (_, index) => index)
    .filter((index) => weights[index] > 0 && !Number.isNaN(values[index]))
    .sort((a, b) => values[a] - values[b])
  const half = order.reduce((sum, index) => sum + weights[index], 0) / 2
  let reached = 0
  for (let i = 0; i < order.length; i++) {
    reached += weights[order[i]]
    if (reached > half) return values[order[i]]
    if (reached === half && i + 1 < order.length)
      return (values[order[i]] + values[order[i + 1]]) / 2
  }
  return Number.NaN
}

export interface SigmaClipOptions {
  /** Distance from the median, in standard deviations, beyond which a value is left out. Default 3. */
  kappa?: number
  /** Most rounds. Default 10; it ends earlier when nothing more is left out. */
  rounds?: number
}

/** What is left after clipping: moments of the kept values and how many they are. */
export interface ClippedMoments {
  readonly mean: number
  readonly median: number
  readonly std: number
  readonly count: number
}

/** Iterated clipping around the median. The deviation is that of the kept values, uncorrected. */
export function sigmaClip(
  values: ArrayLike<number>,
  { kappa = 3, rounds = 10 }: SigmaClipOptions = {},
): ClippedMoments {
  const kept = withoutNaN(values)
  let count = kept.length
  for (let round = 0; ; round++) {
    const middle = quantileInPlace(kept, 0.5, count)
    const { mean, std } = moments(kept, count)
    if (round >= rounds || !(std > 0)) return { mean, median: middle, std, count }
    const before = count
    count = keepWithin(kept, count, middle, kappa * std)
    if (count === before) return { mean, median: middle, std, count }
  }
}

function keepWithin(values: Float64Array, count: number, centre: number, reach: number): number {
  let kept = 0
  for (let i = 0; i < count; i++) {
    if (Math.abs(values[i] - centre) <= reach) values[kept++] = values[i]
  }
  return kept
}

function moments(values: Float64Array, count: number): { mean: number; std: number } {
  let sum = 0
  for (let i = 0; i < count; i++) sum += values[i]
  const mean = sum / count
  let squares = 0
  for (let i = 0; i < count; i++) squares += (values[i] - mean) ** 2
  return { mean, std: Math.sqrt(squares / count) }
}

export { quantileInPlace, selectInPlace }
