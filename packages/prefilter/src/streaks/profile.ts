import { type Band, crossProfile } from './band.ts'
import { quietLanes } from './sides.ts'

const fwhmPerSigma = 2.3548

/** What the mean cut across a trail looks like; brightness in pixel sigmas, lengths in pixels. */
export interface CrossShape {
  readonly fwhmPx: number
  /** Height of the mean profile above its surroundings. */
  readonly peak: number
  /** Error of one lane's mean. */
  readonly peakError: number
  /** Offset of the light's middle from the path. */
  readonly centerPx: number
  /** Step between the two sides over the peak: an edge, not a trail, when large. */
  readonly step: number
  /** Standard deviation of the surroundings' lane means over the peak: texture that could look the same. */
  readonly roughness: number
  /** Share of the light that falls in the brightest single lane. */
  readonly oneLane: number
  /** Lanes beside the highest one over that lane. */
  readonly beside: number
  /** Two thin ridges with a valley between them: distance of the ridges in pixels, 0 for a single one. */
  readonly doublePx: number
  /** Best Gaussian sigma. */
  readonly sigmaPx: number
}

const widthStep = 1.12

/**
 * The Gaussian width near `guess` that makes a trail at the band's middle most significant, pixels: the nearest
 * hill, not the highest, since a neighbouring trail would make a broad one out of two.
 */
export function bestSigma(band: Band, from: number, to: number, guess: number): number {
  const { mean, pixels } = crossProfile(band, from, to)
  const middle = band.halfLanes
  const widest = (band.halfLanes * band.lanePx) / 4
  const value = (sigma: number) => {
    let sum = 0
    let norm = 0
    let weight = 0
    let beside = 0
    let lanes = 0
    for (let lane = 0; lane < band.lanes; lane++) {
      const z = (Math.abs(lane - middle) * band.lanePx) / sigma
      if (z > 4 || pixels[lane] === 0) continue
      const g = Math.exp(-0.5 * z * z)
      sum += g * mean[lane]! * pixels[lane]!
      norm += g * g * pixels[lane]!
      weight += g * pixels[lane]!
      // Against what lies just beside: a neighbour there speaks against a broader trail.
      if (z > 2.5) beside += mean[lane]!
      if (z > 2.5) lanes++
    }
    const level = lanes > 0 ? beside / lanes : 0
    return norm > 0 ? (sum - level * weight) / Math.sqrt(norm) : 0
  }
  let best = Math.max(0.5, Math.min(widest, guess))
  let height = value(best)
  for (const factor of [widthStep, 1 / widthStep]) {
    for (let sigma = best * factor; sigma >= 0.45 && sigma <= widest; sigma *= factor) {
      const next = value(sigma)
      if (next <= height) break
      height = next
      best = sigma
    }
  }
  return best
}

/** Measures the cut across blocks `from..to` of a band whose sides were subtracted. */
export function measureCross(band: Band, from: number, to: number, sigmaPx: number): CrossShape {
  const { mean, pixels } = crossProfile(band, from, to)
  const { lanes, halfLanes, lanePx } = band
  const total = pixels.reduce((sum, value) => sum + value, 0)
  const peakError = total > 0 ? Math.sqrt(lanes / total) : Infinity
  const reach = Math.max(1.5, 2 * sigmaPx) / lanePx
  let top = halfLanes
  for (let lane = 0; lane < lanes; lane++) {
    if (Math.abs(lane - halfLanes) <= reach && mean[lane]! > mean[top]!) top = lane
  }
  // Faint trails: the height of the best Gaussian, whose error is smaller than one lane's.
  const fitted = gaussianHeight(mean, pixels, halfLanes, sigmaPx / lanePx)
  const peak = mean[top]! > 8 * peakError ? mean[top]! : fitted
  const clear = peak > 10 * peakError
  const crossings = halfWidths(mean, top, peak / 2)
  const outer = doubleOf(mean, top, peak, peakError, reach * 2)
  const measured = crossings ? (crossings.right - crossings.left) * lanePx : 0
  const width = outer ? (outer.right - outer.left) * lanePx : measured
  // A lane's own width broadens the profile: 1/12 px² of sampling and the same of rebinning.
  const fwhmPx =
    clear && crossings
      ? Math.sqrt(Math.max(0.25, width * width - (fwhmPerSigma ** 2 * lanePx * lanePx) / 6))
      : sigmaPx * fwhmPerSigma
  const inner = Math.max(2.5 * fwhmPx, 4) / lanePx
  const variance = sideVariance(mean, pixels, halfLanes, inner)
  const light = mean.reduce(
    (sum, value, lane) =>
      Math.abs(lane - halfLanes) <= 2.5 * reach ? sum + Math.max(0, value) : sum,
    0,
  )
  return {
    fwhmPx,
    peak,
    peakError,
    centerPx: crossings ? ((crossings.left + crossings.right) / 2 - halfLanes) * lanePx : 0,
    step:
      peak > 0
        ? Math.abs(
            stepOf(mean, pixels, halfLanes, { inner, quiet: quietLanes(band, inner * lanePx) }),
          ) / peak
        : Infinity,
    roughness: peak > 0 ? Math.sqrt(Math.max(0, variance - peakError ** 2)) / peak : Infinity,
    oneLane: light > 0 ? mean[top]! / light : 0,
    beside: mean[top]! > 0 ? ((mean[top - 1] ?? 0) + (mean[top + 1] ?? 0)) / (2 * mean[top]!) : 1,
    doublePx: outer ? outer.apart * lanePx : 0,
    sigmaPx,
  }
}

function gaussianHeight(mean: Float64Array, pixels: Float64Array, middle: number, sigma: number) {
  let sum = 0
  let norm = 0
  for (let lane = 0; lane < mean.length; lane++) {
    const g = Math.exp(-0.5 * ((lane - middle) / sigma) ** 2)
    sum += g * mean[lane]! * pixels[lane]!
    norm += g * g * pixels[lane]!
  }
  return norm > 0 ? sum / norm : 0
}

/** Where the profile falls through `level` left and right of its top, in lanes. */
function halfWidths(mean: Float64Array, top: number, level: number) {
  let left = top
  while (left > 0 && mean[left - 1]! > level) left--
  let right = top
  while (right < mean.length - 1 && mean[right + 1]! > level) right++
  if (left === 0 || right === mean.length - 1 || mean[top]! <= level) return undefined
  const fall = (inside: number, outside: number) =>
    (mean[inside]! - level) / Math.max(1e-12, mean[inside]! - mean[outside]!)
  return { left: left - fall(left, left - 1), right: right + fall(right, right + 1) }
}

/** A second ridge of at least half the height behind a valley that is real. */
function doubleOf(mean: Float64Array, top: number, peak: number, error: number, reach: number) {
  const far = Math.max(3, Math.ceil(3 * reach))
  for (let lane = Math.max(1, top - far); lane <= Math.min(mean.length - 2, top + far); lane++) {
    if (Math.abs(lane - top) < 2 || mean[lane]! < 0.5 * peak) continue
    if (mean[lane]! < mean[lane - 1]! || mean[lane]! < mean[lane + 1]!) continue
    let valley = peak
    for (let i = Math.min(lane, top); i <= Math.max(lane, top); i++)
      valley = Math.min(valley, mean[i]!)
    if (mean[lane]! - valley < Math.max(8 * error, 0.3 * mean[lane]!)) continue
    const near = halfWidths(mean, lane, mean[lane]! / 2)
    const own = halfWidths(mean, top, peak / 2)
    if (!near || !own) continue
    const thin = Math.min(near.right - near.left, own.right - own.left)
    if (thin > 0.6 * Math.abs(lane - top) + 1) continue
    return {
      left: Math.min(near.left, own.left),
      right: Math.max(near.right, own.right),
      apart: Math.abs(lane - top),
    }
  }
  return undefined
}

function sideVariance(mean: Float64Array, pixels: Float64Array, middle: number, inner: number) {
  const both = mean
    .filter((_, lane) => Math.abs(lane - middle) >= inner && pixels[lane]! > 0)
    .sort()
  if (both.length < 4) return 0
  const spread = (both[Math.floor(both.length * 0.75)]! - both[both.length >> 2]!) / 1.349
  return spread * spread
}

/** Jump at the middle between straight lines through the lanes of each side: an edge, not a slope. */
function stepOf(
  mean: Float64Array,
  pixels: Float64Array,
  middle: number,
  { inner, quiet }: { inner: number; quiet: readonly boolean[] },
): number {
  const reach = Math.max(8, 3 * inner)
  const level = (sign: number) => {
    let [n, sx, sy, sxx, sxy] = [0, 0, 0, 0, 0]
    for (let x = Math.ceil(inner); x <= reach; x++) {
      const lane = middle + sign * x
      const w = pixels[lane] ?? 0
      if (w === 0 || !quiet[lane]) continue
      n += w
      sx += w * x
      sy += w * mean[lane]!
      sxx += w * x * x
      sxy += w * x * mean[lane]!
    }
    const determinant = n * sxx - sx * sx
    // Extrapolated half way to the middle: a compromise between a slope and its error.
    const slope = determinant > 1e-9 * n * n ? (n * sxy - sx * sy) / determinant : 0
    return n > 0 ? sy / n + slope * (inner / 2 - sx / n) : 0
  }
  return level(1) - level(-1)
}

/** How sharp a trail's crest is, followed block by block. */
export interface Crest {
  /** Mean brightness beside each block's highest lane over that lane: small for light narrower than a pixel. */
  readonly share: number
  /** Mean of those highest lanes, pixel sigmas. */
  readonly height: number
}

export function crestOf(band: Band, from: number, to: number): Crest {
  const { lanes, halfLanes, sums, counts } = band
  let beside = 0
  let tops = 0
  let used = 0
  const at = (index: number) => (counts[index]! > 0 ? sums[index]! / counts[index]! : 0)
  for (let block = from; block < to; block++) {
    const row = block * lanes
    let top = row + halfLanes
    for (let lane = halfLanes - 4; lane <= halfLanes + 4; lane++) {
      if (at(row + lane) > at(top)) top = row + lane
    }
    if (counts[top - 1] === 0 || counts[top + 1] === 0) continue
    beside += (at(top - 1) + at(top + 1)) / 2
    tops += at(top)
    used++
  }
  return { share: tops > 0 ? beside / tops : 1, height: used > 0 ? tops / used : 0 }
}
