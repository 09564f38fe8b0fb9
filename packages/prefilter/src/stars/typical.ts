import type { Plane } from '../plane.ts'
import { median } from '../statistics/robust.ts'
import { linkPeaks } from './link.ts'
import { levels, type Peaks } from './peaks.ts'
import { describeEllipse, fwhmPerSigma, matchGaussian } from './shape.ts'

/** What most of a frame's stars look like, as far as the search must know it. */
export interface TypicalStar {
  readonly fwhmPx: number
  /** Scale of the filter that fits it. */
  readonly level: number
}

/** Objects looked at, brightest first, and how many of them, evenly spread, are measured. */
const mostLinked = 4000
const mostMeasured = 300
const enoughSnr = 8
/** The pixels themselves make any star at least this wide; hot pixels and most cosmic rays are sharper. */
const sharpestFwhmPx = 1.25
/** Wider than this nothing is a star's image, however defocused: the coarsest filter is 38 pixels wide. */
const widestFwhmPx = 60
const mostElongated = 4

/** Undersampled: stars are hardly wider than what hot pixels and cosmic rays leave. */
const undersampledFwhmPx = 1.9
/** Among undersampled stars this share at least is wider than the sharpest possible one, … */
const enoughBroadShare = 0.7
/** … and they are rounder than pairs of hot pixels and tracks of cosmic rays. */
const mostElongatedSharp = 1.6

/** Sizes of fewer objects than this have no most common value. */
const enoughForMode = 8

interface Size {
  readonly fwhmPx: number
  readonly axisRatio: number
}

/**
 * Size of the frame's stars: the most common size of its well-detected objects. Undefined where there are none,
 * or where they are as varied as only hot pixels and cosmic rays are: stars of a frame look alike.
 */
export function typicalStar(residual: Plane, peaks: Peaks): TypicalStar | undefined {
  const sizes = measureSizes(residual, peaks)
  const broad = sizes.filter(({ fwhmPx }) => fwhmPx >= sharpestFwhmPx && fwhmPx < widestFwhmPx)
  if (broad.length === 0) return undefined
  const fwhmPx = mostCommon(broad.map((size) => size.fwhmPx))
  if (fwhmPx < undersampledFwhmPx) {
    const axisRatio = median(broad.map((size) => size.axisRatio))
    const share = broad.length / sizes.length
    if (share < enoughBroadShare || axisRatio > mostElongatedSharp) return undefined
  }
  const level = Math.round(Math.log2(fwhmPx / fwhmPerSigma) - 0.3)
  return { fwhmPx, level: Math.min(Math.max(level, 0), levels - 1) }
}

function measureSizes(residual: Plane, peaks: Peaks): Size[] {
  const sizes: Size[] = []
  const linked = linkPeaks(peaks, residual, enoughSnr, mostLinked)
  // The very brightest alone would not do: they are burnt out, or galaxies.
  const step = Math.max(1, linked.length / mostMeasured)
  for (let k = 0; k < linked.length; k += step) {
    const i = linked[Math.floor(k)]
    const sigma = 2 ** peaks.level[i]
    const limits = { sigma, largestSigma: 4 * sigma + 2, drift: 2.5 * sigma, sky: 0 }
    const shape = matchGaussian(residual, peaks.x[i], peaks.y[i], limits)
    const { fwhmPx, axisRatio } = describeEllipse(shape)
    if (shape.converged && axisRatio < mostElongated) sizes.push({ fwhmPx, axisRatio })
  }
  return sizes
}

/**
 * Half-sample mode of the logarithms (Robertson & Cryer 1974): the densest place, found by halving. Of a few
 * the lower quartile: what is larger may be a galaxy.
 */
function mostCommon(sizes: readonly number[]): number {
  let sorted = [...sizes].sort((a, b) => a - b)
  if (sorted.length < enoughForMode) return sorted[sorted.length >> 2]
  while (sorted.length > 4) {
    const half = Math.ceil(sorted.length / 2)
    let best = 0
    for (let i = 0; i + half <= sorted.length; i++) {
      if (sorted[i + half - 1] / sorted[i] < sorted[best + half - 1] / sorted[best]) best = i
    }
    sorted = sorted.slice(best, best + half)
  }
  return sorted[sorted.length >> 1]
}
