import type { FrameMeasurement } from '../../frame/measurement.ts'
import { type Comparison, ENOUGH_MEASURED } from '../../session/compare.ts'
import type { Cause } from '../assessment.ts'
import { severityBetween } from '../severity.ts'

/** Wider than any seeing an observer would image in, where the pixels are fine enough to show it. */
const HOPELESS_ARCSEC = 9
const HOPELESS_PX = 6
/** A stacked star with so deep a hole in its middle is a mirror out of focus. */
const CLEAR_RING = 0.15

/** Stars a session must usually show before their absence says anything. */
const ENOUGH_USUAL = 15

/**
 * Whether a frame lost all its stars under an unchanged sky: no cloud so thick leaves the sky's light, and so its
 * noise, as it was; stars spread wide enough do.
 */
export function starsVanished(
  { stars, background }: FrameMeasurement,
  comparison: Comparison,
): boolean {
  const noiseRatio = background.rms / (comparison.nearRms || 1)
  return (
    comparison.frames > 3 &&
    comparison.usualStars >= ENOUGH_USUAL &&
    stars.count < 3 &&
    noiseRatio > 0.92 &&
    noiseRatio < 1.1
  )
}

/** Stars wider than the session's sharp ones, or rings instead of points. */
export function focusCauses(frame: FrameMeasurement, comparison: Comparison): Cause[] {
  const { stars, context, background } = frame
  if (starsVanished(frame, comparison))
    return [
      {
        kind: 'defocus',
        severity: 0.8,
        evidence: {
          stars: stars.count,
          sessionStars: comparison.usualStars,
          noiseRatio: background.rms / comparison.nearRms,
        },
      },
    ]
  if (stars.measured < (stars.ring > CLEAR_RING ? 2 : ENOUGH_MEASURED)) return []
  const ratio = comparison.sharpFwhmPx > 0 ? stars.fwhmPx / comparison.sharpFwhmPx : 1
  const fwhmArcsec = context.arcsecPerPx ? stars.fwhmPx * context.arcsecPerPx : 0
  const relative = comparison.frames > 1 ? severityBetween(ratio, 1.25, 1.36) : 0
  const ring = stars.ring > CLEAR_RING ? severityBetween(stars.ring, 0.1, 0.2) : 0
  const hopeless = severityBetween(fwhmArcsec, HOPELESS_ARCSEC, 1.5 * HOPELESS_ARCSEC)
  const severity = Math.max(relative, ring, stars.fwhmPx > HOPELESS_PX ? hopeless : 0)
  if (severity < 0.25) return []
  return [
    {
      kind: 'defocus',
      severity,
      evidence: {
        fwhmPx: stars.fwhmPx,
        sessionFwhmPx: comparison.sharpFwhmPx,
        hfrPx: stars.hfrPx,
        ring: stars.ring,
        ...(fwhmArcsec > 0 ? { fwhmArcsec } : {}),
      },
    },
  ]
}
