import type { FrameMeasurement } from '../frame/measurement.ts'
import type { Streak } from '../verdict/assessment.ts'
import { apply, type Point, type Transform } from './transform.ts'

/** Frames that must show the same line before it is held to belong to the sky or the detector. */
const SEEN_IN = 3

/**
 * Trails that are not: a line at the same place of the sky (a galaxy, a nebula's edge) or of the detector
 * (a column, a scratch, dust) in three frames or more of a session is no passer-by. Returns for each frame
 * its streaks split into those that stay and those that repeat.
 */
export function splitPersistent(
  session: readonly FrameMeasurement[],
  poses: readonly (Transform | undefined)[],
): { readonly passing: readonly Streak[]; readonly repeating: readonly Streak[] }[] {
  const carriers = session.flatMap(({ streaks }, i) => (streaks.length > 0 ? [i] : []))
  if (carriers.length < SEEN_IN)
    return session.map(({ streaks }) => ({ passing: streaks, repeating: [] }))
  const lines = carriers.flatMap((i) => session[i].streaks.map((streak) => ({ i, streak })))
  const repeats = ({ i, streak }: (typeof lines)[number]): boolean =>
    [onDetector, onSky].some((place) => {
      const own = place(streak, poses[i])
      if (!own) return false
      const others = lines.filter((other) => {
        if (other.i === i) return false
        const theirs = place(other.streak, poses[other.i])
        return theirs !== undefined && sameLine(own, theirs)
      })
      return new Set(others.map((other) => other.i)).size >= SEEN_IN - 1
    })
  const persistent = new Set(lines.filter(repeats).map(({ streak }) => streak))
  return session.map(({ streaks }) => ({
    passing: streaks.filter((streak) => !persistent.has(streak)),
    repeating: streaks.filter((streak) => persistent.has(streak)),
  }))
}

type Segment = readonly [Point, Point]

const onDetector = ({ x0, y0, x1, y1 }: Streak): Segment => [
  { x: x0, y: y0 },
  { x: x1, y: y1 },
]

function onSky(streak: Streak, pose: Transform | undefined): Segment | undefined {
  if (!pose) return undefined
  const [a, b] = onDetector(streak)
  return [apply(pose, a), apply(pose, b)]
}

/**
 * On one line, and beside each other for half of the shorter one: the ends of a faint feature wander from
 * frame to frame.
 */
function sameLine([a, b]: Segment, [c, d]: Segment): boolean {
  const length = Math.hypot(b.x - a.x, b.y - a.y) || 1
  const ux = (b.x - a.x) / length
  const uy = (b.y - a.y) / length
  const beside = ({ x, y }: Point) => Math.abs((x - a.x) * uy - (y - a.y) * ux)
  if (Math.max(beside(c), beside(d)) > 4 + 0.02 * length) return false
  const along = [c, d].map(({ x, y }) => (x - a.x) * ux + (y - a.y) * uy)
  const overlap = Math.min(length, Math.max(...along)) - Math.max(0, Math.min(...along))
  return overlap > 0.5 * Math.min(length, Math.hypot(d.x - c.x, d.y - c.y))
}
