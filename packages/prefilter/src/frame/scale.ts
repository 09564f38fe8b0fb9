import type { Cause, FrameAssessment, Streak } from '../verdict/assessment.ts'

/**
 * An assessment in the pixels of a finer plane: lengths and positions times `factor`. For frames judged on a
 * reduced plane, such as the half-size luminance of a Bayer mosaic (`factor` 2). Pixel centres stay centres:
 * the middle of coarse pixel 0 is (factor - 1) / 2.
 */
export function scaleAssessment(assessment: FrameAssessment, factor: number): FrameAssessment {
  if (factor === 1) return assessment
  const { stars } = assessment
  return {
    ...assessment,
    causes: assessment.causes.map((cause) => scaleCause(cause, factor)),
    stars: { ...stars, fwhmPx: stars.fwhmPx * factor, hfrPx: stars.hfrPx * factor },
    streaks: assessment.streaks.map((streak) => scaleStreak(streak, factor)),
  }
}

export function scaleStreak(streak: Streak, factor: number): Streak {
  const place = (coordinate: number) => coordinate * factor + (factor - 1) / 2
  return {
    ...streak,
    x0: place(streak.x0),
    y0: place(streak.y0),
    x1: place(streak.x1),
    y1: place(streak.y1),
    lengthPx: streak.lengthPx * factor,
    widthPx: streak.widthPx * factor,
    sagittaPx: streak.sagittaPx * factor,
  }
}

function scaleCause(cause: Cause, factor: number): Cause {
  const evidence = Object.fromEntries(
    Object.entries(cause.evidence).map(([name, value]) => [
      name,
      name.endsWith('Px') ? value * factor : value,
    ]),
  )
  const { region } = cause
  if (!region) return { ...cause, evidence }
  const { x0, y0, x1, y1 } = region
  return {
    ...cause,
    evidence,
    region: { x0: x0 * factor, y0: y0 * factor, x1: x1 * factor, y1: y1 * factor },
  }
}
