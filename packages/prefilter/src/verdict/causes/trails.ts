import type { FrameMeasurement } from '../../frame/measurement.ts'
import type { Cause, CauseKind, Streak, StreakKind } from '../assessment.ts'

const causeOf: Record<StreakKind, CauseKind> = {
  satellite: 'satellite',
  airplane: 'airplane',
  meteor: 'meteor',
  unknown: 'streak',
}

/** One cause for each kind of trail, with its strongest example's numbers. */
export function trailCauses({ streaks, width, height }: FrameMeasurement): Cause[] {
  const kinds = [...new Set(streaks.map(({ kind }) => kind))]
  return kinds.map((kind) => {
    const same = streaks.filter((streak) => streak.kind === kind)
    const strongest = same.reduce((a, b) => (b.snr > a.snr ? b : a))
    const masked = maskedShare({ streaks: same, width, height })
    return {
      kind: causeOf[kind],
      severity: Math.min(1, 0.1 + 0.04 * strongest.pixelSnr + 4 * masked),
      evidence: {
        trails: same.length,
        lengthPx: strongest.lengthPx,
        widthPx: strongest.widthPx,
        angleDeg: strongest.angleDeg,
        snr: strongest.snr,
        pixelSnr: strongest.pixelSnr,
      },
      region: boundingBox(strongest),
    }
  })
}

/** Share of the frame that masking its trails costs: three widths along each. */
export function maskedShare({
  streaks,
  width,
  height,
}: Pick<FrameMeasurement, 'streaks' | 'width' | 'height'>): number {
  const area = streaks.reduce((sum, { lengthPx, widthPx }) => sum + 3 * lengthPx * widthPx, 0)
  return Math.min(1, area / (width * height))
}

/** Whether a cause is a trail, which is masked and does not spoil the frame. */
export function isTrail({ kind }: Cause): boolean {
  return Object.values(causeOf).includes(kind)
}

function boundingBox({ x0, y0, x1, y1 }: Streak) {
  return {
    x0: Math.floor(Math.min(x0, x1)),
    y0: Math.floor(Math.min(y0, y1)),
    x1: Math.ceil(Math.max(x0, x1)) + 1,
    y1: Math.ceil(Math.max(y0, y1)) + 1,
  }
}
