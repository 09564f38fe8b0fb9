import type { FrameMeasurement } from '../../frame/measurement.ts'
import type { Comparison } from '../../session/compare.ts'
import type { Cause } from '../assessment.ts'
import { NOTICE, severityBetween } from '../severity.ts'

/** Fewer stars than this, or fewer bright enough to measure, leave nothing to judge by. */
const FEWEST = 3

const calibration = { light: 0, bias: 1, dark: 2, flat: 3 } as const

/** What the pixels themselves say: nothing recorded, too much light, a sick detector, no star at all. */
export function pixelCauses(frame: FrameMeasurement, comparison: Comparison): Cause[] {
  const { pixels, width, height } = frame
  if (isCorrupt(frame))
    return [
      {
        kind: 'corrupt',
        severity: 1,
        evidence: {
          finiteShare: pixels.finiteShare,
          minimum: pixels.minimum,
          maximum: pixels.maximum,
          pixels: width * height,
        },
      },
    ]
  const hotShare = pixels.hotPixels / (width * height)
  return [
    ...starless(frame, comparison),
    ...(pixels.saturatedShare > 0.005
      ? [
          {
            kind: 'saturation' as const,
            severity: severityBetween(pixels.saturatedShare, 0.05, 0.15),
            evidence: { saturatedShare: pixels.saturatedShare },
          },
        ]
      : []),
    ...(hotShare > 0.002
      ? [
          {
            kind: 'hot-pixels' as const,
            severity: Math.min(0.9 * NOTICE, 20 * hotShare),
            evidence: { hotPixels: pixels.hotPixels, hotShare },
          },
        ]
      : []),
  ]
}

/** Nothing that could be a picture: no numbers, one number, or next to no pixels. */
export function isCorrupt({ pixels, width, height }: FrameMeasurement): boolean {
  return pixels.finiteShare < 0.5 || pixels.minimum === pixels.maximum || width * height < 64
}

function starless(frame: FrameMeasurement, comparison: Comparison): Cause[] {
  const { stars, context } = frame
  const calibrationFrame = calibration[context.kind]
  if (calibrationFrame === 0 && stars.count >= FEWEST && stars.measured >= FEWEST) return []
  const expected = comparison.frames > 2 && comparison.usualStars >= 15
  return [
    {
      kind: 'no-stars',
      severity: calibrationFrame === 0 && expected ? 0.8 : 0.4,
      evidence: {
        stars: stars.count,
        measured: stars.measured,
        ...(calibrationFrame > 0 ? { calibrationFrame } : {}),
        ...(comparison.frames > 1 ? { sessionStars: comparison.usualStars } : {}),
      },
    },
  ]
}
