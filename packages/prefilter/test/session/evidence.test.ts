import { describe, expect, it } from 'vitest'
import { frameEvidence } from '../../src/session/evidence.ts'
import { dimmed, field, measurement } from './nights.ts'

const stars = field(3)
const usual = (i: number) =>
  measurement(stars, { context: { sessionKey: 'M 31', kind: 'light', timeMs: i * 60_000 } })
const night = (last: ReturnType<typeof measurement>) => [
  ...Array.from({ length: 9 }, (_, i) => usual(i)),
  last,
]

/** The last frame's numbers by name. */
function named(frames: readonly ReturnType<typeof measurement>[]): Record<string, number> {
  const { names, frames: vectors } = frameEvidence(frames)
  return Object.fromEntries(names.map((name, k) => [name, vectors.at(-1)![k]!]))
}

const streak = {
  ...{ x0: 0, y0: 100, x1: 999, y1: 500, lengthPx: 1076, angleDeg: 22, widthPx: 3, snr: 60 },
  ...{ pixelSnr: 2, brightness: 20, kind: 'satellite' as const, edgeToEdge: true },
  ...{ persistence: 1, sagittaPx: 0 },
}

describe('frameEvidence', () => {
  it('is near zero for a usual frame', () => {
    const { session, elongation, elongationCoherence, gradient, hotPixels, ...rest } = named(
      night(usual(9)),
    )
    expect(session).toBe(1)
    expect(elongation).toBeLessThan(0.1)
    expect(elongationCoherence).toBe(0.1)
    expect(gradient).toBe(0.02)
    expect(hotPixels).toBeLessThan(0.1)
    for (const [name, value] of Object.entries(rest)) expect(value, name).toBeCloseTo(0, 2)
  })

  it('tells a wider, a veiled and a trailed frame by their own numbers', () => {
    const wide = named(night(measurement(stars, { stars: { fwhmPx: 4.5 } })))
    expect(wide.fwhm).toBeCloseTo(Math.log2(1.5), 2)
    const veiled = named(night(measurement(dimmed(stars, () => 0.6))))
    expect(veiled.lightLoss).toBeCloseTo(-Math.log(0.6), 1)
    const trailed = named(night({ ...usual(9), streaks: [streak] }))
    expect(trailed.trailSnr).toBeCloseTo(Math.log1p(60) / Math.log1p(1000), 6)
    expect(trailed.trails).toBe(0.5)
  })

  it('is zero for a lone frame where a session would be needed', () => {
    const lone = named([measurement(stars, { stars: { fwhmPx: 9 }, background: { level: 9000 } })])
    for (const name of ['session', 'fwhm', 'stars', 'lightLoss', 'skyLevel', 'noise', 'dawn'])
      expect(lone[name], name).toBe(0)
  })

  it('stays within -1..1 for frames that hold nothing or too much', () => {
    const empty = measurement([], {
      stars: { count: 0, measured: 0, fwhmPx: 0, eccentricity: 0 },
      background: { level: Number.NaN, rms: 0, gradient: 70 },
      pixels: { saturatedShare: 1, hotPixels: 800_000 },
    })
    for (const value of frameEvidence(night(empty)).frames.flat())
      expect(Math.abs(value)).toBeLessThanOrEqual(1)
  })

  it('names its numbers also for no frames', () => {
    const { names, frames } = frameEvidence([])
    expect(frames).toEqual([])
    expect(names).toContain('session')
    expect(new Set(names).size).toBe(names.length)
  })
})
