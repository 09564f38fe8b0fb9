import type { FrameMeasurement } from '../frame/measurement.ts'
import type { CloudState, Comparison } from '../session/compare.ts'
import { compareAll } from '../session/compareAll.ts'
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
  return compareAll(frames).map(({ frame, comparison }) => assessFrame(frame, comparison))
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
