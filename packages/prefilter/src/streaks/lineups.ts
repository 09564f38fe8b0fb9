import type { Plane } from '../plane.ts'
import { axialDistanceDeg } from '../statistics/angles.ts'
import { pathLength, project } from './path.ts'
import { refine, type Trace } from './refine.ts'
import type { Crest, LineUp, Sources } from './sources.ts'

/** Line-ups followed at most: a field of blended stars has hundreds. */
const mostFollowed = 60
/** Line-ups compared with each other at most. */
const mostCompared = 600

/**
 * Bright trails, which a star finder takes apart into a chain of stars: each detection that goes on straight is
 * followed on the unmasked residual, those that support each other first.
 */
export function followLineUps(residual: Plane, sources: Sources): Trace[] {
  const ranked = rank(sources.lineUps)
  const traces: Trace[] = []
  let followed = 0
  for (const lineUp of ranked) {
    if (followed >= mostFollowed) break
    if (traces.some((trace) => covers(trace, lineUp))) continue
    followed++
    const half = Math.max(4, 2.5 * sources.fwhmPx)
    const angle = (lineUp.angleDeg * Math.PI) / 180
    const [dx, dy] = [half * Math.cos(angle), half * Math.sin(angle)]
    const { x, y } = lineUp
    const path = { x0: x - dx, y0: y - dy, x1: x + dx, y1: y + dy, sagittaPx: 0 }
    const tolerancePx = Math.max(1.5, sources.fwhmPx)
    const trace = refine({ residual }, { path, tolerancePx, sigmaPx: sources.fwhmPx / 2.3548 })
    if (trace && pathLength(trace.path) > 4 * trace.cross.fwhmPx && trace.snr > 8)
      traces.push(trace)
  }
  return traces
}

export function crestOf({ path, cross }: Trace): Crest {
  return { path, halfWidthPx: Math.max(1.5, cross.fwhmPx), peakSigma: cross.peak }
}

function covers(trace: Trace, { x, y }: LineUp): boolean {
  const { t, offset } = project(trace.path, x, y)
  const near = Math.max(2, 1.5 * trace.cross.fwhmPx)
  return Math.abs(offset) < near && t > -near && t < pathLength(trace.path) + near
}

/** Those on a common line with others first, then the brighter ones. */
function rank(lineUps: readonly LineUp[]): LineUp[] {
  const brightest = [...lineUps].sort((a, b) => b.peakSigma - a.peakSigma).slice(0, mostCompared)
  const support = new Map<LineUp, number>()
  for (const a of brightest) {
    const angle = (a.angleDeg * Math.PI) / 180
    let count = 0
    for (const b of brightest) {
      if (a === b || axialDistanceDeg(a.angleDeg, b.angleDeg) > 12) continue
      const beside = (b.y - a.y) * Math.cos(angle) - (b.x - a.x) * Math.sin(angle)
      const away = Math.hypot(b.x - a.x, b.y - a.y)
      if (Math.abs(beside) < 2 + 0.1 * away && away < 300) count++
    }
    support.set(a, count)
  }
  return brightest.sort((a, b) => support.get(b)! - support.get(a)! || b.peakSigma - a.peakSigma)
}
