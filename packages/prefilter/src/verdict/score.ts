import type { FrameMeasurement } from '../frame/measurement.ts'
import type { Comparison } from '../session/compare.ts'
import type { Cause } from './assessment.ts'
import { isTrail, maskedShare } from './causes/trails.ts'
import { RUIN } from './severity.ts'

/**
 * Point-source signal to noise against the session's best (light through, over width and noise), lowered by
 * each cause; a trail costs only the pixels it masks. A lone frame has no rival and starts at one.
 */
export function scoreFrame(
  frame: FrameMeasurement,
  { clouds, sharpFwhmPx, quietRms }: Comparison,
  causes: readonly Cause[],
): number {
  const { stars, background } = frame
  const width = stars.fwhmPx > 0 && sharpFwhmPx > 0 ? Math.min(1, sharpFwhmPx / stars.fwhmPx) : 1
  const noise = background.rms > 0 && quietRms > 0 ? Math.min(1, quietRms / background.rms) : 1
  const quality = Math.min(1, clouds.transparency) * width * Math.sqrt(noise)
  const harm = causes
    .filter((cause) => !isTrail(cause))
    .reduce((left, { severity }) => left * (1 - Math.min(0.95, severity)), 1 - maskedShare(frame))
  const ruined = causes.some(({ kind, severity }) => kind === 'corrupt' && severity >= RUIN)
  return ruined ? 0 : Math.min(1, Math.max(0, quality * harm))
}
