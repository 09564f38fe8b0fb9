import { unevenness } from '../../clouds/surface.ts'
import type { FrameMeasurement } from '../../frame/measurement.ts'
import type { Comparison } from '../../session/compare.ts'
import type { Cause } from '../assessment.ts'
import { NOTICE, RUIN, severityBetween } from '../severity.ts'

/** Light grows by this factor within three frames when the Sun comes, not when the Moon does. */
const DAWN_GROWTH = 1.7

/** Departure from a smooth sky, as a share of its level, that neither Moon nor vignetting makes. */
const STRAY_LIGHT = 0.25

/**
 * A bright or uneven sky. The Moon and gradients are a matter of score; only a sky so bright that it drowns
 * the frame (dawn) counts against it. Brightness is judged by noise, which no pedestal hides: the sky's
 * variance grows with its light.
 */
export function skyCauses({ background }: FrameMeasurement, comparison: Comparison): Cause[] {
  const causes: Cause[] = []
  const noiseRatio = comparison.quietRms > 0 ? background.rms / comparison.quietRms : 1
  const levelRatio = comparison.darkLevel > 0 ? background.level / comparison.darkLevel : 1
  const clear = comparison.clouds.transparency > 0.8
  const dawns = comparison.dawn > DAWN_GROWTH
  if (comparison.frames > 2 && clear && noiseRatio > (dawns ? 1.3 : 1.9))
    causes.push({
      kind: 'twilight',
      severity: dawns
        ? severityBetween(noiseRatio, 1.65, 2.2)
        : severityBetween(noiseRatio, 2.1, 2.7),
      evidence: { noiseRatio, skyRatio: levelRatio },
    })
  const uneven = unevenness(background.cells, background.rms)
  if (background.gradient > 0.15)
    causes.push({
      kind: 'gradient',
      // A smooth gradient costs score only; an edge in the sky is stray light or worse: look.
      severity:
        uneven > STRAY_LIGHT
          ? Math.min(0.95 * RUIN, severityBetween(uneven, STRAY_LIGHT, 3 * STRAY_LIGHT))
          : Math.min(0.9 * NOTICE, 0.3 * background.gradient),
      evidence: { gradient: background.gradient, unevenness: uneven, skyRatio: levelRatio },
    })
  return causes
}
