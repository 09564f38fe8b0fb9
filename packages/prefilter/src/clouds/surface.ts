import type { CellMap } from '../frame/measurement.ts'
import { leastSquares } from '../statistics/leastSquares.ts'
import { medianAndMad, quantile, sigmaPerMad } from '../statistics/robust.ts'

/** Rounds in which cells that stand out are left out of the fit, and how many of them may. */
const ROUNDS = 4
const CLIP_SIGMA = 3.5
const LEAST_KEPT = 0.6

/**
 * What is left of coarse sky cells after the best second-degree surface, and the given patterns in any
 * strength, are taken away: what no Moon, light pollution or vignetting explains. The surface follows most of
 * the cells and not those that stand out.
 */
export function surfaceRest(
  { columns, rows, values }: CellMap,
  patterns: readonly (readonly number[])[] = [],
): number[] {
  const basis = values.map((_, i) => {
    const x = (2 * (i % columns)) / Math.max(1, columns - 1) - 1
    const y = (2 * Math.floor(i / columns)) / Math.max(1, rows - 1) - 1
    return [1, x, y, x * x, x * y, y * y, ...patterns.map((pattern) => pattern[i])]
  })
  let kept = values.map((_, i) => i)
  let rest: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const strength = leastSquares(
      kept.map((i) => basis[i]),
      kept.map((i) => values[i]),
    )
    rest = values.map((value, i) =>
      basis[i].reduce((left, term, k) => left - term * strength[k], value),
    )
    const limit = CLIP_SIGMA * sigmaPerMad * medianAndMad(rest).mad
    const next = rest.flatMap((left, i) => (Math.abs(left) <= limit ? [i] : []))
    if (next.length === kept.length || next.length < LEAST_KEPT * values.length) break
    kept = next
  }
  return rest
}

/** Distance between the 2 % and the 98 % quantile: a range that one odd cell does not make. */
export function spread(values: readonly number[]): number {
  return quantile(values, 0.98) - quantile(values, 0.02)
}

/** Noise levels above which a sky counts as light and not as what is left after a subtraction. */
const SKY_OVER_NOISE = 20

/**
 * How far the sky departs from any smooth bowl or slope, as a share of its level (of 20 times the noise where
 * that is more: a subtracted sky has no level). The Moon, light pollution and vignetting leave a few
 * percent; the edge of stray light, of a dome or of thick cloud much more.
 */
export function unevenness(cells: CellMap, noise: number): number {
  if (cells.columns < 4 || cells.rows < 4) return 0
  const unit = Math.max(quantile(cells.values, 0.5), SKY_OVER_NOISE * noise)
  return unit > 0 ? spread(surfaceRest(cells)) / unit : 0
}
