import type { BackgroundModel } from '../background/model.ts'
import { backgroundAt } from '../background/smooth.ts'
import type { Plane } from '../plane.ts'
import { radiusOfLight } from './aperture.ts'
import { type Star, StarFlag } from './catalog.ts'

/** Pixels within this share of the highest value count as cut off with it. */
const flatShare = 0.005
const saturatedShare = 0.98
/** A star that is not cut off has one or two pixels as bright as its brightest. */
const enoughFlat = 4
const starsJudged = 200

/**
 * The value at which the detector cuts stars off: several pixels of one star, or three stars, end at the
 * same highest value. Undefined where the brightest star rises to a point.
 */
export function findCeiling(
  residual: Plane,
  model: BackgroundModel,
  stars: readonly Star[],
): number | undefined {
  const tops = [...stars]
    .sort((a, b) => b.peak - a.peak)
    .slice(0, starsJudged)
    .map((star) => brightPixels(residual, model, star))
  const highest = tops.reduce(
    (most, { values }) => Math.max(most, ...values),
    Number.NEGATIVE_INFINITY,
  )
  if (!Number.isFinite(highest)) return undefined
  const limit = highest - flatShare * (highest - model.globalLevel)
  const flat = tops.map(({ values }) => values.filter((value) => value >= limit).length)
  const cut = flat.filter((count) => count >= 2).length
  return cut >= 3 || Math.max(...flat) >= enoughFlat ? highest : undefined
}

/** Marks stars that reach the ceiling, image units; their light is followed however slowly it sinks. */
export function markSaturated(
  residual: Plane,
  model: BackgroundModel,
  stars: readonly Star[],
  ceiling: number,
): void {
  for (const star of stars) {
    const { level, rms } = backgroundAt(model, star.x, star.y)
    if (level + star.peak * rms < 0.5 * ceiling) continue
    const { values } = brightPixels(residual, model, star)
    const limit = level + saturatedShare * (ceiling - level)
    if (!values.some((value) => value >= limit)) continue
    // Burnt-out stars are wide for their brightness, not for being galaxies.
    star.radiusPx = radiusOfLight(residual, star.x, star.y, star.radiusPx, 0.5, 2)
    star.flags = (star.flags & ~StarFlag.extended) | StarFlag.saturated
  }
}

/** Pixel values in image units within half a width of a star's centre. */
function brightPixels(
  { data, width, height }: Plane,
  model: BackgroundModel,
  star: Star,
): { values: number[] } {
  const { level, rms } = backgroundAt(model, star.x, star.y)
  const radius = Math.min(Math.max(star.fwhmPx / 2, 1.5), 12)
  const values: number[] = []
  for (let y = Math.ceil(star.y - radius); y <= star.y + radius; y++) {
    for (let x = Math.ceil(star.x - radius); x <= star.x + radius; x++) {
      if (x < 0 || y < 0 || x >= width || y >= height) continue
      values.push(level + rms * data[y * width + x])
    }
  }
  return { values }
}
