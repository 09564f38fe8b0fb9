import type { FrameMeasurement } from '../frame/measurement.ts'
import { alignStars } from './align.ts'
import type { Point, Transform } from './transform.ts'

/** How the frames of a session lie on one of them. */
export interface Poses {
  /** Index of the frame the others are compared with. */
  readonly reference: number
  /** From each frame's pixels to the reference's; `undefined` where the two could not be brought together. */
  readonly transforms: readonly (Transform | undefined)[]
}

/** Brings each frame onto the one with most stars, which no cloud can have. */
export function findPoses(session: readonly FrameMeasurement[]): Poses {
  const depth = session.map(({ catalog, stars }) => catalog.x.length + stars.count)
  const reference = depth.indexOf(Math.max(...depth))
  if (session.length < 2) return { reference, transforms: session.map(() => undefined) }
  const theirs = starPoints(session[reference])
  const transforms = session.map(
    (frame) => alignStars(starPoints(frame), theirs, session[reference])?.transform,
  )
  return { reference, transforms }
}

/** Places of the catalogue's stars, brightest first. */
export const starPoints = ({ catalog }: FrameMeasurement): Point[] =>
  catalog.x.map((x, i) => ({ x, y: catalog.y[i] }))
