import { median } from './robust.ts'

/** y = intercept + slope * x */
export interface Line {
  readonly slope: number
  readonly intercept: number
}

/** Above this many points, pairs are drawn in a fixed pattern instead of all taken. */
const mostPointsForAllPairs = 200

/**
 * Line through the median of the slopes of point pairs (Theil 1950, Sen 1968): up to 29 % of the points may
 * lie anywhere. Points that are not finite do not count. A constant through the median for fewer than two x.
 */
export function fitRobustLine(x: ArrayLike<number>, y: ArrayLike<number>): Line {
  const usable = Array.from({ length: Math.min(x.length, y.length) }, (_, i) => i).filter(
    (i) => Number.isFinite(x[i]) && Number.isFinite(y[i]),
  )
  const slope = median(pairSlopes(x, y, usable))
  const known = Number.isFinite(slope) ? slope : 0
  return { slope: known, intercept: median(usable.map((i) => y[i] - known * x[i])) }
}

function pairSlopes(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  points: readonly number[],
): number[] {
  const slopes: number[] = []
  // Offsets 1, 2, 3, … reach all pairs; for many points only about 100 of them, evenly spread.
  const step = Math.max(1, Math.floor(points.length / mostPointsForAllPairs))
  for (let offset = 1; offset < points.length; offset += step) {
    for (let i = 0; i + offset < points.length; i++) {
      const run = x[points[i + offset]] - x[points[i]]
      if (run !== 0) slopes.push((y[points[i + offset]] - y[points[i]]) / run)
    }
  }
  return slopes
}
