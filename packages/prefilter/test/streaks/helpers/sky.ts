import type { BackgroundModel } from '../../../src/background/model.ts'
import type { Plane } from '../../../src/plane.ts'
import { type StarCatalog, StarFlag } from '../../../src/stars/catalog.ts'

/** Uniform numbers in 0..1 from a seed (mulberry32). */
export function uniform(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** Gaussian noise of standard deviation 1, as a residual has where there is only sky. */
export function noisePlane(width: number, height: number, seed = 1): Plane {
  const random = uniform(seed)
  const data = new Float32Array(width * height)
  for (let i = 0; i < data.length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - random()))
    const angle = 2 * Math.PI * random()
    data[i] = radius * Math.cos(angle)
    if (i + 1 < data.length) data[i + 1] = radius * Math.sin(angle)
  }
  return { data, width, height }
}

/** A sky of noise 2 image units everywhere. */
export function flatModel({ width, height }: Plane): BackgroundModel {
  const columns = Math.ceil(width / 64)
  const rows = Math.ceil(height / 64)
  const cells = columns * rows
  return {
    width,
    height,
    cellPx: 64,
    columns,
    rows,
    level: new Float32Array(cells).fill(100),
    rms: new Float32Array(cells).fill(2),
    globalLevel: 100,
    globalRms: 2,
  }
}

export interface TrailOptions {
  readonly x0: number
  readonly y0: number
  readonly x1: number
  readonly y1: number
  /** Peak of the cross profile, pixel sigmas. */
  readonly peak: number
  /** Full width at half maximum. Default 2.5. */
  readonly fwhm?: number
  readonly sagitta?: number
  /** Brightness factor by place along the trail, 0..1. Default steady. */
  readonly light?: (share: number) => number
}

/** Adds a trail of Gaussian cross profile that ends sharply, blurred by its own width. */
export function addTrail({ data, width, height }: Plane, options: TrailOptions): void {
  const { x0, y0, x1, y1, peak, fwhm = 2.5, sagitta = 0, light = () => 1 } = options
  const sigma = fwhm / 2.3548
  const length = Math.hypot(x1 - x0, y1 - y0)
  const [ux, uy] = [(x1 - x0) / length, (y1 - y0) / length]
  const reach = 5 * sigma + Math.abs(sagitta) + 1
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const across = (y - y0) * ux - (x - x0) * uy
      if (Math.abs(across) > reach) continue
      const t = (x - x0) * ux + (y - y0) * uy
      if (t < -4 * sigma || t > length + 4 * sigma) continue
      const u = (2 * t) / length - 1
      const offset = across - sagitta * (1 - u * u)
      const ends = step(t / sigma) * step((length - t) / sigma)
      const share = Math.max(0, Math.min(1, t / length))
      data[y * width + x]! += peak * light(share) * ends * Math.exp(-0.5 * (offset / sigma) ** 2)
    }
  }
}

/** Integral of a Gaussian, by the logistic curve that comes within 1 % of it. */
function step(z: number): number {
  return 1 / (1 + Math.exp(-1.702 * z))
}

export interface TestStar {
  readonly x: number
  readonly y: number
  readonly peak: number
  readonly fwhm?: number
  readonly flags?: number
  readonly eccentricity?: number
  readonly thetaDeg?: number
}

/** Adds a Gaussian star, round or drawn out. */
export function addStar({ data, width, height }: Plane, star: TestStar): void {
  const { x, y, peak, fwhm = 2.5, eccentricity = 0, thetaDeg = 0 } = star
  const sigma = fwhm / 2.3548
  const long = sigma / Math.sqrt(Math.sqrt(1 - eccentricity ** 2))
  const short = (sigma * sigma) / long
  const [c, s] = [Math.cos((thetaDeg * Math.PI) / 180), Math.sin((thetaDeg * Math.PI) / 180)]
  const reach = Math.ceil(6 * long)
  for (let v = Math.max(0, Math.round(y) - reach); v <= Math.min(height - 1, y + reach); v++) {
    for (let u = Math.max(0, Math.round(x) - reach); u <= Math.min(width - 1, x + reach); u++) {
      const along = (u - x) * c + (v - y) * s
      const across = (v - y) * c - (u - x) * s
      data[v * width + u]! += peak * Math.exp(-0.5 * ((along / long) ** 2 + (across / short) ** 2))
    }
  }
}

/** Stars at random places, brightnesses as in the sky (few bright, many faint). */
export function starField(plane: Plane, count: number, seed: number, fwhm = 2.5): TestStar[] {
  const random = uniform(seed)
  return Array.from({ length: count }, () => {
    const peak = Math.min(3000, 3 * (1 - random()) ** -1.2)
    const star = { x: random() * plane.width, y: random() * plane.height, peak, fwhm }
    addStar(plane, star)
    return star
  })
}

/** The catalogue that a perfect star finder would make of those above 5 sigma. */
export function catalogOf(stars: readonly TestStar[]): StarCatalog {
  const seen = stars.filter(({ peak }) => peak > 4).sort((a, b) => b.peak - a.peak)
  const column = (value: (star: TestStar) => number) => Float32Array.from(seen, value)
  const width = ({ fwhm = 2.5 }: TestStar) => fwhm
  return {
    count: seen.length,
    x: column(({ x }) => x),
    y: column(({ y }) => y),
    flux: column((star) => 2 * star.peak * width(star) ** 2),
    peak: column(({ peak }) => 2 * peak),
    snr: column((star) => star.peak * width(star)),
    fwhmPx: column(width),
    hfrPx: column((star) => width(star) / 2),
    eccentricity: column(({ eccentricity = 0.2 }) => eccentricity),
    thetaDeg: column(({ thetaDeg = 0 }) => thetaDeg),
    radiusPx: column((star) => (width(star) / 2.3548) * Math.sqrt(2 * Math.log(2 * star.peak))),
    flags: Uint8Array.from(seen, ({ flags = 0 }) => flags),
  }
}

export const saturated: number = StarFlag.saturated
export const noStars: StarCatalog = catalogOf([])
