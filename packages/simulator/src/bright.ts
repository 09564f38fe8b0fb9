import type { Telescope } from './instrument.ts'
import { cos, exp, pi, radians, sin, smoothstep } from './math.ts'
import type { Plane } from './types.ts'

/** A star as the telescope sees it, with what decides how far its light can be followed. */
export interface BrightStar {
  readonly x: number
  readonly y: number
  readonly flux: number
  /** Light below this per pixel is not drawn. */
  readonly faintest: number
  /** Width of star images in this frame, in pixels. */
  readonly fwhmPx: number
}

/** Light diffracted by the vanes of the spider: one ray to each side of a vane, falling as the square of distance. */
export function addSpikes(plane: Plane, star: BrightStar, telescope: Telescope): void {
  const { vanes, angleDeg, strength, lengthPx } = telescope.spikes
  if (vanes === 0 || strength === 0) return
  const rays = vanes % 2 === 0 ? vanes : 2 * vanes
  const share = (star.flux * strength) / rays
  const sigma = 0.4 * star.fwhmPx
  // Where the middle of the ray falls to `faintest`: share * L / (r + L)^2 / (sigma sqrt(2 pi)).
  const reach = Math.sqrt((share * lengthPx) / (star.faintest * sigma * 2.5066)) - lengthPx
  if (!(reach > 3 * star.fwhmPx)) return
  for (let ray = 0; ray < rays; ray++) {
    const angle = radians(angleDeg) + (2 * pi * ray) / rays
    addRay(plane, star, { c: cos(angle), s: sin(angle), share, lengthPx, sigma, reach })
  }
}

interface Ray {
  readonly c: number
  readonly s: number
  readonly share: number
  readonly lengthPx: number
  readonly sigma: number
  readonly reach: number
}

/** Walks along the axis nearer to the ray and paints a short cut across it at every step. */
function addRay({ data, width, height }: Plane, star: BrightStar, ray: Ray): void {
  const { c, s, sigma, reach, lengthPx, share } = ray
  const flat = Math.abs(c) >= Math.abs(s)
  const slope = flat ? s / c : c / s
  const start = flat ? star.x : star.y
  const other = flat ? star.y : star.x
  const extent = reach * (flat ? c : s)
  const from = Math.max(0, Math.ceil(Math.min(start, start + extent)))
  const to = Math.min((flat ? width : height) - 1, Math.floor(Math.max(start, start + extent)))
  const most = (flat ? height : width) - 1
  const norm = (share * lengthPx) / (sigma * 2.5066)
  for (let main = from; main <= to; main++) {
    const middle = other + (main - start) * slope
    const half = (4.5 * sigma) / Math.abs(flat ? c : s)
    for (
      let cross = Math.max(0, Math.ceil(middle - half));
      cross <= Math.min(most, middle + half);
      cross++
    ) {
      const dx = (flat ? main : cross) - star.x
      const dy = (flat ? cross : main) - star.y
      const along = dx * c + dy * s
      if (along < 0) continue
      const wide = sigma * (1 + (0.12 * along) / lengthPx)
      const across = (dy * c - dx * s) / wide
      const fall =
        norm / ((along + lengthPx) * (along + lengthPx) * (1 + (0.12 * along) / lengthPx))
      const at = flat ? cross * width + main : main * width + cross
      data[at] = data[at]! + fall * exp(-0.5 * across * across)
    }
  }
}

/** The disc that filter and sensor throw back and forth around a bright star. */
export function addHalo(
  { data, width, height }: Plane,
  star: BrightStar,
  telescope: Telescope,
): void {
  const { radiusPx, share } = telescope.halo
  const level = (star.flux * share) / (pi * radiusPx * radiusPx)
  if (level < 2 * star.faintest) return
  const hole = radiusPx * telescope.obstruction
  const soft = 0.06 * radiusPx + 1
  const reach = radiusPx + soft
  const yLast = Math.min(height - 1, Math.floor(star.y + reach))
  const xLast = Math.min(width - 1, Math.floor(star.x + reach))
  for (let y = Math.max(0, Math.ceil(star.y - reach)); y <= yLast; y++) {
    for (let x = Math.max(0, Math.ceil(star.x - reach)); x <= xLast; x++) {
      const r = Math.sqrt((x - star.x) * (x - star.x) + (y - star.y) * (y - star.y))
      const inside = 1 - smoothstep(radiusPx - soft, radiusPx + soft, r)
      const dim = hole > 0 ? 0.5 + 0.5 * smoothstep(hole - soft, hole + soft, r) : 1
      data[y * width + x] = data[y * width + x]! + level * inside * dim
    }
  }
}
