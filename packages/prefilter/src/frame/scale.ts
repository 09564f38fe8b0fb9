import type { Streak } from '../verdict/assessment.ts'
import type { FrameMeasurement } from './measurement.ts'

/**
 * A measurement in the pixels of a finer plane: lengths and positions times `factor`. For frames measured on
 * a reduced plane, such as the half-size luminance of a Bayer mosaic (`factor` 2), so that users read
 * detector pixels. Pixel centres stay centres: the middle of coarse pixel 0 is (factor - 1) / 2.
 */
export function scaleMeasurement(measurement: FrameMeasurement, factor: number): FrameMeasurement {
  if (factor === 1) return measurement
  const { context, stars, catalog } = measurement
  const place = (coordinate: number) => coordinate * factor + (factor - 1) / 2
  const { arcsecPerPx } = context
  return {
    ...measurement,
    width: measurement.width * factor,
    height: measurement.height * factor,
    context: arcsecPerPx ? { ...context, arcsecPerPx: arcsecPerPx / factor } : context,
    stars: {
      ...stars,
      fwhmPx: stars.fwhmPx * factor,
      hfrPx: stars.hfrPx * factor,
      fwhmZonesPx: stars.fwhmZonesPx.map((zone) => (zone === null ? null : zone * factor)),
    },
    catalog: { ...catalog, x: catalog.x.map(place), y: catalog.y.map(place) },
    streaks: measurement.streaks.map((streak) => scaleStreak(streak, factor)),
    rejectedStreaks: measurement.rejectedStreaks.map(({ streak, reason }) => ({
      streak: scaleStreak(streak, factor),
      reason,
    })),
  }
}

function scaleStreak(streak: Streak, factor: number): Streak {
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
