import type { StreakKind } from '../verdict/assessment.ts'
import { pathLength } from './path.ts'
import type { Trace } from './refine.ts'
import type { Sources } from './sources.ts'

/** What made a trail, from the light along and across it. */
export function kindOf(
  trace: Trace,
  sources: Sources,
  atStart: boolean,
  atEnd: boolean,
): StreakKind {
  const { cross, pieces, path } = trace
  const known = pieces.amplitude.filter((value) => !Number.isNaN(value))
  if (known.length < 4) return 'unknown'
  if (cross.doublePx > 0 || cross.fwhmPx > Math.max(12, 4 * sources.fwhmPx)) return 'airplane'
  const mean = known.reduce((a, b) => a + b, 0) / known.length
  const spread = Math.sqrt(
    known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / known.length,
  )
  const noise = Math.sqrt(
    pieces.sigma.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : value * value), 0) /
      known.length,
  )
  const uneven = Math.sqrt(Math.max(0, spread ** 2 - noise ** 2)) / mean
  if (uneven < 0.3) return 'satellite'
  const peak = Math.max(...known)
  const ends = Math.min(known[0]!, known[known.length - 1]!)
  if (!atStart && !atEnd && peak > 2.5 * Math.max(ends, noise) && pathLength(path) > 40)
    return 'meteor'
  return 'unknown'
}
