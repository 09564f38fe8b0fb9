import { describe, expect, it } from 'vitest'
import { clearSky } from '../../src/session/baseline.ts'
import { seeded } from './nights.ts'

const minute = 60_000

describe('clearSky', () => {
  it('follows a target that sets', () => {
    const random = seeded(1)
    const values = Array.from({ length: 40 }, (_, i) => 1 - 0.18 * (i / 39) ** 2 + 0.01 * random())
    const sky = clearSky(values.map((value, i) => ({ value, timeMs: i * minute })))
    for (const [i, value] of values.entries()) expect(value / sky[i]).toBeGreaterThan(0.95)
  })

  it('does not follow a cloud', () => {
    const values = Array.from({ length: 40 }, (_, i) => (i > 20 && i < 34 ? 0.5 : 1))
    const sky = clearSky(values.map((value, i) => ({ value, timeMs: i * minute })))
    expect(values[27] / sky[27]).toBeLessThan(0.55)
    expect(values[5] / sky[5]).toBeGreaterThan(0.95)
  })

  it('does not follow cloud that thickens to the end of the night', () => {
    const values = Array.from({ length: 40 }, (_, i) => (i < 25 ? 1 : 1 - (i - 25) * 0.05))
    const sky = clearSky(values.map((value, i) => ({ value, timeMs: i * minute })))
    expect(values[36] / sky[36]).toBeLessThan(0.65)
  })

  it('takes extinction from air masses where the headers have them', () => {
    const frames = [1, 1.5, 2, 2.5].map((airmass) => ({
      value: 10 ** (-0.08 * (airmass - 1)),
      airmass,
    }))
    const sky = clearSky(frames)
    for (const [i, { value }] of frames.entries()) expect(value / sky[i]).toBeCloseTo(1, 2)
  })

  it('knows nothing where nothing was seen', () => {
    expect(clearSky([{ value: Number.NaN }, { value: 0 }])).toEqual([Number.NaN, Number.NaN])
  })
})
