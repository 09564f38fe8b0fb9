import type { FrameMeasurement } from '../frame/measurement.ts'
import { quantile } from '../statistics/robust.ts'

/** Frames over which growth is measured. */
const STEP = 3
/** Shares of the session that count as its beginning and its end. */
const END = 0.3

/**
 * How fast the sky brightens towards the end of the night (or faded at its beginning): light above the darkest
 * sky against that of three frames further into the night. Twilight doubles within minutes and goes on doubling;
 * the Moon's light grows by even steps.
 */
export function brightening(session: readonly FrameMeasurement[]): number[] {
  const order = session
    .map((_, i) => i)
    .sort((a, b) => (session[a].context.timeMs ?? a) - (session[b].context.timeMs ?? b))
  const levels = order.map((i) => session[i].background.level)
  const rms = quantile(
    session.map(({ background }) => background.rms),
    0.25,
  )
  // The noise of a level is tiny; an excess below a tenth of the pixel noise is not worth a ratio.
  const dark = quantile(levels, 0.05) - 0.1 * rms
  const excess = levels.map((level) => Math.max(level - dark, 0.1 * rms))
  const growth = session.map(() => 1)
  order.forEach((i, at) => {
    const left = order.length - 1 - at
    const toEnd = left < END * order.length && at >= STEP
    const toStart = at < END * order.length && left >= STEP
    if (toEnd) growth[i] = excess[at] / excess[at - STEP]
    else if (toStart) growth[i] = excess[at] / excess[at + STEP]
  })
  return growth
}
