import type { Field } from './band.ts'
import { type JudgeContext, judge, widestPx } from './judge.ts'
import type { Settings } from './options.ts'
import { type Path, pathLength, project } from './path.ts'
import type { Found } from './reconsider.ts'
import { refine, type Seed, type Trace } from './refine.ts'
import {
  type Candidate,
  coarseField,
  peel,
  restOf,
  type Scale,
  toBins,
  toPixels,
} from './search.ts'
import type { Sources } from './sources.ts'

/** Candidates followed at the finest scale; half as many at each coarser one. */
const mostAttempts = 64

/** All that following a frame's candidates needs. */
export interface Search {
  readonly field: Field
  readonly scales: readonly Scale[]
  readonly sources: Sources
  readonly context: JudgeContext
  readonly settings: Settings
  readonly work: { left: number }
  /** By bin; emptied when a trail is taken out. */
  readonly coarseFields: Map<number, Field>
}

/** A trail followed among the unmasked stars, once more with them masked. */
export function takeLined(trace: Trace, search: Search, found: Found[]): void {
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

export function followAll(
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
    const before = search.work.left
    const seed = seedOf(candidate, search)
    const trace = seed && refine(search.field, seed)
    if (trace && take(trace, search, found)) {
      // A frame with many trails is worth its time.
      if (!found[found.length - 1]!.reason) search.work.left = before
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
function coarse({ coarseFields, work }: Search, scale: Scale): Field {
  const known = coarseFields.get(scale.bin)
  if (known) return known
  const made = { ...coarseField(scale), work }
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
