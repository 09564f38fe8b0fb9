import type { FrameMeasurement } from '../frame/measurement.ts'
import { type CloudState, type Comparison, compareSession } from '../session/compare.ts'
import { findFaintTrails } from '../session/faintTrails.ts'
import { groupBy } from '../session/group.ts'
import { splitPersistent } from '../session/persistent.ts'
import { findPoses, type Poses } from '../session/pose.ts'
import type { CloudSummary, FrameAssessment } from './assessment.ts'
import { cloudCauses } from './causes/clouds.ts'
import { focusCauses } from './causes/focus.ts'
import { isCorrupt, pixelCauses } from './causes/pixels.ts'
import { skyCauses } from './causes/sky.ts'
import { trackingCauses } from './causes/tracking.ts'
import { trailCauses } from './causes/trails.ts'
import { decide } from './decide.ts'
import { scoreFrame } from './score.ts'

/**
 * Judges frames: those of one session (target, filter, exposure, gain, binning, camera) against each other,
 * a lone one by itself and more cautiously. Cheap; results in the order of the input.
 */
export function assessFrames(frames: readonly FrameMeasurement[]): FrameAssessment[] {
  const assessments = new Array<FrameAssessment>(frames.length)
  for (const session of groupBy(frames, sessionOf)) {
    const measured = session.map((i) => frames[i])
    const poses = findPoses(measured)
    const members = reconsiderTrails(measured, poses)
    const comparisons = compareSession(members, poses)
    session.forEach((i, k) => {
      assessments[i] = assessFrame(members[k], comparisons[k])
    })
  }
  return assessments
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

function assessFrame(frame: FrameMeasurement, comparison: Comparison): FrameAssessment {
  const causes = [
    ...pixelCauses(frame, comparison),
    ...(frame.context.kind === 'light' && !isCorrupt(frame)
      ? [
          ...trailCauses(frame),
          ...cloudCauses(frame, comparison),
          ...focusCauses(frame, comparison),
          ...trackingCauses(frame, comparison),
          ...skyCauses(frame, comparison),
        ]
      : []),
  ].sort((a, b) => b.severity - a.severity)
  const { level, rms, gradient } = frame.background
  const { ring: _ring, saturated: _saturated, ...stars } = frame.stars
  const { arcsecPerPx } = frame.context
  return {
    ...decide(causes),
    score: scoreFrame(frame, comparison, causes),
    causes,
    background: { level, rms, gradient },
    stars: {
      ...stars,
      ...(arcsecPerPx && stars.fwhmPx > 0 ? { fwhmArcsec: stars.fwhmPx * arcsecPerPx } : {}),
    },
    streaks: frame.streaks,
    clouds: publishedClouds(comparison.clouds),
  }
}

/** What is not known is not stated. */
function publishedClouds({ coverage, transparency, grid, known }: CloudState): CloudSummary {
  return known ? { coverage, transparency, grid } : { coverage: null, transparency: null, grid }
}
