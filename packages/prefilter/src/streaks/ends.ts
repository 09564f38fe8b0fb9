import type { Band } from './band.ts'
import { gaussianTemplate } from './fit.ts'

/** Amplitude along the path: one value a block, with its weight (inverse variance; 0 where masked). */
export interface Along {
  readonly start: number
  readonly blockPx: number
  readonly amplitude: Float64Array
  readonly weight: Float64Array
}

/** Matches each block of a band with a Gaussian of this sigma (pixels) centred on the path. */
export function alongPath(band: Band, sigmaPx: number): Along {
  const { blocks, lanes, halfLanes, lanePx, sums, counts, start, blockPx } = band
  const reach = Math.min(halfLanes, Math.max(1, Math.ceil((2.5 * sigmaPx) / lanePx)))
  const template = gaussianTemplate(reach, sigmaPx / lanePx)
  const amplitude = new Float64Array(blocks)
  const weight = new Float64Array(blocks)
  for (let block = 0; block < blocks; block++) {
    const from = block * lanes + halfLanes - reach
    let light = 0
    let norm = 0
    for (let i = 0; i < template.length; i++) {
      const g = template[i]!
      light += g * sums[from + i]!
      norm += g * g * counts[from + i]!
    }
    weight[block] = norm
    amplitude[block] = norm > 0 ? light / norm : 0
  }
  return { start, blockPx, amplitude, weight }
}

/** Summed light between two positions over its noise, taking pixels for independent. */
export function significanceAlong(along: Along, t0: number, t1: number): number {
  let sum = 0
  let norm = 0
  for (let block = 0; block < along.amplitude.length; block++) {
    const t = along.start + (block + 0.5) * along.blockPx
    if (t < t0 || t > t1) continue
    sum += along.weight[block]! * along.amplitude[block]!
    norm += along.weight[block]!
  }
  return norm > 0 ? sum / Math.sqrt(norm) : 0
}

/** Weighted mean amplitude between two positions, each block counting for at most `ceiling`. */
export function meanAmplitude(along: Along, t0: number, t1: number, ceiling = Infinity): number {
  let sum = 0
  let norm = 0
  for (let block = 0; block < along.amplitude.length; block++) {
    const t = along.start + (block + 0.5) * along.blockPx
    if (t < t0 || t > t1) continue
    sum += along.weight[block]! * Math.min(ceiling, along.amplitude[block]!)
    norm += along.weight[block]!
  }
  return norm > 0 ? sum / norm : 0
}

/** A bright trail is followed down to where its light is this many sigmas over a stretch of `wingPx`. */
const wingSigma = 6
const wingPx = 20

/**
 * Where the light begins and ends: the stretch that a constant amplitude explains best against darkness
 * elsewhere (maximum likelihood of a change at two unknown points; the best sum of a run, Kadane's scan).
 * Bright trails are first followed into their faint wings, then cut at half the brightness near each end.
 * `t0..t1` is a first guess inside the light.
 */
export function findEnds(
  along: Along,
  t0: number,
  t1: number,
): { t0: number; t1: number; amplitude: number } {
  let ends = { t0, t1 }
  let amplitude = meanAmplitude(along, t0, t1)
  for (let round = 0; round < 4 && amplitude > 0; round++) {
    const next = bestRun(along, amplitude)
    // Flares must not hide the fainter rest: the level is that of the typical block.
    amplitude = Math.max(0, meanAmplitude(along, next.t0, next.t1, 2 * amplitude))
    const same = Math.abs(next.t0 - ends.t0) + Math.abs(next.t1 - ends.t1) < along.blockPx
    ends = next
    if (same) break
  }
  const faintest =
    wingSigma / Math.sqrt(Math.max(1e-9, (meanWeight(along) * wingPx) / along.blockPx))
  if (amplitude < 3 * faintest) return { ...ends, amplitude }
  const far = bestRun(along, Math.max(faintest, 0.1 * amplitude))
  return {
    t0: Math.min(ends.t0, cutAtHalf(along, far.t0, far.t1, 1)),
    t1: Math.max(ends.t1, cutAtHalf(along, far.t1, far.t0, -1)),
    amplitude,
  }
}

function meanWeight({ weight }: Along): number {
  const used = weight.filter((value) => value > 0)
  return used.length > 0 ? used.reduce((sum, value) => sum + value, 0) / used.length : 0
}

/** From an end inwards, where the light reaches half of what it is just inside. */
function cutAtHalf(along: Along, end: number, other: number, sign: 1 | -1): number {
  const stretch = Math.min(wingPx, Math.abs(other - end))
  const inside = meanAmplitude(
    along,
    Math.min(end, end + sign * stretch),
    Math.max(end, end + sign * stretch),
  )
  const first = Math.floor((end - along.start) / along.blockPx - (sign < 0 ? 0.5 : -0.5))
  const steps = Math.ceil(stretch / along.blockPx)
  for (let step = 0; step < steps; step++) {
    const block = first + sign * step
    if ((along.amplitude[block] ?? 0) < inside / 2 && along.weight[block]! > 0) continue
    return along.start + (block + (sign > 0 ? 0 : 1)) * along.blockPx
  }
  return end
}

function bestRun({ amplitude, weight, start, blockPx }: Along, level: number) {
  let best = 0
  let bestFrom = 0
  let bestTo = 0
  let sum = 0
  let from = 0
  for (let block = 0; block < amplitude.length; block++) {
    const value = Math.max(-level, Math.min(2 * level, amplitude[block]!))
    sum += weight[block]! * level * (2 * value - level)
    if (sum <= 0) {
      sum = 0
      from = block + 1
    } else if (sum > best) {
      best = sum
      bestFrom = from
      bestTo = block + 1
    }
  }
  return { t0: start + bestFrom * blockPx, t1: start + bestTo * blockPx }
}

/** Shares of equal pieces: how many stand out by themselves, and how the light is spread over them. */
export interface Pieces {
  /** Share of pieces in which the trail is seen by itself. */
  readonly persistence: number
  /** Amplitude of each piece, NaN where masked. */
  readonly amplitude: readonly number[]
  /** Noise of each piece's amplitude. */
  readonly sigma: readonly number[]
}

/** Cuts the path into as many equal pieces (2..16) as let each one be expected at 4 sigma. */
export function cutPieces(
  along: Along,
  length: number,
  significance: number,
  noise: number,
): Pieces {
  const wanted = Math.floor((significance / 4) ** 2)
  const count = Math.max(3, Math.min(16, wanted, Math.floor(length / (3 * along.blockPx))))
  const amplitude: number[] = []
  const sigma: number[] = []
  let seen = 0
  let usable = 0
  for (let piece = 0; piece < count; piece++) {
    const [value, error] = pieceOf(along, (piece * length) / count, ((piece + 1) * length) / count)
    amplitude.push(value)
    sigma.push(error * noise)
    if (Number.isNaN(value)) continue
    usable++
    if (value > 2 * error * noise) seen++
  }
  return { persistence: usable > 0 ? seen / usable : 0, amplitude, sigma }
}

function pieceOf(along: Along, t0: number, t1: number): [number, number] {
  let sum = 0
  let norm = 0
  let typical = 0
  for (let block = 0; block < along.amplitude.length; block++) {
    const t = along.start + (block + 0.5) * along.blockPx
    typical = Math.max(typical, along.weight[block]!)
    if (t < t0 || t >= t1) continue
    sum += along.weight[block]! * along.amplitude[block]!
    norm += along.weight[block]!
  }
  // A piece almost wholly behind a star says nothing.
  const full = (typical * (t1 - t0)) / along.blockPx
  return norm > 0.15 * full && norm > 0
    ? [sum / norm, 1 / Math.sqrt(norm)]
    : [Number.NaN, Number.NaN]
}
