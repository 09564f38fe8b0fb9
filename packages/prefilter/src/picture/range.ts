import type { Plane } from '../plane.ts'
import { quantileInPlace, sigmaClip, sigmaPerMad } from '../statistics/robust.ts'

/** Values that become black and white. */
export interface PictureRange {
  readonly low: number
  readonly high: number
}

/** A range and where in it medium grey lies: 0.5 leaves it linear, less lifts the shadows. */
export interface Stretch extends PictureRange {
  readonly midtones: number
}

/** Values drawn from a plane to judge it by: quantiles are then good to a hundredth of the noise. */
const sampled = 1 << 16

/** Lowest and highest finite value; 0 and 0 for a plane without any. */
export function minMaxRange({ data }: Plane): PictureRange {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (let i = 0; i < data.length; i++) {
    const value = data[i]
    if (value < low && value > Number.NEGATIVE_INFINITY) low = value
    if (value > high && value < Number.POSITIVE_INFINITY) high = value
  }
  return low <= high ? { low, high } : { low: 0, high: 0 }
}

export interface PercentileRangeOptions {
  /** Share of pixels below black, in percent. Default 0.5. */
  low?: number
  /** Share of pixels below white, in percent. Default 99.5, as in ds9's setting of that name. */
  high?: number
}

/** Range that leaves out the faintest and brightest pixels. */
export function percentileRange(plane: Plane, options: PercentileRangeOptions = {}): PictureRange {
  const { low = 0.5, high = 99.5 } = options
  const sample = drawSample(plane)
  if (sample.length === 0) return { low: 0, high: 0 }
  return {
    low: quantileInPlace(sample, low / 100),
    high: quantileInPlace(sample, high / 100),
  }
}

export interface SigmaClipRangeOptions {
  /** Distance of clipping, and of black from the sky, in standard deviations. Default 3. */
  kappa?: number
  /** Distance of white from the sky, in standard deviations. Default 10: stars stand out, sky noise shows. */
  above?: number
}

/** Range around the clipped sky, in its own standard deviations. */
export function sigmaClipRange(plane: Plane, options: SigmaClipRangeOptions = {}): PictureRange {
  const { kappa = 3, above = 10 } = options
  const sample = drawSample(plane)
  if (sample.length === 0) return { low: 0, high: 0 }
  const { median, std } = sigmaClip(sample, { kappa })
  return { low: median - kappa * std, high: median + above * std }
}

export interface AutoStretchOptions {
  /** Brightness of the sky in the picture, 0..1. Default 0.25, the custom of screen transfer functions. */
  targetBackground?: number
  /** Black's distance from the sky's median in standard deviations, negative. Default -2.8. */
  shadowsClip?: number
}

/**
 * A stretch that shows faint light in any frame: black just under the sky's noise, and the midtones transfer
 * function that brings the sky's median to `targetBackground`.
 */
export function autoStretch(plane: Plane, options: AutoStretchOptions = {}): Stretch {
  const { targetBackground = 0.25, shadowsClip = -2.8 } = options
  const sample = drawSample(plane)
  if (sample.length === 0) return { low: 0, high: 0, midtones: 0.5 }
  const middle = quantileInPlace(sample, 0.5)
  const least = quantileInPlace(sample, 0)
  const high = quantileInPlace(sample, 1)
  for (let i = 0; i < sample.length; i++) sample[i] = Math.abs(sample[i] - middle)
  const sigma = quantileInPlace(sample, 0.5) * sigmaPerMad
  const low = Math.max(middle + shadowsClip * sigma, least)
  const place = high > low ? (middle - low) / (high - low) : 0
  // Solved for the midtones, the transfer function has its own form.
  const midtones = place > 0 ? transferMidtones(place, targetBackground) : 0.5
  return { low, high, midtones: Math.min(Math.max(midtones, 1e-6), 1 - 1e-6) }
}

/** The midtones transfer function: 0 to 0, `midtones` to 0.5, 1 to 1, smooth between. */
export function transferMidtones(value: number, midtones: number): number {
  const x = Math.min(Math.max(value, 0), 1)
  if (x === 0 || x === 1) return x
  return ((midtones - 1) * x) / ((2 * midtones - 1) * x - midtones)
}

/** Evenly drawn finite values; the step is odd, so that no colour of a mosaic is left out. */
function drawSample({ data }: Plane): Float32Array {
  const step = Math.max(1, Math.floor(data.length / sampled)) | 1
  const sample = new Float32Array(Math.ceil(data.length / step))
  let count = 0
  for (let i = 0; i < data.length; i += step) {
    if (Number.isFinite(data[i])) sample[count++] = data[i]
  }
  return sample.subarray(0, count)
}
