import type { StreakKind } from '../verdict/assessment.ts'
import { unevenness } from './judge.ts'
import { countFlashes } from './knots.ts'
import { pathLength } from './path.ts'
import type { Trace } from './refine.ts'
import type { Sources } from './sources.ts'

/** Distance between the lines of one airplane over their length, at most, if one of them flashes ... */
const closeLines = 0.06
/** ... and if none does; satellites launched together keep farther apart. */
const touchingLines = 0.015

/**
 * What made a trail, from its light along and across: flashes, double ridges, close parallels and widths of
 * something near are an airplane's; light that swells and fades within the frame is a meteor's; steady light,
 * or light that varies slowly from border to border, a satellite's.
 */
export function kindOf(
  trace: Trace,
  sources: Sources,
  ends: { readonly atStart: boolean; readonly atEnd: boolean },
  besides: readonly Trace[],
): StreakKind {
  const { cross, pieces, path } = trace
  const known = pieces.amplitude.filter((value) => !Number.isNaN(value))
  if (known.length < 4) return 'unknown'
  const broad = cross.fwhmPx > Math.max(12, 4 * sources.fwhmPx)
  if (cross.doublePx > 0 || broad || countFlashes(trace, sources) > 0) return 'airplane'
  if (besides.some((other) => flank(trace, other, sources))) return 'airplane'
  const noise = Math.sqrt(
    pieces.sigma.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : value * value), 0) /
      known.length,
  )
  const mean = known.reduce((a, b) => a + b, 0) / known.length
  const uneven = Math.sqrt(Math.max(0, unevenness(known) ** 2 - (noise / mean) ** 2))
  const inside = !ends.atStart || !ends.atEnd
  if (inside && uneven > 0.35 && swells(known, noise) && pathLength(path) > 40) return 'meteor'
  return uneven < 0.5 ? 'satellite' : 'unknown'
}

/** One rise and one fall, or only one of them: smoothed, no deep valley. */
function swells(values: readonly number[], noise: number): boolean {
  const peak = Math.max(...values)
  const top = values.indexOf(peak)
  const valley = values.some((value, i) => {
    const side = i < top ? values.slice(0, i) : values.slice(i + 1)
    const beyond = i === top || side.length === 0 ? 0 : Math.max(...side)
    return beyond - value > 0.25 * peak + 3 * noise
  })
  const ends = Math.min(values[0]!, values[values.length - 1]!)
  return !valley && peak > 2 * Math.max(ends, noise)
}

function flank(a: Trace, b: Trace, sources: Sources): boolean {
  if (a === b) return false
  const length = Math.max(pathLength(a.path), pathLength(b.path))
  const along = (path: Trace['path']) => Math.atan2(path.y1 - path.y0, path.x1 - path.x0)
  const turn = Math.abs(Math.sin(along(a.path) - along(b.path)))
  if (turn > 0.05 || pathLength(b.path) < 0.5 * pathLength(a.path)) return false
  const middle = (path: Trace['path']) =>
    [(path.x0 + path.x1) / 2, (path.y0 + path.y1) / 2] as const
  const [ax, ay] = middle(a.path)
  const [bx, by] = middle(b.path)
  const apart = Math.abs((by - ay) * Math.cos(along(a.path)) - (bx - ax) * Math.sin(along(a.path)))
  if (apart < touchingLines * length) return true
  return apart < closeLines * length && countFlashes(b, sources) > 0
}
