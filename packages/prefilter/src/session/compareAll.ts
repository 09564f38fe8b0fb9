import type { FrameMeasurement } from '../frame/measurement.ts'
import { isCorrupt } from '../verdict/causes/pixels.ts'
import { type Comparison, compareSession } from './compare.ts'
import { findFaintTrails } from './faintTrails.ts'
import { groupBy } from './group.ts'
import { splitPersistent } from './persistent.ts'
import { findPoses, type Poses } from './pose.ts'

/** A frame with the trails that its session confirms, and what the session expects of it. */
export interface ComparedFrame {
  readonly frame: FrameMeasurement
  readonly comparison: Comparison
}

/** Compares every frame with those of its session; results in the order of the input. */
export function compareAll(frames: readonly FrameMeasurement[]): ComparedFrame[] {
  const compared = new Array<ComparedFrame>(frames.length)
  for (const session of groupBy(frames, sessionOf)) {
    const measured = session.map((i) => frames[i])
    const poses = findPoses(measured)
    const members = reconsiderTrails(measured, poses)
    const comparisons = compareSession(members, poses)
    session.forEach((i, k) => {
      compared[i] = { frame: members[k], comparison: comparisons[k] }
    })
  }
  return compared
}

/** Calibration frames and unreadable ones are no standard for lights: each kind is a session of its own. */
function sessionOf(frame: FrameMeasurement): string {
  return `${isCorrupt(frame) ? 'corrupt' : frame.context.kind} | ${frame.context.sessionKey}`
}

/** Lines that stay in place from frame to frame are rejected; trails that only the session shows are added. */
function reconsiderTrails(
  session: readonly FrameMeasurement[],
  { transforms }: Poses,
): readonly FrameMeasurement[] {
  const split = splitPersistent(session, transforms)
  const faint = findFaintTrails(session, transforms)
  return session.map((frame, i) => {
    const { passing, repeating } = split[i]
    if (repeating.length === 0 && faint[i].length === 0) return frame
    const rejected = repeating.map((streak) => ({ streak, reason: 'persistent' }))
    return {
      ...frame,
      streaks: [...passing, ...faint[i]],
      rejectedStreaks: [...frame.rejectedStreaks, ...rejected],
    }
  })
}
