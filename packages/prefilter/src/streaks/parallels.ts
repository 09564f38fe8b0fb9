import { type Band, crossProfile } from './band.ts'
import { gaussianTemplate } from './fit.ts'
import { quietLanes } from './sides.ts'

/** Noise of the matched sums of parallel lines beside the trail, over that of independent pixels; >= 1. */
export function parallelNoise(
  band: Band,
  from: number,
  to: number,
  sigmaPx: number,
  innerPx: number,
) {
  const { mean, pixels } = crossProfile(band, from, to)
  const { lanes, lanePx } = band
  const reach = Math.max(1, Math.ceil((2.5 * sigmaPx) / lanePx))
  const template = gaussianTemplate(reach, sigmaPx / lanePx)
  const values: number[] = []
  const quiet = quietLanes(band, innerPx)
  for (let lane = 0; lane < lanes; lane++) {
    if (!quiet[lane]) continue
    let sum = 0
    let norm = 0
    for (let i = Math.max(0, lane - reach); i <= Math.min(lanes - 1, lane + reach); i++) {
      const g = template[i - lane + reach]!
      sum += g * mean[i]! * pixels[i]!
      norm += g * g * pixels[i]!
    }
    if (norm > 0) values.push(sum / Math.sqrt(norm))
  }
  return values.length < 6 ? 1 : Math.max(1, spreadOf(values))
}

/**
 * Half the width of the middle two thirds. Parallel trails widen the upper side only; it counts for at most
 * 2.5 times the lower one.
 */
function spreadOf(values: number[]): number {
  values.sort((a, b) => a - b)
  const at = (share: number) =>
    values[Math.min(values.length - 1, Math.floor(values.length * share))]!
  const lower = at(0.5) - at(0.16)
  return (lower + Math.min(at(0.84) - at(0.5), 2.5 * lower)) / 2
}

interface MedianOptions {
  /** Blocks between the trail's ends. */
  readonly from: number
  readonly to: number
  readonly sigmaPx: number
  /** Distance from which parallel lines are free of the trail's light. */
  readonly innerPx: number
}

/** Pieces whose median is taken, at most. */
const mostPieces = 64

/**
 * The median of the light along the trail against that of parallel lines, in units of their scatter. A few stars
 * on a line move a mean but not a median: this is the strength of the median Radon transform (Stark et
 * al. 2022, ACS ISR 2022-08).
 */
export function medianContrast(band: Band, { from, to, sigmaPx, innerPx }: MedianOptions): number {
  const step = Math.max(1, Math.round((2.5 * sigmaPx) / band.lanePx))
  const own = medianAlong(band, band.halfLanes, from, to, sigmaPx)
  const others: number[] = []
  const quiet = quietLanes(band, innerPx)
  for (let lane = band.halfLanes % step; lane < band.lanes; lane += step) {
    if (!quiet[lane]) continue
    const value = medianAlong(band, lane, from, to, sigmaPx)
    if (!Number.isNaN(value.median)) others.push(value.median)
  }
  // 1.25 is the loss of a median against a mean.
  const expected = 1.25 * own.error
  if (others.length < 4) return own.median / expected
  const spread = spreadOf(others)
  return (own.median - others[others.length >> 1]!) / Math.max(expected, spread)
}

function medianAlong(band: Band, lane: number, from: number, to: number, sigmaPx: number) {
  const { lanes, lanePx, sums, counts } = band
  const group = Math.max(
    1,
    Math.ceil((2 * sigmaPx) / band.blockPx),
    Math.ceil((to - from) / mostPieces),
  )
  const reach = Math.max(1, Math.ceil((1.5 * sigmaPx) / lanePx))
  const template = gaussianTemplate(reach, sigmaPx / lanePx)
  const values: number[] = []
  let weight = 0
  for (let block = from; block < to; block += group) {
    let light = 0
    let norm = 0
    for (let b = block; b < Math.min(to, block + group); b++) {
      for (let i = Math.max(0, lane - reach); i <= Math.min(lanes - 1, lane + reach); i++) {
        const g = template[i - lane + reach]!
        light += g * sums[b * lanes + i]!
        norm += g * g * counts[b * lanes + i]!
      }
    }
    weight += norm
    if (norm > 0.3 * group * band.blockPx * lanePx) values.push(light / norm)
  }
  values.sort((a, b) => a - b)
  const middle = values.length >> 1
  const median =
    values.length === 0
      ? Number.NaN
      : values.length % 2 === 1
        ? values[middle]!
        : (values[middle - 1]! + values[middle]!) / 2
  return { median, error: weight > 0 ? 1 / Math.sqrt(weight) : Infinity }
}
