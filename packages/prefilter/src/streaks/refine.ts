import { type Band, extractBand, type Field } from './band.ts'
import { type Along, alongPath, cutPieces, findEnds, type Pieces } from './ends.ts'
import { applyShift, fitShift, matchAcross, significanceOf } from './fit.ts'
import { cutPath, type Path, pathLength, roomBeyond } from './path.ts'
import {
  bestSigma,
  type CrossShape,
  measureCross,
  parallelNoise,
  subtractSides,
} from './profile.ts'

/** A candidate followed to its ends and measured on the full-resolution residual. */
export interface Trace {
  readonly path: Path
  readonly cross: CrossShape
  readonly along: Along
  readonly pieces: Pieces
  /** Summed light over its noise, the noise measured beside the trail. */
  readonly snr: number
  /** Noise of parallel lines over that of independent pixels. */
  readonly noiseFactor: number
  /** Pixels left between the path's ends and the frame's border, along the path. */
  readonly room: readonly [number, number]
  /** Uncertainty of the ends, pixels. */
  readonly endErrorPx: number
  /** Clip that was in force, pixel sigmas. */
  readonly clip: number
}

export interface Seed {
  readonly path: Path
  /** How far the true line may lie from the seed, pixels. */
  readonly tolerancePx: number
  /** Expected Gaussian sigma across, pixels. */
  readonly sigmaPx: number
}

const mostRounds = 16
/** A trail is not followed beyond this Gaussian sigma: broader light is sky. */
const widestSigmaPx = 40

/** Follows a seed to the trail's ends; undefined where the light does not hold up. */
export function refine(field: Field, seed: Seed): Trace | undefined {
  let { path, sigmaPx } = seed
  let range = seed.tolerancePx
  let clip = 5
  for (let round = 0; round < mostRounds; round++) {
    const fitted = fitInside(field, path, sigmaPx, range, clip)
    if (!fitted) return undefined
    const before = path
    path = fitted.path
    sigmaPx = fitted.sigmaPx
    const stretched = stretch(field, path, sigmaPx, clip)
    if (!stretched || stretched.amplitude <= 0) return undefined
    path = stretched.path
    if (pathLength(path) < 3) return undefined
    const nextClip = Math.max(5, 3 * stretched.amplitude)
    const settled =
      distance(before, path) < Math.max(1.5, 0.01 * pathLength(path)) && nextClip < 1.3 * clip
    clip = Math.max(clip, nextClip)
    range = Math.max(1, Math.min(range / 2, 2 * sigmaPx), 0.35 * sigmaPx)
    if (settled && round >= 2) break
  }
  return measure(field, path, sigmaPx, clip)
}

function distance(a: Path, b: Path): number {
  return Math.hypot(a.x0 - b.x0, a.y0 - b.y0) + Math.hypot(a.x1 - b.x1, a.y1 - b.y1)
}

function blockFor(length: number): number {
  return Math.max(1, length / 320)
}

/** Moves the path within its present ends onto the light and finds the light's width. */
function fitInside(field: Field, path: Path, sigmaPx: number, range: number, clip: number) {
  const length = pathLength(path)
  const half = Math.max(3 * sigmaPx, 4) + range + 4 * sigmaPx + 3
  const raw = extractBand(field, path, {
    before: 0,
    after: 0,
    halfWidthPx: half,
    blockPx: blockFor(length),
    clip,
  })
  const band = subtractSides(raw, Math.max(3 * sigmaPx, 4) + range, Math.max(64, 4 * half))
  const amplitudes = matchAcross(band, sigmaPx)
  const bow = length > 60 ? Math.min(0.02 * length, half / 3) : 0
  const straight = significanceOf(amplitudes, { start: 0, end: 0, bow: 0 })
  const shift = fitShift(amplitudes, range, straight > 12 ? bow : 0)
  if (shift.significance < 3) return undefined
  const moved = applyShift(path, shift)
  const recentred = extractBand(field, moved, {
    before: 0,
    after: 0,
    halfWidthPx: Math.max(10 * sigmaPx, 10),
    blockPx: Math.max(4, blockFor(length)),
    clip,
  })
  const clean = subtractSides(recentred, Math.max(4.5 * sigmaPx, 5), Math.max(64, 40 * sigmaPx))
  const best = bestSigma(clean, 0, clean.blocks, sigmaPx)
  // Widths change by steps, so that one wrong guess does not carry the fit away.
  const next = Math.min(widestSigmaPx, Math.max(0.5 * sigmaPx, Math.min(2 * sigmaPx, best)))
  return { path: moved, sigmaPx: Math.max(0.5, next) }
}

/** Extends the path both ways and finds where its light begins and ends. */
function stretch(field: Field, path: Path, sigmaPx: number, clip: number) {
  const length = pathLength(path)
  const [roomBefore, roomAfter] = roomBeyond(path, field.residual.width, field.residual.height)
  const grow = Math.max(24, 0.7 * length)
  const half = Math.max(8 * sigmaPx, 9)
  const raw = extractBand(field, path, {
    before: Math.min(grow, roomBefore + 1),
    after: Math.min(grow, roomAfter + 1),
    halfWidthPx: half,
    blockPx: blockFor(length),
    clip,
  })
  const band = subtractSides(raw, Math.max(4 * sigmaPx, 4), Math.max(64, 4 * half))
  const ends = findEnds(alongPath(matchAcross(band, sigmaPx)), 0, length)
  return { path: cutPath(path, ends.t0, ends.t1), amplitude: ends.amplitude }
}

function measure(field: Field, path: Path, sigmaPx: number, clip: number): Trace | undefined {
  const length = pathLength(path)
  const half = Math.max(16, 24 * sigmaPx)
  const margin = Math.max(20, 0.1 * length)
  const { width, height } = field.residual
  const room = roomBeyond(path, width, height)
  const blockPx = blockFor(length)
  const raw = extractBand(field, path, {
    before: Math.min(margin, room[0] + 1),
    after: Math.min(margin, room[1] + 1),
    halfWidthPx: half,
    blockPx,
    clip: Math.max(clip, 5),
  })
  const inner = Math.max(5.5 * sigmaPx, 5)
  const band = subtractSides(raw, inner, Math.max(64, 40 * sigmaPx))
  const [from, to] = blocksOf(band, length)
  if (to <= from) return undefined
  const cross = measureCross(band, from, to, sigmaPx)
  const amplitudes = matchAcross(band, sigmaPx)
  const noiseFactor = parallelNoise(band, sigmaPx, inner + 2 * sigmaPx)
  const along = alongPath(amplitudes)
  const significance = significanceOf(amplitudes, { start: 0, end: 0, bow: 0 })
  const snr = significance / noiseFactor
  const pieces = cutPieces(along, length, snr, noiseFactor)
  const perPixel = length > 0 ? (snr * snr) / length : 0
  const endErrorPx = Math.max(1, perPixel > 0 ? 6 / perPixel : length)
  return { path, cross, along, pieces, snr, noiseFactor, room, endErrorPx, clip }
}

function blocksOf(band: Band, length: number): [number, number] {
  const from = Math.max(0, Math.round(-band.start / band.blockPx))
  return [from, Math.min(band.blocks, Math.round((length - band.start) / band.blockPx))]
}
