import type { Action, CauseKind } from '@nebulift/prefilter'
import type { ReportFrame, ReportNight } from './night.ts'
import { actionOrder } from './page/words.ts'

/** The night in numbers. */
export interface Summary {
  readonly frames: number
  readonly byAction: Readonly<Record<Action, number>>
  /** Exposure time in seconds of all frames, and of those to keep or mask. */
  readonly takenS: number
  readonly keptS: number
  /** Frames that have each cause, the most common first. */
  readonly causes: readonly { readonly kind: CauseKind; readonly frames: number }[]
  /** Medians over the frames to keep or mask, or over all where there are none. */
  readonly fwhmPx: number | undefined
  readonly fwhmArcsec: number | undefined
  readonly stars: number | undefined
  readonly transparency: number | undefined
  readonly trails: number
  /** The frame to keep with the best score. */
  readonly best: { readonly id: number; readonly frame: ReportFrame } | undefined
  readonly firstMs: number | undefined
  readonly lastMs: number | undefined
}

/** The middle of some numbers, or undefined where there are none. */
export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? sorted[middle]
    : sorted.length === 0
      ? undefined
      : (sorted[middle - 1]! + sorted[middle]!) / 2
}

const isKept = (frame: ReportFrame) =>
  frame.assessment.action === 'keep' || frame.assessment.action === 'mask'

const secondsOf = (frames: readonly ReportFrame[]) =>
  frames.reduce((sum, frame) => sum + (frame.exposureS ?? 0), 0)

/** Counts, times and medians of a night. */
export function summarize({ frames }: ReportNight): Summary {
  const kept = frames.filter(isKept)
  const typical = kept.length > 0 ? kept : frames
  const sharp = typical.filter((frame) => frame.assessment.stars.fwhmPx > 0)
  const times = frames.flatMap((frame) => frame.timeMs ?? [])
  const countOf = (action: Action) => frames.filter((f) => f.assessment.action === action).length
  return {
    frames: frames.length,
    byAction: Object.fromEntries(actionOrder.map((a) => [a, countOf(a)])) as Summary['byAction'],
    takenS: secondsOf(frames),
    keptS: secondsOf(kept),
    causes: countCauses(frames),
    fwhmPx: median(sharp.map((frame) => frame.assessment.stars.fwhmPx)),
    fwhmArcsec: median(sharp.flatMap((frame) => frame.assessment.stars.fwhmArcsec ?? [])),
    stars: median(typical.map((frame) => frame.assessment.stars.count)),
    transparency: median(typical.flatMap((frame) => frame.assessment.clouds.transparency ?? [])),
    trails: frames.reduce((sum, frame) => sum + frame.assessment.streaks.length, 0),
    best: bestOf(frames),
    firstMs: times.length > 0 ? times.reduce((a, b) => Math.min(a, b)) : undefined,
    lastMs: times.length > 0 ? times.reduce((a, b) => Math.max(a, b)) : undefined,
  }
}

function countCauses(frames: readonly ReportFrame[]): Summary['causes'] {
  const counts = new Map<CauseKind, number>()
  for (const frame of frames) {
    for (const kind of new Set(frame.assessment.causes.map((cause) => cause.kind)))
      counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  return [...counts]
    .map(([kind, count]) => ({ kind, frames: count }))
    .sort((a, b) => b.frames - a.frames || a.kind.localeCompare(b.kind))
}

function bestOf(frames: readonly ReportFrame[]): Summary['best'] {
  let best: Summary['best']
  for (const [id, frame] of frames.entries()) {
    if (frame.assessment.action !== 'keep') continue
    if (best === undefined || frame.assessment.score > best.frame.assessment.score)
      best = { id, frame }
  }
  return best
}
