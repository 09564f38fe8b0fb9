import type { BackgroundModel } from '../background/model.ts'
import type { Plane } from '../plane.ts'
import type { StarCatalog } from '../stars/catalog.ts'
import type { Streak } from '../verdict/assessment.ts'
import type { Field } from './band.ts'
import { findBright } from './bright.ts'
import { followAll, type Search, takeLined } from './follow.ts'
import { borderPx, type JudgeContext, type RejectionReason } from './judge.ts'
import { kindOf } from './kind.ts'
import { crestOf, followLineUps } from './lineups.ts'
import { type FindStreaksOptions, withDefaults } from './options.ts'
import { angleOf } from './path.ts'
import { type Found, reconsider } from './reconsider.ts'
import type { Trace } from './refine.ts'
import { listCandidates, makeScales } from './search.ts'
import { addBright, maskSources, type Sources, sortSources } from './sources.ts'

export interface RejectedStreak {
  readonly streak: Streak
  readonly reason: RejectionReason
}

/** What a search needs of a frame; `FrameLayers` has it. */
export interface StreakField {
  /** (image - background) over the noise of one pixel, NaN already 0. */
  readonly residual: Plane
  readonly model: BackgroundModel
  readonly stars: StarCatalog
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
/** Pixels looked at for what turns out to be no trail: a third of a second's worth. */
const mostWork = 60e6

/**
 * Trails of satellites, airplanes and meteors in a star-free, noise-normalised frame, at every angle, from
 * bright pieces of 15 pixels to faint lines from border to border far below the noise of one pixel.
 */
export function findStreaks(
  { residual, model, stars }: StreakField,
  options?: FindStreaksOptions,
): StreakSearch {
  const settings = withDefaults(options)
  const catalogued = sortSources(residual, stars)
  const lined = followLineUps(residual, catalogued)
  const mask = maskSources(residual, stars, catalogued, lined.map(crestOf))
  const work = { left: mostWork }
  const field: Field = { residual, mask, work }
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
    ...{ field, scales, sources, context, settings, work },
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
  const streaks = trails
    .map(toStreak)
    .sort((a, b) => b.snr - a.snr)
    .slice(0, settings.maxStreaks)
  const rejected = found
    .filter(({ reason }) => reason)
    .map(({ trace, reason }) => ({ streak: toStreak(trace), reason: reason! }))
  return { streaks, rejected, noise: { threshold, trials, binPx: scales[0]!.bin } }
}

function streakOf(
  trace: Trace,
  model: BackgroundModel,
  sources: Sources,
  besides: readonly Trace[],
): Streak {
  const { cross, room, pieces, snr } = trace
  const near = borderPx(trace)
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
