import { pow } from './math.ts'

/** Cross profile of a trail: brightness by distance from its middle, 1 at the peak. */
export interface TrailProfile {
  /** Samples per pixel; the middle is `values[half]`. */
  readonly perPx: number
  readonly half: number
  readonly values: Float64Array
  readonly fwhmPx: number
}

/** What widens a trail. Everything in pixels. */
export interface TrailProfileOptions {
  /** Moffat scale and exponent of the optical star image. */
  readonly alphaPx: number
  readonly beta: number
  /** Out-of-focus discs: radius and relative hole. */
  readonly discs: readonly { readonly radiusPx: number; readonly obstruction: number }[]
  /** |cos| and |sin| of the direction: a square pixel seen along the trail is a trapezoid. */
  readonly cosine: number
  readonly sine: number
}

const perPx = 8

/** The image of a star that ran along a line: the projection of its profile onto the line's normal. */
export function makeTrailProfile(options: TrailProfileOptions): TrailProfile {
  const discPx = options.discs.reduce((sum, disc) => sum + disc.radiusPx, 0)
  const half = Math.ceil((6 * options.alphaPx + discPx + 3) * perPx)
  const a2 = options.alphaPx * options.alphaPx
  // The integral of a Moffat along a line is (1 + d^2 / alpha^2)^(1/2 - beta).
  let values: Float64Array = Float64Array.from({ length: 2 * half + 1 }, (_, i) => {
    const d = (i - half) / perPx
    return pow(1 + (d * d) / a2, 0.5 - options.beta)
  })
  for (const disc of options.discs) {
    if (disc.radiusPx > 0.1) values = convolved(values, discProjection(disc))
  }
  values = convolved(values, box(options.cosine))
  values = convolved(values, box(options.sine))
  const peak = values.reduce((most, value) => Math.max(most, value), 0)
  values = values.map((value) => value / peak)
  return { perPx, half, values, fwhmPx: outerWidth(values) / perPx }
}

/** Brightness of a disc, or of a ring, summed along lines. */
function discProjection(disc: { radiusPx: number; obstruction: number }): Float64Array {
  const reach = Math.ceil(disc.radiusPx * perPx)
  const chord = (radius: number, d: number) => Math.sqrt(Math.max(0, radius * radius - d * d))
  return Float64Array.from({ length: 2 * reach + 1 }, (_, i) => {
    const d = (i - reach) / perPx
    return chord(disc.radiusPx, d) - chord(disc.radiusPx * disc.obstruction, d)
  })
}

/** A box of the given width in pixels; samples at its ends count in part. */
function box(widthPx: number): Float64Array {
  const width = widthPx * perPx
  const reach = Math.ceil(width / 2)
  return Float64Array.from({ length: 2 * reach + 1 }, (_, i) => {
    return Math.min(1, Math.max(0, width / 2 - Math.abs(i - reach) + 0.5))
  })
}

function convolved(values: Float64Array, kernel: Float64Array): Float64Array {
  const reach = (kernel.length - 1) / 2
  const total = kernel.reduce((sum, weight) => sum + weight, 0)
  if (total === 0) return values
  return values.map((_, i) => {
    let sum = 0
    for (let k = -reach; k <= reach; k++) sum += (values[i - k] ?? 0) * kernel[k + reach]!
    return sum / total
  })
}

/** Distance between the outermost crossings of half the peak, in samples. */
function outerWidth(values: Float64Array): number {
  const first = values.findIndex((value) => value >= 0.5)
  const before = values[first - 1]!
  const rising = first - (values[first]! - 0.5) / (values[first]! - before)
  return values.length - 1 - 2 * rising
}

/** The profile at distance `d` pixels from the middle. */
export function profileValue(profile: TrailProfile, d: number): number {
  const place = d * profile.perPx + profile.half
  const i = Math.floor(place)
  if (i < 0 || i >= profile.values.length - 1) return 0
  const low = profile.values[i]!
  return low + (profile.values[i + 1]! - low) * (place - i)
}
