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
    const masked = same.reduce((sum, s) => sum + s.lengthPx * s.widthPx * 3, 0) / (width * height)
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

function boundingBox({ x0, y0, x1, y1 }: Streak) {
  return {
    x0: Math.floor(Math.min(x0, x1)),
    y0: Math.floor(Math.min(y0, y1)),
    x1: Math.ceil(Math.max(x0, x1)) + 1,
    y1: Math.ceil(Math.max(y0, y1)) + 1,
  }
}
