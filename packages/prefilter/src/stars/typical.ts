import type { Plane } from '../plane.ts'
import { linkPeaks } from './link.ts'
import { levels, type Peaks } from './peaks.ts'
import { describeEllipse, fwhmPerSigma, matchGaussian } from './shape.ts'

/** What most of a frame's stars look like, as far as the search must know it. */
export interface TypicalStar {
  readonly fwhmPx: number
  /** Scale of the filter that fits it. */
  readonly level: number
}

const mostMeasured = 300
const enoughSnr = 8
/** Optics and seeing seldom make stars sharper than this; hot pixels and cosmic rays are. */
const sharpFwhmPx = 1.5
/** This many broad objects of one size are the frame's stars, however many sharp ones there are. */
const enoughBroad = 4
const mostElongated = 4

/**
 * Size of the frame's stars: the most common size of its well-detected objects. Very sharp objects count only where
 * single bright pixels are rare: an undersampled star lights a single pixel only when it stands in its middle,
 * while among hot pixels and cosmic rays these are the rule.
 */
export function typicalStar(residual: Plane, peaks: Peaks): TypicalStar | undefined {
  const sizes = measureSizes(residual, peaks)
  const broad = sizes.filter((size) => size >= sharpFwhmPx)
  const sharpAreStars =
    sizes.length - broad.length > broad.length && peaks.spikes.length < 0.3 * linkedCount(peaks)
  const stars = sharpAreStars ? sizes : broad
  if (stars.length === 0) return undefined
  if (!sharpAreStars && broad.length < Math.min(enoughBroad, sizes.length / 2)) return undefined
  const fwhmPx = mostCommon(stars)
  const level = Math.round(Math.log2(fwhmPx / fwhmPerSigma) - 0.3)
  return { fwhmPx, level: Math.min(Math.max(level, 0), levels - 1) }
}

function linkedCount(peaks: Peaks): number {
  return linkPeaks(peaks, 0, levels).length
}

function measureSizes(residual: Plane, peaks: Peaks): number[] {
  const sizes: number[] = []
  for (const i of linkPeaks(peaks, 0, levels).subarray(0, mostMeasured)) {
    if (peaks.snr[i] < enoughSnr) break
    const sigma = 2 ** peaks.level[i]
    const limits = { sigma, largestSigma: 4 * sigma + 2, drift: 2.5 * sigma, sky: 0 }
    const shape = matchGaussian(residual, peaks.x[i], peaks.y[i], limits)
    const { fwhmPx, axisRatio } = describeEllipse(shape)
    if (shape.converged && axisRatio < mostElongated) sizes.push(fwhmPx)
  }
  return sizes
}

/** Half-sample mode of the logarithms (Robertson & Cryer 1974): the densest place, found by halving. */
function mostCommon(sizes: readonly number[]): number {
  let sorted = [...sizes].sort((a, b) => a - b)
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
