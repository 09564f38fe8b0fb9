import type { Plane } from '../plane.ts'
import { quantileInPlace } from '../statistics/robust.ts'

/** Light by distance from a centre. */
export interface Growth {
  readonly flux: number
  /** Radius that holds half of the light. */
  readonly halfRadius: number
  readonly peak: number
  /** The aperture reaches beyond the frame. */
  readonly cut: boolean
}

const binsPerPixel = 4
/** Pixels nearer to the centre than this are divided into 3 x 3 parts. */
const fineRadius = 4
const growth = new Float64Array(binsPerPixel * 256 + 2)

/** Light within `radius` pixels above `sky`, and the radius of half of it. */
export function growthCurve(
  { data, width, height }: Plane,
  x: number,
  y: number,
  radius: number,
  sky: number,
): Growth {
  const bins = Math.min(Math.ceil(radius * binsPerPixel), growth.length - 1)
  growth.fill(0, 0, bins + 1)
  let peak = Number.NEGATIVE_INFINITY
  // The brightest pixel is the star's own; those of a neighbour stand farther out.
  const core = Math.max(radius * 0.35, 1.5)
  const x0 = Math.ceil(x - radius - 0.5)
  const x1 = Math.floor(x + radius + 0.5)
  const y0 = Math.ceil(y - radius - 0.5)
  const y1 = Math.floor(y + radius + 0.5)
  for (let j = Math.max(y0, 0); j <= Math.min(y1, height - 1); j++) {
    for (let i = Math.max(x0, 0); i <= Math.min(x1, width - 1); i++) {
      const light = data[j * width + i] - sky
      const distance = Math.sqrt((i - x) ** 2 + (j - y) ** 2)
      if (distance < core && light > peak) peak = light
      if (distance < fineRadius) addParts(light / 9, i - x, j - y, bins)
      else if (distance * binsPerPixel < bins) growth[Math.floor(distance * binsPerPixel)] += light
    }
  }
  const flux = sumOf(growth, bins)
  return {
    flux,
    halfRadius: radiusOf(growth, bins, flux / 2),
    peak,
    cut: x0 < 0 || y0 < 0 || x1 >= width || y1 >= height,
  }
}

function addParts(share: number, dx: number, dy: number, bins: number): void {
  for (let v = -1; v <= 1; v++) {
    const py = (dy + v / 3) * binsPerPixel
    for (let u = -1; u <= 1; u++) {
      const px = (dx + u / 3) * binsPerPixel
      const bin = Math.floor(Math.sqrt(px * px + py * py))
      if (bin < bins) growth[bin] += share
    }
  }
}

function sumOf(values: Float64Array, count: number): number {
  let sum = 0
  for (let i = 0; i < count; i++) sum += values[i]
  return sum
}

/** Where the growing sum first reaches `wanted`; light within a ring lies evenly over its area. */
function radiusOf(rings: Float64Array, count: number, wanted: number): number {
  let sum = 0
  for (let ring = 0; ring < count; ring++) {
    if (sum + rings[ring] >= wanted && rings[ring] > 0) {
      const share = (wanted - sum) / rings[ring]
      const inner = ring * ring
      return Math.sqrt(inner + share * ((ring + 1) ** 2 - inner)) / binsPerPixel
    }
    sum += rings[ring]
  }
  return count / binsPerPixel
}

const ringValues = new Float32Array(4096)

/** Level around an object and how unsteady it is: quantiles of the pixels between two radii. */
export function skyAround(
  { data, width, height }: Plane,
  x: number,
  y: number,
  inner: number,
  outer: number,
): { level: number; spread: number } {
  let count = 0
  const step = Math.max(1, Math.floor(outer / 24))
  const y1 = Math.min(height - 1, Math.floor(y + outer))
  const x1 = Math.min(width - 1, Math.floor(x + outer))
  for (let j = Math.max(0, Math.ceil(y - outer)); j <= y1; j += step) {
    for (let i = Math.max(0, Math.ceil(x - outer)); i <= x1; i += step) {
      const distance = (i - x) ** 2 + (j - y) ** 2
      if (distance < inner * inner || distance > outer * outer) continue
      if (count < ringValues.length) ringValues[count++] = data[j * width + i]
    }
  }
  if (count < 8) return { level: 0, spread: 1 }
  const level = quantileInPlace(ringValues, 0.5, count)
  // One standard deviation below: 0.1587 of all values, or 0.3173 of those now in the lower half.
  const below = quantileInPlace(ringValues, 0.3173, (count + 1) >> 1)
  return { level, spread: level - below }
}

/**
 * Level along the frame's border beside an object that stands within `near` pixels of it: lines at the border
 * glow on many detectors, which a ring around the object does not tell. 0 away from borders.
 */
export function skyAlongBorder(
  { data, width, height }: Plane,
  x: number,
  y: number,
  near: number,
): number {
  let count = 0
  const column = Math.min(Math.max(Math.round(x), 0), width - 1)
  const row = Math.min(Math.max(Math.round(y), 0), height - 1)
  const first = Math.ceil(near)
  const last = Math.min(4 * first + 8, ringValues.length / 4)
  if (column < near || column > width - 1 - near) {
    for (let k = first; k <= last; k++) {
      if (row >= k) ringValues[count++] = data[(row - k) * width + column]
      if (row + k < height) ringValues[count++] = data[(row + k) * width + column]
    }
  }
  if (row < near || row > height - 1 - near) {
    for (let k = first; k <= last; k++) {
      if (column >= k) ringValues[count++] = data[row * width + column - k]
      if (column + k < width) ringValues[count++] = data[row * width + column + k]
    }
  }
  return count < 8 ? 0 : quantileInPlace(ringValues, 0.5, count)
}

/** Wings sink by a fifth or more from one ring to the next; what sinks less belongs to something larger. */
export const steadyShare = 0.85

/**
 * Distance at which the light around a centre has sunk below `limit`, or a ring keeps more than `steady` of
 * the last one's light: the median over rings, each a fifth farther out than the last, begun at `from`.
 */
export function radiusOfLight(
  { data, width, height }: Plane,
  x: number,
  y: number,
  from: number,
  limit: number,
  steady: number,
): number {
  let last = Number.POSITIVE_INFINITY
  for (let radius = from; radius < largestRadius; radius *= 1.2) {
    const step = radius < 5 ? 4 : radius < 10 ? 2 : 1
    let count = 0
    for (let k = 0; k < directions; k += step) {
      const i = Math.round(x + radius * cosines[k])
      const j = Math.round(y + radius * sines[k])
      if (i >= 0 && j >= 0 && i < width && j < height) ringValues[count++] = data[j * width + i]
    }
    if (count < 8) return radius
    const light = quantileInPlace(ringValues, 0.5, count)
    if (light < limit || light > steady * last) return radius
    last = light
  }
  return largestRadius
}

const largestRadius = 500
const directions = 128
const cosines = Float64Array.from({ length: directions }, (_, k) => Math.cos((k * Math.PI) / 64))
const sines = Float64Array.from({ length: directions }, (_, k) => Math.sin((k * Math.PI) / 64))
