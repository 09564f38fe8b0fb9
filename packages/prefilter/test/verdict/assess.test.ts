import { describe, expect, it } from 'vitest'
import type { FrameMeasurement } from '../../src/frame/measurement.ts'
import { assessFrames } from '../../src/verdict/assess.ts'
import type { FrameAssessment } from '../../src/verdict/assessment.ts'
import { explainCause } from '../../src/verdict/explain.ts'
import { dimmed, field, measurement, type Star } from '../session/nights.ts'

const stars = field(7, 220)
const clear = (count: number) =>
  Array.from({ length: count }, (_, i) =>
    measurement(
      stars.map((s) => ({ ...s, x: s.x + (i % 3), y: s.y - (i % 2) })),
      { context: { timeMs: i * 60_000 } },
    ),
  )
const kinds = ({ causes }: FrameAssessment) => causes.map(({ kind }) => kind)
/** Judges one odd frame at the end of eleven clear ones. */
const beside = (odd: FrameMeasurement) => assessFrames([...clear(11), odd]).at(-1)!
const odd = (sky: readonly Star[], changes: Parameters<typeof measurement>[1] = {}) =>
  beside(measurement(sky, { ...changes, context: { timeMs: 11 * 60_000 } }))

describe('a clear session', () => {
  it('is kept whole', () => {
    for (const frame of assessFrames(clear(12))) {
      expect(frame).toMatchObject({ verdict: 'clean', action: 'keep', causes: [] })
      expect(frame.score).toBeGreaterThan(0.9)
      expect(frame.clouds.transparency).toBeCloseTo(1, 2)
    }
  })

  it('is not blamed for the rising Moon', () => {
    const night = clear(12).map((frame, i) => ({
      ...frame,
      background: {
        ...frame.background,
        level: 1000 + 180 * i,
        rms: 10 * Math.sqrt(1 + 0.18 * i),
        gradient: 0.04 * i,
      },
    }))
    const last = assessFrames(night).at(-1)!
    for (const frame of assessFrames(night)) expect(frame.verdict).toBe('clean')
    expect(kinds(last)).toEqual(['gradient'])
    expect(last.score).toBeLessThan(0.9)
  })

  it('ends with dawn', () => {
    const night = clear(12).map((frame, i) => ({
      ...frame,
      background: {
        ...frame.background,
        level: 1000 + 1.6 ** i * 30,
        rms: 10 * Math.sqrt(1 + 0.03 * 1.6 ** i),
      },
    }))
    expect(kinds(assessFrames(night).at(-1)!)).toContain('twilight')
    expect(kinds(assessFrames([...night].reverse())[0]!)).toContain('twilight')
    expect(assessFrames(night)[6]!.verdict).toBe('clean')
  })
})

describe('clouds', () => {
  it('are seen as a veil over the whole frame', () => {
    const frame = odd(dimmed(stars, () => 0.6))
    expect(frame).toMatchObject({ verdict: 'contaminated', action: 'reject' })
    expect(kinds(frame)).toContain('cloud')
    expect(frame.clouds.transparency).toBeCloseTo(0.6, 1)
  })

  it('are seen where they are when they cover a part', () => {
    const frame = odd(dimmed(stars, ({ x, y }) => (x < 450 && y < 500 ? 0.35 : 1)))
    expect(kinds(frame)).toContain('cloud')
    expect(frame.clouds.coverage).toBeGreaterThan(0.12)
    expect(frame.clouds.coverage).toBeLessThan(0.5)
    const { region } = frame.causes.find(({ kind }) => kind === 'cloud')!
    expect(region!.x0).toBe(0)
    expect(region!.x1).toBeLessThan(700)
  })

  it('that leave no star to match count as full cover', () => {
    const frame = odd(stars.slice(0, 2).map((s) => ({ ...s, flux: 210 })))
    expect(frame.action).toBe('reject')
    expect(frame.clouds.transparency).toBeLessThan(0.3)
  })

  it('of doubtful thickness ask for a look', () => {
    expect(odd(dimmed(stars, () => 0.84))).toMatchObject({ verdict: 'review', action: 'review' })
  })

  it('with bloated stars are haze', () => {
    const frame = odd(
      dimmed(stars, () => 0.72),
      { stars: { fwhmPx: 3.5 } },
    )
    expect(kinds(frame)).toContain('haze')
  })

  it('are told from a roof', () => {
    const frame = odd(dimmed(stars, ({ y }) => (y > 520 ? 0 : 1)))
    expect(kinds(frame)).toContain('occlusion')
    expect(frame.action).toBe('reject')
  })
})

describe('focus and tracking', () => {
  it('wide stars are out of focus', () => {
    const frame = odd(stars, { stars: { fwhmPx: 4.5 } })
    expect(frame.action).toBe('reject')
    expect(kinds(frame)).toEqual(['defocus'])
  })

  it('stars that vanish under an unchanged sky are far out of focus; under a brighter one they are clouded', () => {
    const gone = { stars: { measured: 0, fwhmPx: 0 } }
    expect(kinds(odd([], gone))).toContain('defocus')
    expect(kinds(odd([], gone))).not.toContain('cloud')
    expect(kinds(odd([], { ...gone, background: { level: 1500, rms: 13 } }))).not.toContain(
      'defocus',
    )
  })

  it('rings are out of focus even alone', () => {
    const lone = assessFrames([measurement(stars, { stars: { fwhmPx: 12, ring: 0.6 } })])[0]
    expect(kinds(lone)).toEqual(['defocus'])
  })

  it('a common elongation is a tracking error, also alone', () => {
    const drawn = { eccentricity: 0.72, elongationCoherence: 0.95 }
    expect(kinds(odd(stars, { stars: drawn }))).toEqual(['tracking'])
    expect(kinds(assessFrames([measurement(stars, { stars: drawn })])[0])).toEqual(['tracking'])
  })

  it('blurred as well it is wind', () => {
    const shaken = { eccentricity: 0.7, elongationCoherence: 0.9, fwhmPx: 4.6 }
    expect(kinds(odd(stars, { stars: shaken }))).toContain('wind')
  })

  it('elongation without a common direction is not the mount', () => {
    expect(odd(stars, { stars: { eccentricity: 0.7, elongationCoherence: 0.1 } }).verdict).toBe(
      'clean',
    )
  })
})

describe('other causes', () => {
  const streak = {
    x0: 0,
    y0: 100,
    x1: 999,
    y1: 300,
    lengthPx: 1019,
    angleDeg: 11,
    widthPx: 3,
    snr: 60,
    pixelSnr: 2,
    brightness: 20,
    kind: 'satellite' as const,
    edgeToEdge: true,
    persistence: 1,
    sagittaPx: 0,
  }

  it('a trail is masked and the frame kept', () => {
    const frame = odd(stars, { streaks: [streak] as never })
    expect(frame).toMatchObject({ verdict: 'contaminated', action: 'mask' })
    expect(frame.causes[0]).toMatchObject({ kind: 'satellite', evidence: { trails: 1 } })
    expect(frame.causes[0]?.region).toEqual({ x0: 0, y0: 100, x1: 1000, y1: 301 })
  })

  it('a trail under cloud does not save the frame', () => {
    const frame = odd(
      dimmed(stars, () => 0.5),
      { streaks: [streak] as never },
    )
    expect(frame.action).toBe('reject')
  })

  it('a sky that drowns the frame is twilight', () => {
    expect(kinds(odd(stars, { background: { level: 9000, rms: 30 } }))).toContain('twilight')
  })

  it('no stars in a session that has them rejects, alone it asks', () => {
    const empty = measurement([], { stars: { measured: 0, fwhmPx: 0 } })
    expect(beside(empty).action).toBe('reject')
    expect(assessFrames([empty])[0]).toMatchObject({ verdict: 'review' })
  })

  it('constant, empty and tiny frames are looked at', () => {
    const constant = measurement(stars, { pixels: { minimum: 5, maximum: 5 } })
    const empty = measurement(stars, { pixels: { finiteShare: 0 } })
    for (const frame of assessFrames([constant, empty])) {
      expect(frame).toMatchObject({ verdict: 'review', action: 'review', score: 0 })
      expect(kinds(frame)).toEqual(['corrupt'])
    }
  })

  it('calibration frames are named as such and judged by nobody', () => {
    const dark = measurement([], { context: { kind: 'dark' } })
    const [frame] = assessFrames([dark])
    expect(frame?.verdict).toBe('review')
    expect(explainCause(frame!.causes[0]!)).toBe('A dark frame, not a picture of the sky')
  })

  it('saturation and hot pixels are told', () => {
    const frame = odd(stars, { pixels: { saturatedShare: 0.2, hotPixels: 8000 } })
    expect(kinds(frame)).toEqual(['saturation', 'hot-pixels'])
  })
})

it('explains every cause in one sentence without a hole', () => {
  const all = [
    odd(stars, { streaks: [] }),
    odd(dimmed(stars, () => 0.4)),
    odd(stars, { stars: { fwhmPx: 5 } }),
    odd(stars, { stars: { eccentricity: 0.75, elongationCoherence: 1 } }),
    odd(stars, { background: { level: 9000, rms: 40, gradient: 0.8 } }),
    odd(stars, { pixels: { saturatedShare: 0.3, hotPixels: 9000 } }),
  ].flatMap(({ causes }) => causes.map(explainCause))
  expect(all.length).toBeGreaterThan(5)
  for (const sentence of all) expect(sentence).not.toMatch(/undefined|NaN/)
})

it('judges sessions apart', () => {
  const bright = clear(6)
  const faint = Array.from({ length: 6 }, () =>
    measurement(
      dimmed(stars, () => 0.3),
      { context: { sessionKey: 'M 31 | narrow band' } },
    ),
  )
  for (const frame of assessFrames([...bright, ...faint])) expect(frame.verdict).toBe('clean')
})
