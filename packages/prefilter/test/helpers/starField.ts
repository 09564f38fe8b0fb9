import type { Plane } from '../../src/plane.ts'

/** Evenly distributed numbers 0..1 from a seed: mulberry32, the same as in tests/reference/prefilter. */
export function seededUniform(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** Normally distributed numbers, one for every two even ones (Box & Muller, cosine only). */
export function seededNormal(seed: number): () => number {
  const uniform = seededUniform(seed)
  return () => {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()))
    return radius * Math.cos(2 * Math.PI * uniform())
  }
}

export interface TestStar {
  readonly x: number
  readonly y: number
  readonly peak: number
  readonly fwhmPx: number
  /** Moffat exponent; a Gaussian where absent. */
  readonly beta?: number
  readonly axisRatio?: number
  readonly thetaDeg?: number
  /** A ring of light instead: outer and inner radius are fwhmPx / 2 and this share of it. */
  readonly hole?: number
}

export interface TestField {
  readonly width: number
  readonly height: number
  readonly level?: number
  readonly slopeX?: number
  readonly noise?: number
  readonly seed?: number
  readonly stars?: readonly TestStar[]
  /** Rounded as a camera does. Default true. */
  readonly whole?: boolean
  readonly ceiling?: number
}

/** A star field straight from the definitions, sampled at pixel centres. */
export function starField(field: TestField): Plane {
  const { width, height, level = 1000, slopeX = 0, noise = 10, seed = 1, stars = [] } = field
  const normal = seededNormal(seed)
  const light = new Float64Array(width * height)
  for (let i = 0; i < light.length; i++) light[i] = level + slopeX * (i % width) + noise * normal()
  for (const star of stars) addStar(light, field, star)
  const { whole = true, ceiling = Number.POSITIVE_INFINITY } = field
  const data = Float32Array.from(light, (value) =>
    Math.min(whole ? Math.floor(value + 0.5) : value, ceiling),
  )
  return { data, width, height }
}

function addStar(light: Float64Array, { width, height }: TestField, star: TestStar): void {
  const reach = Math.ceil(star.fwhmPx * (star.beta ? 12 : 4))
  for (
    let y = Math.max(0, Math.ceil(star.y - reach));
    y <= Math.min(height - 1, star.y + reach);
    y++
  ) {
    for (
      let x = Math.max(0, Math.ceil(star.x - reach));
      x <= Math.min(width - 1, star.x + reach);
      x++
    ) {
      light[y * width + x] += starAt(star, x - star.x, y - star.y)
    }
  }
}

function starAt(star: TestStar, dx: number, dy: number): number {
  const { peak, fwhmPx, beta, axisRatio = 1, thetaDeg = 0, hole } = star
  const angle = (thetaDeg * Math.PI) / 180
  const along = (dx * Math.cos(angle) + dy * Math.sin(angle)) / Math.sqrt(axisRatio)
  const across = (-dx * Math.sin(angle) + dy * Math.cos(angle)) * Math.sqrt(axisRatio)
  const square = along * along + across * across
  if (hole !== undefined) return ringAt(Math.sqrt(square), fwhmPx / 2, hole) * peak
  if (beta === undefined) return peak * Math.exp((-4 * Math.LN2 * square) / fwhmPx ** 2)
  return peak * (1 + (4 * (2 ** (1 / beta) - 1) * square) / fwhmPx ** 2) ** -beta
}

/** A flat ring with soft edges, one pixel wide. */
function ringAt(radius: number, outer: number, hole: number): number {
  const soft = (edge: number) => 1 / (1 + Math.exp((radius - edge) * 2))
  return soft(outer) * (1 - soft(outer * hole))
}

/** Stars at random places, none nearer to the border than `border` or to each other than `apart` pixels. */
export function scatterStars(
  count: number,
  field: { width: number; height: number; seed: number; border?: number; apart?: number },
  make: (uniform: () => number) => Omit<TestStar, 'x' | 'y'>,
): TestStar[] {
  const { width, height, seed, border = 12, apart = 0 } = field
  const uniform = seededUniform(seed)
  const stars: TestStar[] = []
  for (let tries = 0; stars.length < count && tries < 100 * count; tries++) {
    const x = border + uniform() * (width - 1 - 2 * border)
    const y = border + uniform() * (height - 1 - 2 * border)
    if (stars.some((other) => Math.hypot(other.x - x, other.y - y) < apart)) continue
    stars.push({ x, y, ...make(uniform) })
  }
  return stars
}
