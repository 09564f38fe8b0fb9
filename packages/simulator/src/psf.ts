import type { Blur, DiscBlur, PointBlur } from './blur.ts'
import { smoothstep } from './math.ts'
import { pixelFlux, profileAt, profileOfWidth, type StarProfile } from './moffat.ts'

/**
 * What one star leaves in the pixels, per unit of flux. `core.values` holds the flux that a pixel gets whose centre
 * lies at ((i - half) / oversample, (j - half) / oversample) from the star; beyond `corePx` the light is
 * round and `wing[r * 2]` gives it by the distance in half pixels.
 */
export interface Psf {
  readonly oversample: number
  readonly corePx: number
  readonly half: number
  readonly size: number
  readonly values: Float32Array
  readonly wing: Float32Array
  /** Greatest value at or beyond each distance in half pixels: falls steadily. */
  readonly reach: Float32Array
  readonly profile: StarProfile
}

/** Wings are followed this far, in pixels. */
const wingPx = 700

/** A round star, finely sampled, before optics, mount and wind blur it. */
export interface StarSamples {
  readonly profile: StarProfile
  readonly fwhmPx: number
  /** How far blurs may shift its light, in pixels. */
  readonly reachPx: number
  readonly oversample: number
  readonly half: number
  readonly values: Float32Array
  readonly wing: Float32Array
}

/** Samples per pixel that keep cubic interpolation of a star this wide below 0.1 % of its peak. */
export function oversampleFor(fwhmPx: number): number {
  return Math.min(6, Math.max(2, Math.ceil(9 / fwhmPx)))
}

/** Far-reaching blurs leave nothing that needs the finest samples. */
const coarserBeyondPx = 4

/** Radius in pixels within which a star's own form is kept; `reachPx` is how far blurs shift its light. */
function coreRadius(fwhmPx: number, reachPx: number): number {
  return Math.ceil(Math.max(6, 4.5 * fwhmPx) + reachPx)
}

/** Samples a star of the given measured width, wide enough for blurs that reach `reachPx`. */
export function sampleStar(options: {
  readonly fwhmPx: number
  readonly beta: number
  readonly aureole: number
  readonly reachPx: number
}): StarSamples {
  const { fwhmPx, reachPx } = options
  const profile = profileOfWidth(fwhmPx, options.beta, options.aureole)
  const finest = oversampleFor(fwhmPx)
  const oversample = reachPx > coarserBeyondPx ? 2 : finest
  const half = Math.ceil((coreRadius(fwhmPx, reachPx) + reachPx + 3) * oversample)
  const wing = new Float32Array(2 * wingPx + 2)
  for (let i = 0; i < wing.length; i++) wing[i] = profileAt(profile, (i * i) / 4)
  return {
    profile,
    fwhmPx,
    reachPx,
    oversample,
    half,
    values: sampleProfile(profile, half, oversample),
    wing,
  }
}

/** The same star, blurred. */
export function blurStar(star: StarSamples, blurs: readonly Blur[]): StarSamples {
  let values = star.values
  for (const blur of blurs) {
    values =
      blur.kind === 'discs'
        ? blurredByDiscs(values, star.half, blur, star.oversample)
        : blurredByPoints(values, star.half, blur, star.oversample)
  }
  return { ...star, values }
}

/** Trims a sampled star to its core and joins the core to the wings. */
export function finishPsf(star: StarSamples): Psf {
  const { profile, fwhmPx, oversample, wing } = star
  const corePx = coreRadius(fwhmPx, star.reachPx)
  const half = (corePx + 2) * oversample
  const values = cropped(star.values, star.half, half)
  blendIntoWing(values, half, oversample, corePx, wing)
  const reach = reachOf(values, half, oversample, wing)
  return { oversample, corePx, half, size: 2 * half + 1, values, wing, reach, profile }
}

/** One quadrant is computed, the others mirrored. */
function sampleProfile(profile: StarProfile, half: number, oversample: number): Float32Array {
  const size = 2 * half + 1
  const values = new Float32Array(size * size)
  for (let j = 0; j <= half; j++) {
    for (let i = 0; i <= j; i++) {
      const value = pixelFlux(profile, i / oversample, j / oversample)
      for (const [u, v] of [
        [i, j],
        [j, i],
      ] as const) {
        values[(half + v) * size + half + u] = value
        values[(half + v) * size + half - u] = value
        values[(half - v) * size + half + u] = value
        values[(half - v) * size + half - u] = value
      }
    }
  }
  return values
}

/** Shares every shift among the four nearest samples and adds up the shifted images. */
function blurredByPoints(
  values: Float32Array,
  half: number,
  blur: PointBlur,
  oversample: number,
): Float32Array {
  const size = 2 * half + 1
  const kernel = new Map<number, number>()
  const reach = Math.ceil(blur.reachPx * oversample) + 1
  const span = 2 * reach + 1
  for (let k = 0; k < blur.weight.length; k++) {
    const gx = blur.x[k]! * oversample
    const gy = blur.y[k]! * oversample
    const i = Math.floor(gx)
    const j = Math.floor(gy)
    for (const [di, dj, w] of [
      [0, 0, (1 - gx + i) * (1 - gy + j)],
      [1, 0, (gx - i) * (1 - gy + j)],
      [0, 1, (1 - gx + i) * (gy - j)],
      [1, 1, (gx - i) * (gy - j)],
    ] as const) {
      const key = (j + dj + reach) * span + i + di + reach
      kernel.set(key, (kernel.get(key) ?? 0) + w * blur.weight[k]!)
    }
  }
  const out = new Float32Array(size * size)
  for (const [key, weight] of kernel) {
    const dx = (key % span) - reach
    const dy = Math.floor(key / span) - reach
    addShifted(out, values, size, dx, dy, weight)
  }
  return out
}

/** A disc is a run in every row: running sums along the rows make the cost independent of its area. */
function blurredByDiscs(
  values: Float32Array,
  half: number,
  blur: DiscBlur,
  oversample: number,
): Float32Array {
  const size = 2 * half + 1
  const sums = runningSums(values, size)
  const out = new Float32Array(size * size)
  let area = 0
  for (const { radiusPx, x, level } of blur.discs) {
    const radius = radiusPx * oversample
    for (let dy = -Math.floor(radius); dy <= radius; dy++) {
      const reach = Math.sqrt(radius * radius - dy * dy)
      area += 2 * reach * level
      addRun(out, sums, size, {
        dy,
        from: x * oversample - reach,
        to: x * oversample + reach,
        level,
      })
    }
  }
  // A disc thinner than a row has no area to spread over.
  return area > 0 ? out.map((value) => value / area) : values
}

/** `sums[y * (size + 1) + x]` is the sum of the first x samples of row y. */
function runningSums(values: Float32Array, size: number): Float64Array {
  const sums = new Float64Array(size * (size + 1))
  for (let y = 0; y < size; y++) {
    let sum = 0
    for (let x = 0; x < size; x++) {
      sum += values[y * size + x]!
      sums[y * (size + 1) + x + 1] = sum
    }
  }
  return sums
}

interface Run {
  readonly dy: number
  readonly from: number
  readonly to: number
  readonly level: number
}

/** Adds the rows shifted by `dy` and smeared over the run; its ends fall between samples. */
function addRun(out: Float32Array, sums: Float64Array, size: number, run: Run): void {
  // Sample x covers x - 0.5 .. x + 0.5; light comes from x - to .. x - from. Samples whose run would leave the
  // row are cropped later.
  const high = 0.5 - run.from
  const low = 0.5 - run.to
  const high0 = Math.floor(high)
  const low0 = Math.floor(low)
  const highShare = high - high0
  const lowShare = low - low0
  const first = Math.max(0, -low0)
  const last = Math.min(size - 1, size - 1 - high0)
  for (let y = Math.max(0, run.dy); y < Math.min(size, size + run.dy); y++) {
    const row = (y - run.dy) * (size + 1)
    for (let x = first; x <= last; x++) {
      const h = row + x + high0
      const l = row + x + low0
      const upTo = sums[h]! + (sums[h + 1]! - sums[h]!) * highShare
      const before = sums[l]! + (sums[l + 1]! - sums[l]!) * lowShare
      out[y * size + x] = out[y * size + x]! + run.level * (upTo - before)
    }
  }
}

function addShifted(
  out: Float32Array,
  values: Float32Array,
  size: number,
  dx: number,
  dy: number,
  weight: number,
): void {
  const x0 = Math.max(0, dx)
  const x1 = Math.min(size, size + dx)
  for (let y = Math.max(0, dy); y < Math.min(size, size + dy); y++) {
    const from = (y - dy) * size - dx
    for (let x = x0; x < x1; x++)
      out[y * size + x] = out[y * size + x]! + weight * values[from + x]!
  }
}

function cropped(values: Float32Array, half: number, kept: number): Float32Array {
  const size = 2 * half + 1
  const span = 2 * kept + 1
  const out = new Float32Array(span * span)
  for (let y = 0; y < span; y++) {
    const start = (y + half - kept) * size + half - kept
    out.set(values.subarray(start, start + span), y * span)
  }
  return out
}

/** Leads the outer fifth of the core over to the round wing, so that no edge shows around bright stars. */
function blendIntoWing(
  values: Float32Array,
  half: number,
  oversample: number,
  corePx: number,
  wing: Float32Array,
): void {
  const size = 2 * half + 1
  for (let j = 0; j < size; j++) {
    for (let i = 0; i < size; i++) {
      const r = Math.sqrt((i - half) * (i - half) + (j - half) * (j - half)) / oversample
      if (r < 0.8 * corePx) continue
      const share = smoothstep(0.8 * corePx, corePx, r)
      values[j * size + i] = values[j * size + i]! * (1 - share) + share * wingAt(wing, r)
    }
  }
}

/** Flux per pixel at `r` pixels from the star, where the image is round. */
export function wingAt(wing: Float32Array, r: number): number {
  const place = Math.min(2 * r, wing.length - 2)
  const i = Math.floor(place)
  return wing[i]! + (wing[i + 1]! - wing[i]!) * (place - i)
}

function reachOf(
  values: Float32Array,
  half: number,
  oversample: number,
  wing: Float32Array,
): Float32Array {
  const size = 2 * half + 1
  const reach = Float32Array.from(wing)
  for (let j = 0; j < size; j++) {
    for (let i = 0; i < size; i++) {
      const r = Math.sqrt((i - half) * (i - half) + (j - half) * (j - half)) / oversample
      const ring = Math.floor(2 * r)
      reach[ring] = Math.max(reach[ring]!, values[j * size + i]!)
    }
  }
  for (let i = reach.length - 2; i >= 0; i--) reach[i] = Math.max(reach[i]!, reach[i + 1]!)
  return reach
}

/** Distance in pixels beyond which a star gives no pixel more than `share` of its flux. */
export function radiusWhere(psf: Psf, share: number): number {
  let low = 0
  let high = psf.reach.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (psf.reach[middle]! > share) low = middle + 1
    else high = middle
  }
  return low / 2
}
