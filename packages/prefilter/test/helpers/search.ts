import { measureBackground } from '../../src/background/measure.ts'
import { normaliseByNoise } from '../../src/background/smooth.ts'
import type { Plane } from '../../src/plane.ts'
import type { StarSearch } from '../../src/stars/catalog.ts'
import { type FindStarsOptions, findStars } from '../../src/stars/find.ts'
import { measurePsf, type PsfMeasurement } from '../../src/stars/psf.ts'
import type { TestStar } from './starField.ts'

/** From pixels to stars in one step. */
export function search(
  plane: Plane,
  options: FindStarsOptions = {},
): { stars: StarSearch; residual: Plane; psf: PsfMeasurement } {
  const model = measureBackground(plane)
  const residual = normaliseByNoise(plane, model)
  const stars = findStars(residual, model, options)
  return { stars, residual, psf: measurePsf(residual, stars) }
}

/** Row of the star found within `reach` pixels of a true one, or -1. */
export function rowOf(stars: StarSearch, { x, y }: Pick<TestStar, 'x' | 'y'>, reach = 2): number {
  for (let i = 0; i < stars.count; i++) {
    if (Math.hypot(stars.x[i]! - x, stars.y[i]! - y) < reach) return i
  }
  return -1
}

/** How many true stars were found, and how many rows are no true star. */
export function compare(
  stars: StarSearch,
  truth: readonly TestStar[],
  reach = 2,
): { found: number; extra: number } {
  const rows = new Set(truth.map((star) => rowOf(stars, star, reach)).filter((row) => row >= 0))
  return { found: rows.size, extra: stars.count - rows.size }
}
