import { type Band, Cover, extractBand, type Field } from './band.ts'
import {
  type Along,
  alongPath,
  cutPieces,
  findEnds,
  type Pieces,
  significanceAlong,
} from './ends.ts'
import { applyShift, fitShift, matchAcross, significanceOf } from './fit.ts'
import { medianContrast, parallelNoise } from './parallels.ts'
import { cutPath, type Path, pathLength, roomBeyond } from './path.ts'
import { bestSigma, type Crest, type CrossShape, crestOf, measureCross } from './profile.ts'
import { subtractSides } from './sides.ts'

/** A candidate followed to its ends and measured on the full-resolution residual. */
export interface Trace {
  readonly path: Path
  readonly cross: CrossShape
  readonly along: Along
  /** The same with the stars left in: an airplane's flashes look like stars. */
  readonly bare: Along
  readonly pieces: Pieces
  /** Summed light over its noise, the noise measured beside the trail. */
  readonly snr: number
  /** How far the median brightness along the trail stands above that of parallel lines, in their scatter. */
  readonly medianSnr: number
  /** Of short trails only. */
  readonly crest: Crest | undefined
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
const widestSigmaPx = 20
/** A seed whose best line stands out less on the full-resolution residual is dropped at once. */
const leastFit = 4.5
/** Brighter trails are followed through the outskirts of stars: their light outweighs them. */
const brightSigma = 3
/** Sagitta over length beyond which nothing in the sky moves in an exposure. */
const mostBowed = 0.3

/** Follows a seed to the trail's ends; undefined where the light does not hold up. */
export function refine(field: Field, seed: Seed): Trace | undefined {
  let { path, sigmaPx } = seed
  let range = seed.tolerancePx
  let clip = 5
  let coverFrom: number = Cover.outskirts
  for (let round = 0; round < mostRounds; round++) {
    if (field.work && field.work.left < 0) return undefined
    const before = path
    const fitted = fitInside(field, path, { sigmaPx, range, clip, coverFrom })
    if (!fitted) return undefined
    path = fitted
    const stretched = stretch(field, path, { sigmaPx, clip, coverFrom })
    if (!stretched || stretched.amplitude <= 0) return undefined
    path = stretched.path
    sigmaPx = stretched.sigmaPx
    if (pathLength(path) < 3) return undefined
    const nextClip = Math.max(5, 3 * stretched.amplitude)
    const settled =
      distance(before, path) < Math.max(1.5, 0.01 * pathLength(path)) && nextClip < 1.3 * clip
    clip = Math.max(clip, nextClip)
    if (Math.abs(path.sagittaPx) > mostBowed * pathLength(path)) return undefined
    coverFrom = stretched.amplitude > brightSigma ? Cover.core : Cover.outskirts
    range = Math.max(1, Math.min(range / 2, 2 * sigmaPx), 0.35 * sigmaPx)
    if (settled && round >= 2) break
  }
  return measure(field, path, { sigmaPx, clip, coverFrom })
}

/** How the band around a path is looked at. */
export interface Look {
  readonly sigmaPx: number
  readonly clip: number
  readonly coverFrom: number
}

function distance(a: Path, b: Path): number {
  return Math.hypot(a.x0 - b.x0, a.y0 - b.y0) + Math.hypot(a.x1 - b.x1, a.y1 - b.y1)
}

function blockFor(length: number): number {
  return Math.max(1, length / 256)
}

/** Lanes fine enough for a Gaussian of this sigma. */
function laneFor(sigmaPx: number): number {
  return Math.max(1, sigmaPx / 2)
}

/** Moves the path within its present ends onto the light. */
function fitInside(
  field: Field,
  path: Path,
  { sigmaPx, range, clip, coverFrom }: Look & { range: number },
) {
  const length = pathLength(path)
  const half = Math.max(3 * sigmaPx, 4) + range + 4 * sigmaPx + 3
  const raw = extractBand(field, path, {
    before: 0,
    after: 0,
    halfWidthPx: half,
    blockPx: blockFor(length),
    lanePx: laneFor(sigmaPx),
    clip,
    coverFrom,
  })
  const band = subtractSides(raw, Math.max(3 * sigmaPx, 4) + range, Math.max(64, 4 * half))
  const amplitudes = matchAcross(band, sigmaPx)
  const bow = length > 40 ? Math.min(0.04 * length, half / 2) : 0
  const straight = significanceOf(amplitudes, { start: 0, end: 0, bow: 0 })
  const shift = fitShift(amplitudes, range, straight > 12 ? bow : 0)
  if (shift.significance < leastFit) return undefined
  return applyShift(path, shift)
}

/** Extends the path both ways and finds where its light begins and ends. */
function stretch(field: Field, path: Path, { sigmaPx, clip, coverFrom }: Look) {
  const length = pathLength(path)
  const [roomBefore, roomAfter] = roomBeyond(path, field.residual.width, field.residual.height)
  const grow = Math.max(24, 0.7 * length)
  const half = Math.max(9 * sigmaPx, 14)
  const raw = extractBand(field, path, {
    before: Math.min(grow, roomBefore + 1),
    after: Math.min(grow, roomAfter + 1),
    halfWidthPx: half,
    blockPx: blockFor(length),
    lanePx: laneFor(sigmaPx),
    clip,
    coverFrom,
  })
  const band = subtractSides(raw, Math.max(4.5 * sigmaPx, 5), Math.max(64, 4 * half))
  const [from, to] = blocksOf(band, length)
  const best = bestSigma(band, from, to, sigmaPx)
  // Widths change by steps, so that one wrong guess does not carry the fit away.
  const next = Math.max(0.5, Math.min(widestSigmaPx, 2 * sigmaPx, Math.max(0.5 * sigmaPx, best)))
  const ends = findEnds(alongPath(band, next), 0, length)
  return { path: cutPath(path, ends.t0, ends.t1), amplitude: ends.amplitude, sigmaPx: next }
}

/** Measures what lies along a path as it is, without looking for a better one. */
export function measure(field: Field, path: Path, look: Look): Trace | undefined {
  const { sigmaPx, clip, coverFrom } = look
  const length = pathLength(path)
  const half = Math.max(72, Math.min(24 * sigmaPx, 60 + 8 * sigmaPx))
  const margin = Math.max(20, 0.1 * length)
  const { width, height } = field.residual
  const room = roomBeyond(path, width, height)
  const blockPx = blockFor(length)
  const raw = extractBand(field, path, {
    before: Math.min(margin, room[0] + 1),
    after: Math.min(margin, room[1] + 1),
    halfWidthPx: half,
    blockPx,
    lanePx: Math.max(1, sigmaPx / 4),
    clip: Math.max(clip, 5),
    coverFrom,
  })
  const inner = Math.max(5.5 * sigmaPx, 5)
  const band = subtractSides(raw, inner, Math.max(64, 40 * sigmaPx))
  const [from, to] = blocksOf(band, length)
  if (to <= from) return undefined
  const cross = measureCross(band, from, to, sigmaPx)
  const noiseFactor = parallelNoise(band, from, to, sigmaPx, inner + 2 * sigmaPx)
  const along = alongPath(band, sigmaPx)
  const snr = significanceAlong(along, 0, length) / noiseFactor
  const bare = alongBare(field, path, look)
  const pieces = cutPieces(along, length, snr, noiseFactor)
  const crest = length < 200 && band.lanePx === 1 ? crestOf(band, from, to) : undefined
  const perPixel = length > 0 ? (snr * snr) / length : 0
  const endErrorPx = Math.max(1, perPixel > 0 ? 6 / perPixel : length)
  const medianSnr = medianContrast(band, { from, to, sigmaPx, innerPx: inner })
  return {
    path,
    cross,
    along,
    bare,
    pieces,
    snr,
    medianSnr,
    crest,
    noiseFactor,
    room,
    endErrorPx,
    clip,
  }
}

function alongBare({ residual }: Field, path: Path, { sigmaPx, clip }: Look): Along {
  const narrow = { before: 0, after: 0, halfWidthPx: Math.max(4, 3 * sigmaPx), clip }
  const blockPx = blockFor(pathLength(path))
  return alongPath(extractBand({ residual }, path, { ...narrow, blockPx }), sigmaPx)
}

function blocksOf(band: Band, length: number): [number, number] {
  const from = Math.max(0, Math.round(-band.start / band.blockPx))
  return [from, Math.min(band.blocks, Math.round((length - band.start) / band.blockPx))]
}
