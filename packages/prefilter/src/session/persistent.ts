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

/** Both ends within a few pixels, whichever way round. */
function sameLine([a, b]: Segment, [c, d]: Segment): boolean {
  const tolerance = 4 + 0.03 * Math.hypot(b.x - a.x, b.y - a.y)
  const near = (p: Point, q: Point) => Math.hypot(p.x - q.x, p.y - q.y) <= tolerance
  return (near(a, c) && near(b, d)) || (near(a, d) && near(b, c))
}
