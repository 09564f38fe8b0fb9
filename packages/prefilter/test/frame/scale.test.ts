import { expect, it } from 'vitest'
import { scaleMeasurement } from '../../src/frame/scale.ts'
import { field, measurement } from '../session/nights.ts'

const streak = {
  x0: 0,
  y0: 10,
  x1: 99,
  y1: 20,
  lengthPx: 99.5,
  angleDeg: 6,
  widthPx: 2,
  snr: 30,
  pixelSnr: 2,
  brightness: 20,
  kind: 'satellite' as const,
  edgeToEdge: false,
  persistence: 1,
  sagittaPx: -1,
}

it('turns half-size pixels into detector pixels', () => {
  const half = measurement(field(1, 10), {
    context: { arcsecPerPx: 2 },
    streaks: [streak] as never,
    rejectedStreaks: [{ streak, reason: 'spike' }] as never,
  })
  const full = scaleMeasurement(half, 2)
  expect(full).toMatchObject({ width: 2000, height: 1600, context: { arcsecPerPx: 1 } })
  expect(full.stars.fwhmPx).toBe(6)
  expect(full.catalog.x[0]).toBeCloseTo(2 * half.catalog.x[0] + 0.5)
  expect(full.streaks[0]).toMatchObject({ x0: 0.5, y0: 20.5, x1: 198.5, widthPx: 4, sagittaPx: -2 })
  expect(full.rejectedStreaks[0]?.streak.lengthPx).toBe(199)
  expect(scaleMeasurement(half, 1)).toBe(half)
})
