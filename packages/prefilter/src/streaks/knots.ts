import type { Along } from './ends.ts'
import { pathLength } from './path.ts'
import type { Trace } from './refine.ts'
import type { Sources } from './sources.ts'

/** Amplitude along a trail in steps of `stepPx`, each averaged over `widthPx`; steps behind masks are left out. */
function stepsAlong(along: Along, length: number, widthPx: number, stepPx: number) {
  const values: number[] = []
  const errors: number[] = []
  const { start, blockPx, amplitude, weight } = along
  // The ends, blurred over a star's width, are left out.
  for (let t = widthPx; t + widthPx <= length; t += stepPx) {
    const first = Math.max(0, Math.ceil((t - widthPx / 2 - start) / blockPx - 0.5))
    const last = Math.min(
      amplitude.length - 1,
      Math.floor((t + widthPx / 2 - start) / blockPx - 0.5),
    )
    let sum = 0
    let norm = 0
    for (let block = first; block <= last; block++) {
      sum += weight[block]! * amplitude[block]!
      norm += weight[block]!
    }
    if (norm === 0) continue
    values.push(sum / norm)
    errors.push(1 / Math.sqrt(norm))
  }
  return { values, errors }
}

function meanOf(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / Math.max(1, values.length)
}

/** A star's width as it shows on a trail. */
function knotWidth({ cross }: Trace, { fwhmPx }: Sources): number {
  return Math.max(fwhmPx, Math.min(cross.fwhmPx, 2 * fwhmPx))
}

/** A short trail with valleys between knots of light, or one knot and little else: stars that touch. */
export function isBeaded(trace: Trace, sources: Sources): boolean {
  const width = knotWidth(trace, sources)
  if (pathLength(trace.path) > 20 * width) return false
  const { values, errors } = stepsAlong(trace.along, pathLength(trace.path), width, width / 2)
  if (values.length < 3) return true
  const mean = meanOf(values)
  const noise = trace.noiseFactor * Math.sqrt(meanOf(errors.map((error) => error ** 2)))
  const top = values.indexOf(Math.max(...values))
  const beside = values.filter((_, i) => Math.abs(i - top) > 2)
  if (beside.length > 0 && meanOf(beside) < 0.3 * mean) return true
  return values.some((value, i) => {
    const left = Math.max(...values.slice(0, i + 1))
    const right = Math.max(...values.slice(i))
    return value + 2 * noise < 0.55 * (Math.min(left, right) - noise)
  })
}

/** Chi-square per step from which faint light along a line is lumpy; parallel noise raises it for all. */
const lumpy = 2.5

/** Where chance puts a star or more into the strip that a trail covers, stars line up by themselves. */
export function isCrowded({ path }: Trace, { density, fwhmPx }: Sources): boolean {
  return density * pathLength(path) * 3 * fwhmPx > 1
}

/** Bends from one star's width to the next over the mean, from which light is that of separate stars. */
const jumpy = 0.3

/**
 * Light that comes in lumps of a star's size: unmasked stars that line up. A meteor swells and a tumbling
 * satellite pulses, but over longer stretches.
 */
export function isLumpy(trace: Trace, sources: Sources): boolean {
  const width = knotWidth(trace, sources)
  if (pathLength(trace.path) > Math.min(200, 40 * width)) return false
  const { values, errors } = stepsAlong(trace.along, pathLength(trace.path), width, 1.2 * width)
  if (values.length < 4) return false
  const mean = meanOf(values)
  // The median leaves out a single flare; 0.67 sqrt(6) is what unit noise gives.
  const bends = values.slice(2).map((value, i) => Math.abs(value - 2 * values[i + 1]! + values[i]!))
  const typical = bends.sort((a, b) => a - b)[bends.length >> 1]! / (0.67 * Math.sqrt(6))
  const noise = meanOf(errors.map((error) => error ** 2))
  const allowed = isCrowded(trace, sources) ? 0.6 * jumpy : jumpy
  if (typical * typical - 3 * noise > (allowed * mean) ** 2) return true
  if (trace.snr > 30 || values.length < 5) return false
  const chi = meanOf(values.map((value, i) => ((value - mean) / errors[i]!) ** 2))
  return chi > lumpy * Math.min(2, trace.noiseFactor ** 2)
}

/** Light in a few pieces only, the rest dark: stars that line up. */
export function isChain({ pieces }: Trace): boolean {
  const known = pieces.amplitude
    .map((value, i) => ({ value, sigma: pieces.sigma[i]! }))
    .filter(({ value }) => !Number.isNaN(value))
    .sort((a, b) => b.value - a.value)
  if (known.length < 3) return true
  // Without its brightest quarter a trail still stands.
  const rest = known.slice(Math.ceil(known.length / 4))
  let sum = 0
  let norm = 0
  for (const { value, sigma } of rest) {
    sum += value / sigma ** 2
    norm += 1 / sigma ** 2
  }
  return sum / Math.sqrt(norm) < 3 || sum / norm < 0.35 * meanOf(known.map(({ value }) => value))
}

/**
 * Light that swells and fades smoothly, as a meteor's: neighbouring pieces differ far less than any two do
 * (von Neumann 1941: the ratio is 2 for pieces in random order).
 */
export function isSmooth(trace: Trace, sources: Sources): boolean {
  if (trace.snr < 15) return false
  const length = pathLength(trace.path)
  // Steps of more than a star's width, since neighbours within one are alike for that reason alone.
  const step = Math.max(1.3 * knotWidth(trace, sources), length / 24)
  const { values } = stepsAlong(trace.along, length, step, step)
  if (values.length < 9) return false
  const mean = meanOf(values)
  const spread = meanOf(values.map((value) => (value - mean) ** 2))
  const steps = meanOf(values.slice(1).map((value, i) => (value - values[i]!) ** 2))
  return steps < 0.6 * spread
}

/** Brightness from which single pixels tell a crest's sharpness, pixel sigmas. */
const clearSigma = 8

/** A crest sharper, pixel by pixel, than the optics draw, even where its wriggles make it broad as a whole. */
export function isCrooked({ crest }: Trace, { fwhmKnown, fwhmPx }: Sources): boolean {
  if (!crest || crest.height < clearSigma) return false
  const width = fwhmKnown ? Math.max(1.5, fwhmPx) : 1.7
  return crest.share < 0.5 * Math.exp(-0.5 * (2.3548 / width) ** 2)
}

/** Flashes: compact peaks far above the steady light, evenly spaced. Returns their number, 0 when irregular. */
export function countFlashes(trace: Trace, sources: Sources): number {
  const width = Math.max(knotWidth(trace, sources), trace.along.blockPx)
  const { values, errors } = stepsAlong(trace.bare, pathLength(trace.path), width, width / 2)
  if (values.length < 12) return 0
  const steady = [...values].sort((a, b) => a - b)[values.length >> 1]!
  const at: number[] = []
  for (let i = 1; i < values.length - 1; i++) {
    const value = values[i]!
    const high = value > 1.5 * steady + 5 * errors[i]!
    if (high && value >= values[i - 1]! && value > values[i + 1]!) {
      if (at.length === 0 || i - at[at.length - 1]! > 4) at.push(i)
    }
  }
  if (at.length < 3) return 0
  const gaps = at.slice(1).map((place, i) => place - at[i]!)
  const period = Math.min(...gaps)
  // A flash behind a star may be missing: gaps are whole multiples of the shortest.
  const even = gaps.filter((gap) => Math.abs(gap / period - Math.round(gap / period)) < 0.2)
  return even.length >= 0.8 * gaps.length && period > 6 ? at.length : 0
}
