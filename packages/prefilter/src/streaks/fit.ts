import type { Band } from './band.ts'
import { type Path, pathLength, pointAt } from './path.ts'

/** Amplitude of a Gaussian cross profile at each block and lane of a band, with its weight. */
export interface Amplitudes {
  readonly band: Band
  /** Template-weighted light. */
  readonly light: Float32Array
  /** Template-weighted pixels: amplitude = light / weight, its variance 1 / weight. */
  readonly weight: Float32Array
}

/** Matches every block with a Gaussian of this sigma (pixels) centred on each lane. */
export function matchAcross(band: Band, sigmaPx: number): Amplitudes {
  const { lanes, blocks, lanePx, sums, counts } = band
  const reach = Math.min(band.halfLanes, Math.max(1, Math.ceil((2.5 * sigmaPx) / lanePx)))
  const template = gaussianTemplate(reach, sigmaPx / lanePx)
  const light = new Float32Array(blocks * lanes)
  const weight = new Float32Array(blocks * lanes)
  for (let block = 0; block < blocks; block++) {
    const row = block * lanes
    for (let lane = 0; lane < lanes; lane++) {
      let sum = 0
      let norm = 0
      const from = Math.max(0, lane - reach)
      const to = Math.min(lanes - 1, lane + reach)
      for (let i = from; i <= to; i++) {
        const g = template[i - lane + reach]!
        sum += g * sums[row + i]!
        norm += g * g * counts[row + i]!
      }
      light[row + lane] = sum
      weight[row + lane] = norm
    }
  }
  return { band, light, weight }
}

/** Gaussian of height 1 at `-reach..reach`. */
export function gaussianTemplate(reach: number, sigma: number): Float32Array {
  return Float32Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-0.5 * ((i - reach) / sigma) ** 2),
  )
}

/** Departure of a path from its band's own: offsets at its two ends and an added bow, pixels. */
export interface Shift {
  readonly start: number
  readonly end: number
  readonly bow: number
}

export interface Fit extends Shift {
  /** Summed matched light over its noise. */
  readonly significance: number
}

/** Significance of the amplitudes along a shifted path, over the blocks between its ends. */
export function significanceOf(amplitudes: Amplitudes, shift: Shift): number {
  const { band, light, weight } = amplitudes
  const length = pathLength(band.path)
  let sum = 0
  let norm = 0
  for (let block = 0; block < band.blocks; block++) {
    const t = band.start + (block + 0.5) * band.blockPx
    if (t < 0 || t > length) continue
    const u = (2 * t) / Math.max(1e-9, length) - 1
    const offset = (shift.start * (1 - u) + shift.end * (1 + u)) / 2 + shift.bow * (1 - u * u)
    const at = offset / band.lanePx + band.halfLanes
    const lane = Math.floor(at)
    if (lane < 0 || lane >= band.lanes - 1) continue
    const share = at - lane
    const index = block * band.lanes + lane
    sum += (1 - share) * light[index]! + share * light[index + 1]!
    norm += (1 - share) * weight[index]! + share * weight[index + 1]!
  }
  return norm > 0 ? sum / Math.sqrt(norm) : 0
}

/** How much more significant a bow must make a trail (squared) before it is believed. */
const bowGain = 16

/**
 * The line, or gentle parabola, that gathers most light: a grid over both ends within `rangePx`, then
 * ever smaller steps. The bow is tried last and kept only where it clearly gains.
 */
export function fitShift(amplitudes: Amplitudes, rangePx: number, bowRangePx: number): Fit {
  const step = Math.max(0.5, rangePx / 6)
  let best: Fit = { start: 0, end: 0, bow: 0, significance: 0 }
  best = { ...best, significance: significanceOf(amplitudes, best) }
  for (let start = -rangePx; start <= rangePx + 1e-9; start += step) {
    for (let end = -rangePx; end <= rangePx + 1e-9; end += step) {
      best = better(amplitudes, best, { start, end, bow: 0 })
    }
  }
  const straight = descend(amplitudes, best, step, false)
  if (bowRangePx <= 0) return straight
  let bowed = straight
  const bowStep = Math.max(0.5, bowRangePx / 8)
  for (let bow = -bowRangePx; bow <= bowRangePx + 1e-9; bow += bowStep) {
    // Ends move against the bow so that the middle of the light stays where it was.
    const start = straight.start - (bow * 2) / 3
    const end = straight.end - (bow * 2) / 3
    bowed = better(amplitudes, bowed, { start, end, bow })
  }
  bowed = descend(amplitudes, bowed, Math.max(1, bowStep), true)
  if (Math.abs(bowed.bow) > 2 * bowRangePx) return straight
  const gain = bowed.significance ** 2 - straight.significance ** 2
  return gain > bowGain + 0.02 * straight.significance ** (2 ** 0.5) ? bowed : straight
}

function better(amplitudes: Amplitudes, best: Fit, shift: Shift): Fit {
  const significance = significanceOf(amplitudes, shift)
  return significance > best.significance ? { ...shift, significance } : best
}

/** A fit that still wanders after so many steps has nothing to hold on to. */
const mostMoves = 30

/** Pattern search: neighbours in all parameters, the step halved when none is better. */
function descend(amplitudes: Amplitudes, from: Fit, firstStep: number, bows: boolean): Fit {
  let best = from
  for (let step = firstStep, moves = 0; step > 0.06 && moves < mostMoves; moves++) {
    const centre = best
    for (const a of [-step, 0, step]) {
      for (const b of [-step, 0, step]) {
        for (const c of bows ? [-step, 0, step] : [0]) {
          const shift = { start: centre.start + a, end: centre.end + b, bow: centre.bow + c }
          best = better(amplitudes, best, shift)
        }
      }
    }
    if (best === centre) step /= 2
  }
  return best
}

/** The path moved by a fitted shift. */
export function applyShift(path: Path, shift: Shift): Path {
  const length = pathLength(path)
  const straight = { ...path, sagittaPx: 0 }
  const a = pointAt(straight, 0, shift.start)
  const b = pointAt(straight, length, shift.end)
  return { x0: a.x, y0: a.y, x1: b.x, y1: b.y, sagittaPx: path.sagittaPx + shift.bow }
}
