import { pathLength, project } from './path.ts'
import type { Trace } from './refine.ts'
import type { BrightSource, Sources } from './sources.ts'

/** A source must outshine the trail's surface brightness this much to be held for its origin without more. */
const outshine = 12
/** A line shorter than this from border to border cuts a corner, pixels. */
const longestCorner = 400
/** Light that plainly falls off from a source: a meteor's flare is part of its trail, a star towers above. */
const outshineFalling = 6

/**
 * Whether a trail is a diffraction spike: its line passes through a source far brighter than itself and its
 * light falls off with the distance from there. A satellite that happens to cross a star stays level.
 */
export function isSpike(trace: Trace, sources: Sources, frame: Frame): boolean {
  return sources.bright.some((source) => throwsIt(trace, source, frame)) || joinsTwo(trace, sources)
}

/** Vanes point the same way from every star: the spikes of two stars in that direction run together. */
function joinsTwo({ path, cross }: Trace, { bright }: Sources): boolean {
  const on = bright.filter((source) => {
    const { t, offset } = project(path, source.x, source.y)
    const strong = source.saturated || source.peakSigma > 10 * outshine * cross.peak
    return strong && Math.abs(offset) < 3 && t > 0 && t < pathLength(path)
  })
  return on.length > 1
}

/** Whether a short trail lies within the glow of a bright star: rings, ghosts and rays of its halo. */
export function isInHalo({ path, cross }: Trace, { bright }: Sources): boolean {
  const length = pathLength(path)
  const [x, y] = [(path.x0 + path.x1) / 2, (path.y0 + path.y1) / 2]
  return bright.some(
    (source) =>
      source.peakSigma > 100 * cross.peak &&
      length < 3 * source.radiusPx &&
      Math.hypot(source.x - x, source.y - y) < 1.3 * source.radiusPx,
  )
}

interface Frame {
  readonly width: number
  readonly height: number
}

/** A source cut by the border has its centre farther out than it seems. */
function cutBy({ x, y, radiusPx }: BrightSource, { width, height }: Frame): number {
  const inside = Math.min(x, y, width - 1 - x, height - 1 - y)
  return Math.max(0, Math.min(12, radiusPx - inside))
}

function throwsIt(trace: Trace, source: BrightSource, frame: Frame): boolean {
  const length = pathLength(trace.path)
  const highest = Math.max(trace.cross.peak, secondHighest(trace.pieces.amplitude))
  if (!source.saturated && source.peakSigma < outshineFalling * highest) return false
  const strong = source.saturated || source.peakSigma > outshine * trace.cross.peak
  const { t, offset } = project(trace.path, source.x, source.y)
  const outside = Math.max(0, -t, t - length)
  // The line's own uncertainty grows beyond its ends.
  const aim = Math.max(2, 0.75 * trace.cross.fwhmPx) + (1.5 * outside * trace.cross.fwhmPx) / length
  const miss = aim + 0.1 * source.radiusPx + cutBy(source, frame)
  if (Math.abs(offset) > Math.min(miss, 0.5 * length)) return false
  if (outside > Math.max(0.3 * length, 3 * source.radiusPx)) return false
  if (nearestTo(trace, t) < 0.6 * highest) return false
  const fall = fallFrom(trace, t)
  const crosses = trace.room[0] < 10 && trace.room[1] < 10 && length > longestCorner
  const near = outside <= Math.max(10, 2.5 * source.radiusPx)
  const evenArms = outside === 0 && Math.min(t, length - t) > 0.35 * (length / 2)
  // Few spikes reach both borders, and a level trail seems to fall by chance now and then.
  if (fall > (strong ? 4 : 8) + (crosses ? 10 : 0)) return true
  if (!strong) return false
  // Arms to both sides that end within the frame: no trail ends so by chance.
  if (evenArms && !crosses && Math.abs(offset) < aim) return fall > -25
  if (fall < -4) return outside > 0 && near && length < 4 * source.radiusPx
  // Undecided light: a short piece at a bright star is its spike, a long one from border to border is not.
  return near && outside > 0 && (!crosses || length < 4 * source.radiusPx)
}

/** The highest piece may be a star on the trail. */
export function secondHighest(amplitudes: readonly number[]): number {
  const known = amplitudes.filter((value) => !Number.isNaN(value)).sort((a, b) => b - a)
  return known[1] ?? known[0] ?? 0
}

/** A spike reaching in from beyond the border is at most so bright there, pixel sigmas; meteors are brighter. */
const strayPeak = 15

/**
 * Whether a trail fades inwards from the frame's border, where it begins: the spike of a star just outside.
 * Satellites that enter or leave during the exposure end abruptly and are level.
 */
export function isStraySpike(trace: Trace): boolean {
  const { room, pieces, path } = trace
  const near = Math.max(4, 1.5 * trace.cross.fwhmPx, 0.15 * pathLength(path))
  if (room[0] < near === room[1] < near) return false
  const known = pieces.amplitude.filter((value) => !Number.isNaN(value))
  if (known.length < 4) return false
  const inward = room[0] < near ? known : known.reverse()
  const quarter = Math.max(1, Math.floor(inward.length / 4))
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
  const [begin, end] = [mean(inward.slice(0, quarter)), mean(inward.slice(-quarter))]
  if (begin > strayPeak || begin < 1.7 * end) return false
  const length = pathLength(path)
  const falls = [0.05, 0.3].map((beyond) =>
    fallFrom(trace, room[0] < near ? -beyond * length : (1 + beyond) * length),
  )
  return Math.max(...falls) > 4
}

/** The brightest of the pieces next to a position, with two sigmas of doubt: where a spike leaves its star. */
export function nearestTo({ pieces, path }: Trace, t: number): number {
  const size = pathLength(path) / pieces.amplitude.length
  const away = pieces.amplitude
    .map((value, i) => ({
      value: value + 2 * pieces.sigma[i]!,
      away: Math.abs((i + 0.5) * size - t),
    }))
    .filter(({ value }) => !Number.isNaN(value))
    .sort((a, b) => a.away - b.away)
  return Math.max(...away.slice(0, 3).map(({ value }) => value))
}

/**
 * How much better the pieces' amplitudes follow a fall with distance from `t` than a level: difference of
 * chi-square, positive for the fall. Powers -0.7 and -1.5 stand for spikes blurred and sharp.
 */
function fallFrom({ pieces, path }: Trace, t: number): number {
  const length = pathLength(path)
  const count = pieces.amplitude.length
  const distances = pieces.amplitude.map((_, i) => Math.abs(((i + 0.5) * length) / count - t))
  const level = misfit(
    pieces.amplitude,
    pieces.sigma,
    distances.map(() => 1),
  )
  const soft = length / count
  const falls = [0.7, 1.5].map((power) =>
    misfit(
      pieces.amplitude,
      pieces.sigma,
      distances.map((r) => Math.max(r, soft) ** -power),
    ),
  )
  return level - Math.min(...falls)
}

/** Chi-square of the best multiple of a shape. A tenth of the mean is allowed for real unevenness. */
function misfit(values: readonly number[], sigmas: readonly number[], shape: readonly number[]) {
  const used = values.map((_, i) => i).filter((i) => !Number.isNaN(values[i]!))
  const mean = used.reduce((sum, i) => sum + values[i]!, 0) / Math.max(1, used.length)
  const weight = used.map((i) => 1 / (sigmas[i]! ** 2 + (0.15 * mean) ** 2))
  let top = 0
  let bottom = 0
  used.forEach((i, k) => {
    top += weight[k]! * values[i]! * shape[i]!
    bottom += weight[k]! * shape[i]! ** 2
  })
  const scale = bottom > 0 ? top / bottom : 0
  return used.reduce((sum, i, k) => sum + weight[k]! * (values[i]! - scale * shape[i]!) ** 2, 0)
}
