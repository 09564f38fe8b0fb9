import type { BackgroundModel } from '../background/model.ts'
import type { Plane } from '../plane.ts'
import type { StarCatalog } from '../stars/catalog.ts'
import type { Streak } from '../verdict/assessment.ts'
import type { Field } from './band.ts'
import { findBright } from './bright.ts'
import { type JudgeContext, judge, type RejectionReason, widestPx } from './judge.ts'
import { kindOf } from './kind.ts'
import { crestOf, followLineUps } from './lineups.ts'
import { type FindStreaksOptions, type Settings, withDefaults } from './options.ts'
import { angleOf, type Path, pathLength, project } from './path.ts'
import { type Found, reconsider } from './reconsider.ts'
import { refine, type Seed, type Trace } from './refine.ts'
import {
  type Candidate,
  coarseField,
  listCandidates,
  makeScales,
  peel,
  restOf,
  type Scale,
  toBins,
  toPixels,
} from './search.ts'
import { addBright, maskSources, type Sources, sortSources } from './sources.ts'

export interface RejectedStreak {
  readonly streak: Streak
  readonly reason: RejectionReason
}

export interface StreakSearch {
  /** Trails, most significant first. */
  readonly streaks: readonly Streak[]
  /** Straight things that are no trails, and why. */
  readonly rejected: readonly RejectedStreak[]
  readonly noise: {
    /** Significance a straight piece needed to be looked at. */
    readonly threshold: number
    /** Lines that were summed. */
    readonly trials: number
    /** Finest bin searched, pixels. */
    readonly binPx: number
  }
}

const mostRounds = 4
/** Candidates followed at the finest scale; half as many at each coarser one. */
const mostAttempts = 64

/**
 * Trails of satellites, airplanes and meteors in a star-free, noise-normalised frame, at every angle, from
 * bright pieces of 15 pixels to faint lines from border to border far below the noise of one pixel.
 * `residual` is (image - background) over the noise of one pixel, NaN already 0.
 */
export function findStreaks(
  residual: Plane,
  model: BackgroundModel,
  stars: StarCatalog,
  options?: FindStreaksOptions,
): StreakSearch {
  const settings = withDefaults(options)
  const catalogued = sortSources(residual, stars)
  const lined = followLineUps(residual, catalogued)
  const mask = maskSources(residual, stars, catalogued, lined.map(crestOf))
  const field: Field = { residual, mask }
  const { scales, base } = makeScales(residual, mask, catalogued.fwhmPx, settings.searchSizePx)
  const sources = addBright(catalogued, findBright(residual, base))
  const context: JudgeContext = {
    sources,
    width: residual.width,
    height: residual.height,
    minLengthPx: settings.minLengthPx,
  }
  let found: Found[] = []
  let threshold = 0
  let trials = 0
  const search: Search = {
    ...{ field, scales, sources, context, settings },
    coarseFields: new Map(),
  }
  for (const trace of lined) takeLined(trace, search, found)
  for (let round = 0; round < mostRounds; round++) {
    // What the first round has hidden are close companions: no need to look again for broad light.
    const looked = round === 0 ? scales : scales.slice(0, 2)
    const list = listCandidates(looked, settings.falseAlarmsPerFrame)
    threshold = Math.max(threshold, list.threshold)
    trials += list.trials
    const before = found.filter(({ reason }) => !reason).length
    followAll(list.candidates, list.threshold, search, found)
    // What is left after a round without a trail is what that round already refused.
    if (found.filter(({ reason }) => !reason).length === before) break
  }
  found = reconsider(found, context, field)
  const trails = found.filter(({ reason }) => !reason).map(({ trace }) => trace)
  const toStreak = (trace: Trace) => streakOf(trace, model, sources, trails)
  const streaks = trails.map(toStreak)
  const rejected = found
    .filter(({ reason }) => reason)
    .map(({ trace, reason }) => ({ streak: toStreak(trace), reason: reason! }))
  streaks.sort((a, b) => b.snr - a.snr)
  return { streaks, rejected, noise: { threshold, trials, binPx: scales[0]!.bin } }
}

interface Search {
  readonly field: Field
  readonly scales: readonly Scale[]
  readonly sources: Sources
  readonly context: JudgeContext
  readonly settings: Settings
  /** By bin; emptied when a trail is taken out. */
  readonly coarseFields: Map<number, Field>
}

/** A trail followed among the unmasked stars, once more with them masked. */
function takeLined(trace: Trace, search: Search, found: Found[]): void {
  const tolerancePx = Math.max(1.5, trace.cross.fwhmPx / 2)
  const again = refine(search.field, {
    path: trace.path,
    tolerancePx,
    sigmaPx: trace.cross.sigmaPx,
  })
  if (again) take(again, search, found)
}

/** Judges a trace, keeps it with the verdict, and takes it out of the search; false for one too weak to keep. */
function take(trace: Trace, search: Search, found: Found[]): boolean {
  const reason = judge(trace, search.context)
  if (reason === 'weak') return false
  found.push({ trace, reason })
  search.coarseFields.clear()
  peel(
    search.field,
    search.scales,
    trace.path,
    Math.max(3, 1.6 * trace.cross.fwhmPx, haloOf(trace)),
  )
  return true
}

function followAll(
  candidates: readonly Candidate[],
  threshold: number,
  search: Search,
  found: Found[],
): void {
  const failed: Path[] = []
  const finest = search.scales[0]!.bin
  const attempts = new Map<number, number>()
  for (const candidate of candidates) {
    const tried = attempts.get(candidate.bin) ?? 0
    if (tried >= Math.max(12, (mostAttempts * finest) / candidate.bin)) continue
    if (found.length > 4 * search.settings.maxStreaks) break
    if (restOf(candidate, search.scales) < 0.7 * threshold) continue
    if (failed.some((path) => sameLine(path, candidate.path, 2 * candidate.bin))) continue
    attempts.set(candidate.bin, tried + 1)
    const seed = seedOf(candidate, search)
    const trace = seed && refine(search.field, seed)
    if (trace && take(trace, search, found)) {
      peel(search.field, search.scales, candidate.path, candidate.bin)
    } else {
      failed.push(candidate.path)
    }
  }
}

/** How far from a bright trail its wings still show in a bin: a Moffat's wing falls with the cube of distance. */
function haloOf({ cross }: Trace): number {
  return cross.fwhmPx * Math.max(1, Math.min(6, Math.cbrt(Math.max(0, cross.peak) * 2)))
}

/** The residual at a scale, kept until the next trail is taken out. */
function coarse({ coarseFields }: Search, scale: Scale): Field {
  const known = coarseFields.get(scale.bin)
  if (known) return known
  const made = coarseField(scale)
  coarseFields.set(scale.bin, made)
  return made
}

/** Bins from which a candidate is first followed at a coarser resolution, where broad light costs less. */
const coarseBins = 4

function seedOf({ path, bin }: Candidate, search: Search): Seed | undefined {
  const { sources, scales } = search
  const sigmaPx = Math.max(0.42 * bin, sources.fwhmPx / 2.3548)
  const seed = { path, tolerancePx: 1.5 * bin + 1, sigmaPx }
  const scale = scales.findLast((one) => one.bin <= sigmaPx)
  if (!scale || scale.bin < 2 || bin < coarseBins) return seed
  const rough = refine(coarse(search, scale), {
    path: toBins(path, scale.bin),
    tolerancePx: seed.tolerancePx / scale.bin,
    sigmaPx: sigmaPx / scale.bin,
  })
  if (!rough || rough.snr < 5 || rough.cross.fwhmPx * scale.bin > 1.3 * widestPx) return undefined
  if (pathLength(rough.path) < 3.5 * rough.cross.fwhmPx) return undefined
  return {
    path: toPixels(rough.path, scale.bin),
    tolerancePx: scale.bin,
    sigmaPx: rough.cross.sigmaPx * scale.bin,
  }
}

function sameLine(a: Path, b: Path, tolerance: number): boolean {
  const start = project(a, b.x0, b.y0)
  const end = project(a, b.x1, b.y1)
  const length = pathLength(a)
  const overlap = Math.min(Math.max(start.t, end.t), length) - Math.max(Math.min(start.t, end.t), 0)
  return (
    Math.abs(start.offset) < tolerance &&
    Math.abs(end.offset) < tolerance &&
    overlap > 0.5 * pathLength(b)
  )
}

function streakOf(
  trace: Trace,
  model: BackgroundModel,
  sources: Sources,
  besides: readonly Trace[],
): Streak {
  const { cross, room, endErrorPx, pieces, snr } = trace
  const near = Math.max(
    4,
    1.5 * cross.fwhmPx,
    Math.min(3 * endErrorPx, 0.03 * pathLength(trace.path)),
  )
  const path = trace.path
  const inX = (x: number) => Math.max(0, Math.min(model.width - 1, x))
  const inY = (y: number) => Math.max(0, Math.min(model.height - 1, y))
  const atStart = room[0] < near
  const atEnd = room[1] < near
  const { sagittaPx } = path
  const [x0, y0, x1, y1] = [inX(path.x0), inY(path.y0), inX(path.x1), inY(path.y1)]
  return {
    x0,
    y0,
    x1,
    y1,
    lengthPx: Math.hypot(x1 - x0, y1 - y0),
    angleDeg: angleOf(path),
    widthPx: cross.fwhmPx,
    snr,
    pixelSnr: cross.peak,
    brightness: cross.peak * noiseAt(model, (x0 + x1) / 2, (y0 + y1) / 2),
    kind: kindOf(trace, sources, { atStart, atEnd }, besides),
    edgeToEdge: atStart && atEnd,
    persistence: pieces.persistence,
    sagittaPx,
  }
}

function noiseAt(model: BackgroundModel, x: number, y: number): number {
  const column = Math.max(0, Math.min(model.columns - 1, Math.floor(x / model.cellPx)))
  const row = Math.max(0, Math.min(model.rows - 1, Math.floor(y / model.cellPx)))
  return model.rms[row * model.columns + column] ?? model.globalRms
}
