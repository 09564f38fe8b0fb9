import type { FrameMeasurement } from '../../frame/measurement.ts'
import { type Comparison, ENOUGH_MEASURED, elongationOf } from '../../session/compare.ts'
import type { Cause } from '../assessment.ts'
import { severityBetween } from '../severity.ts'

/** Below this agreement the stars' directions are optics (coma, tilt) or noise, not motion. */
const COMMON_DIRECTION = 0.5

/**
 * Stars drawn out in one common direction: the mount lagged (`tracking`), or shook and blurred them across
 * as well (`wind`).
 */
export function trackingCauses({ stars }: FrameMeasurement, comparison: Comparison): Cause[] {
  if (stars.measured < ENOUGH_MEASURED || stars.elongationCoherence < COMMON_DIRECTION) return []
  const elongation = elongationOf(stars.eccentricity)
  // What the optics do to every frame of the session is not this frame's fault, up to a point.
  const usual = comparison.frames > 3 ? Math.min(1.12, comparison.usualElongation) : 1.1
  const severity = severityBetween(elongation / usual, 1.12, 1.22)
  if (severity < 0.25) return []
  const minorPx = stars.fwhmPx / Math.sqrt(elongation)
  const blurred = comparison.frames > 1 && minorPx > 1.22 * comparison.sharpFwhmPx
  return [
    {
      kind: blurred ? 'wind' : 'tracking',
      severity,
      evidence: {
        elongation,
        eccentricity: stars.eccentricity,
        elongationDeg: stars.elongationDeg,
        coherence: stars.elongationCoherence,
        sessionElongation: comparison.usualElongation,
      },
    },
  ]
}
