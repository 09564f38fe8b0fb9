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
