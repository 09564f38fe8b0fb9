import { isBeaded, isChain, isCrooked, isCrowded, isLumpy, isSmooth } from './knots.ts'
import { angleBetween, angleOf, pathLength, project } from './path.ts'
import type { Trace } from './refine.ts'
import type { BrightSource, Sources } from './sources.ts'
import { isInHalo, isSpike, isStraySpike, nearestTo, secondHighest } from './spikes.ts'

/** Why something straight is not a trail. */
export type RejectionReason =
  | 'weak'
  | 'spike'
  | 'bleed'
  | 'column'
  | 'row'
  | 'galaxy'
  | 'cosmic-ray'
  | 'star-chain'
  | 'edge-artefact'
  | 'filament'
  | 'star-trail'
  | 'duplicate'

export interface JudgeContext {
  readonly sources: Sources
  readonly width: number
  readonly height: number
  readonly minLengthPx: number
}

/** Significance a followed trail must keep on the full-resolution residual. */
const leastSnr = 6.5
/** A short one must be clearer, since stars and galaxies that blend are short too. */
const shortPx = 60
const extraSnrWhenShort = 24
/** ... and brighter: pixel sigmas at length zero beyond those at `shortPx`. */
const leastPixelSnr = 1.5
const extraPixelSnrWhenShort = 7

/** Length from which noise and faint structure hardly ever line up, pixels. */
const longPx = 300

/**
 * Significance wanted of a trail: little from border to border, where a line has nothing to hide behind; twice as
 * much of a short piece somewhere in the frame, which may be a faint spike, a wisp or a few faint stars.
 */
function wantedSnr(trace: Trace): number {
  const share = Math.max(0, Math.min(1, (longPx - pathLength(trace.path)) / (longPx - 150)))
  const faint = trace.cross.peak < 1.2 ? 5 : 0
  return leastSnr + share * (crossesFrame(trace) ? 3.5 : 6.5 + faint)
}

/** How near the border an end must lie to count as on it: the ends of faint and broad trails are uncertain. */
export function borderPx({ path, cross, endErrorPx }: Trace): number {
  return Math.max(5, 1.5 * cross.fwhmPx, Math.min(3 * endErrorPx, 0.03 * pathLength(path)))
}

function crossesFrame(trace: Trace): boolean {
  const near = borderPx(trace)
  return trace.room[0] < near && trace.room[1] < near
}

/** Across a corner, broad and faint: where the background's mesh ends. */
function cutsCorner(trace: Trace, { fwhmPx }: Sources): boolean {
  const { path, cross } = trace
  const unlike = cross.fwhmPx > Math.min(2 * fwhmPx, 8) || cross.fwhmPx < 0.75 * fwhmPx
  return crossesFrame(trace) && pathLength(path) < longPx && unlike && cross.peak < 10
}

/** Sagitta over length: satellites bend less even in the widest fields, stars turning about the pole more. */
const mostSagitta = 0.03
/** The median along the trail over that of its parallels, see `medianContrast`. */
const leastMedianSnr = 4.5

/** Every piece is expected at 4 sigma, so a faint steady trail shows in nearly all; bright ones may pulse. */
function leastPersistence(snr: number): number {
  return snr > 30 ? 0.6 : 0.8
}

/** Mostly behind stars, and what shows is uneven: their outskirts. */
function isMostlyMasked({ pieces }: Trace): boolean {
  const masked = pieces.amplitude.filter((value) => Number.isNaN(value)).length
  return masked > 0.4 * pieces.amplitude.length && unevenness(pieces.amplitude) > 0.4
}

/** Below this, pixel sigmas, light that does not reach both borders is taken for structure of the sky. */
const faintestInside = 0.45

/** Scatter of the pieces' brightness over their mean. */
export function unevenness(amplitudes: readonly number[]): number {
  const known = amplitudes.filter((value) => !Number.isNaN(value))
  const mean = known.reduce((a, b) => a + b, 0) / Math.max(1, known.length)
  const square = known.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return Math.sqrt(square / Math.max(1, known.length)) / Math.max(1e-9, mean)
}

/** Broader light follows the cells of the background's mesh. */
export const widestPx = 48

/** Broad and hardly above its surroundings: a cloud's edge, a nebula's filament, the background's own error. */
function isDiffuse(trace: Trace, { fwhmPx }: Sources): boolean {
  const { cross, snr, path, pieces } = trace
  const crosses = crossesFrame(trace)
  const length = pathLength(path)
  // Two thin ridges are an airplane's lights or a pair of satellites, not broad light.
  const pair = cross.doublePx > 0 && cross.peak > (crosses ? 0.5 : 3)
  if (pair) return cross.fwhmPx > 0.2 * length
  if (cross.roughness > 0.35 || cross.fwhmPx > Math.min(0.2 * length, widestPx)) return true
  const bent = Math.abs(path.sagittaPx) > 0.01 * length
  if (bent && cross.peak < (cross.fwhmPx > 2 * fwhmPx ? 5 : 1.5)) return true
  if (!crosses && cross.peak < (length > 500 ? 0.7 : 1) * faintestInside) return true
  if (cross.fwhmPx > 1.6 * fwhmPx && cross.peak < (crosses && length > 400 ? 0.35 : 1)) return true
  const broad = cross.fwhmPx > Math.max(4.5, 2.2 * fwhmPx)
  if (broad && length < 25 * cross.fwhmPx && (cross.peak < 5 || snr < 40)) return true
  if (cross.fwhmPx < 12) return false
  if (cross.peak < 0.5 || snr < 12) return true
  if (cross.fwhmPx < 1.3 * fwhmPx) return false
  const faint = cross.peak < (crosses ? 0.5 : 3) || snr < (crosses ? 12 : 20)
  return faint || cross.roughness > 0.15 || bent || (!crosses && unevenness(pieces.amplitude) > 0.3)
}

/** The reason a trace is no trail, or undefined for a trail. */
export function judge(trace: Trace, context: JudgeContext): RejectionReason | undefined {
  const { cross, snr, pieces, path } = trace
  const length = pathLength(path)
  const { sources } = context
  const shortness = Math.max(0, 1 - length / shortPx)
  if (snr < wantedSnr(trace) + extraSnrWhenShort * shortness) return 'weak'
  if (shortness > 0 && cross.peak < leastPixelSnr + extraPixelSnrWhenShort * shortness)
    return 'weak'
  if (length < context.minLengthPx || cross.peak <= 0) return 'weak'
  const axis = alongAxis(trace, context)
  if (axis) return axis
  if (cross.step > 0.5 || hugsBorder(trace, context) || cutsCorner(trace, sources)) {
    return 'edge-artefact'
  }
  // Stars and galaxies that touch are short as well, but seldom so thin.
  const thin = length < shortPx ? 7 : 5
  if (length < thin * Math.max(cross.fwhmPx, 0.8 * sources.fwhmPx)) return 'galaxy'
  if (isSpike(trace, sources, context) || isStraySpike(trace)) return 'spike'
  if (isInHalo(trace, sources)) return 'spike'
  if (isSharp(trace, sources) || isCrooked(trace, sources)) return 'cosmic-ray'
  if (isGalaxy(trace, sources)) return 'galaxy'
  if (isBeaded(trace, sources)) return 'star-chain'
  if (isDiffuse(trace, sources)) return 'filament'
  if (Math.abs(path.sagittaPx) > mostSagitta * length) return 'star-trail'
  if (trace.medianSnr < leastMedianSnr || isMostlyMasked(trace)) return 'star-chain'
  if (!isSmooth(trace, sources)) {
    if (isLumpy(trace, sources)) return 'star-chain'
    const sure = snr > 40 && trace.medianSnr > 8 && length > 15 * cross.fwhmPx
    const crowded = length < 2 * shortPx && isCrowded(trace, sources)
    const gappy = pieces.persistence < (crowded ? 0.95 : leastPersistence(snr))
    if (!sure && (gappy || isChain(trace))) return 'star-chain'
  }
  if (sources.trailing) {
    const aligned = angleBetween(angleOf(path), sources.trailing.angleDeg) < 20
    if (aligned && length < 4 * sources.trailing.lengthPx) return 'star-trail'
  }
  return undefined
}

/** Exactly along columns or rows, where detectors have lines of their own. */
function alongAxis(trace: Trace, { sources }: JudgeContext): RejectionReason | undefined {
  const { path, cross } = trace
  const length = pathLength(path)
  // At the height of the frame's brightest pixels: charge that has spilt.
  const brightest = sources.bright[0]?.peakSigma ?? Infinity
  const atCeiling = cross.peak > 100 && cross.peak > 0.25 * brightest
  if (atCeiling && length < shortPx) return 'bleed'
  // A clear trail shows a slope of a pixel; a faint one may hide a few.
  const slack = 1.3 + Math.min(4, 0.004 * length, (6 * cross.fwhmPx) / trace.snr)
  const column = Math.abs(path.x1 - path.x0) < slack
  const row = Math.abs(path.y1 - path.y0) < slack
  if ((!column && !row) || length < 4 * cross.fwhmPx) return undefined
  const through = sources.bright.some(
    (source) => (source.saturated || source.peakSigma > 3 * cross.peak) && isFed(trace, source),
  )
  if (through || atCeiling) return 'bleed'
  const thinner = sources.fwhmKnown ? 0.62 * sources.fwhmPx : 0
  const locked = cross.oneLane > 0.75 || (cross.beside < 0.3 && cross.peak > 8 * cross.peakError)
  const narrow = locked || cross.fwhmPx < Math.max(1.3, thinner)
  const weakEvidence = trace.snr < 15
  const edgeOfChip = Math.min(trace.room[0], trace.room[1]) < 3 && cross.fwhmPx > 3 * sources.fwhmPx
  if (narrow || weakEvidence || edgeOfChip) return column ? 'column' : 'row'
  return undefined
}

/** Whether a source lies on a path or just beyond its end, so that its charge may have spilt along it. */
function isFed(trace: Trace, { x, y, radiusPx }: BrightSource): boolean {
  const { path, cross, pieces } = trace
  const { t, offset } = project(path, x, y)
  const length = pathLength(path)
  const beyond = Math.max(20, 0.3 * length, 2 * radiusPx)
  if (Math.abs(offset) > Math.max(3, cross.fwhmPx)) return false
  if (t < -beyond || t > length + beyond) return false
  return nearestTo(trace, t) > 0.6 * secondHighest(pieces.amplitude)
}

/** Along the frame's border, where resampling, overscan and the background's end leave their marks. */
function hugsBorder({ path, cross }: Trace, { width, height }: JudgeContext): boolean {
  const straight = (a: number, b: number) => Math.abs(a - b) < 0.04 * pathLength(path) + 1
  const close = (a: number, b: number, size: number) => {
    const wide = Math.min(cross.fwhmPx, 12)
    const near = Math.max(2, wide, straight(a, b) ? Math.min(16, 0.02 * size) : 0)
    return (a < near && b < near) || (a > size - 1 - near && b > size - 1 - near)
  }
  return close(path.x0, path.x1, width) || close(path.y0, path.y1, height)
}

/** Particles leave no longer tracks, pixels. */
const longestParticlePx = 200

/** Width taken for the stars' where none could be measured, pixels: hardly any optics draw sharper. */
const unknownFwhmPx = 2.1

/**
 * Narrower than the optics can draw: made in the detector, or scratched into it. Wind widens the stars but not a
 * satellite's quick passage, so long ones may be narrower.
 */
function isSharp({ cross, snr, path }: Trace, { fwhmKnown, fwhmPx }: Sources): boolean {
  if (snr < 8) return false
  const length = pathLength(path)
  // A faint trail's width is not known well enough to convict it.
  const clear = snr < 20 ? 0.5 : length > shortPx ? 0.62 : 0.82
  const share = length > longestParticlePx ? 0.35 : clear
  return cross.fwhmPx < (fwhmKnown ? share * fwhmPx : Math.min(0.62, share) * unknownFwhmPx)
}

/** Short, thick and brightest in the middle. */
function isGalaxy({ pieces, path, cross, room }: Trace, { fwhmPx }: Sources): boolean {
  const aspect = pathLength(path) / Math.max(1, cross.fwhmPx)
  const wide = cross.fwhmPx > Math.max(12, 3 * fwhmPx) && room[0] > 5 && room[1] > 5
  if (aspect > 12 && !wide) return false
  const known = pieces.amplitude.filter((value) => !Number.isNaN(value))
  if (known.length < 3) return aspect < 6
  const third = Math.max(1, Math.floor(known.length / 3))
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
  const outer = (mean(known.slice(0, third)) + mean(known.slice(-third))) / 2
  const inner = mean(known.slice(third, known.length - third))
  // A meteor is as thin as a star, a galaxy is not.
  const thin = cross.fwhmPx < 1.25 * fwhmPx && aspect > 8
  return inner > (thin ? 3 : wide ? 1.25 : 1.6) * outer
}
