import { describe, expect, it } from 'vitest'
import { frameChannels } from '../../src/frame/channels.ts'
import { frameContext } from '../../src/frame/context.ts'
import { separateFrame } from '../../src/frame/layers.ts'
import { measureFrame, measurementVersion } from '../../src/frame/measure.ts'
import type { Plane } from '../../src/plane.ts'
import { assessFrames } from '../../src/verdict/assess.ts'
import { starField } from '../helpers/starField.ts'
import { seeded } from '../session/nights.ts'

const random = seeded(77)
const stars = Array.from({ length: 60 }, () => ({
  x: 12 + random() * 376,
  y: 12 + random() * 276,
  peak: 80 + 900 * random() ** 3,
  fwhmPx: 3,
}))
const field = { width: 400, height: 300, stars, seed: 5 }
const contextOf = (plane: Plane) => frameContext(() => undefined, plane)
const measure = (plane: Plane) => measureFrame(plane, contextOf(plane))
const filled = (width: number, height: number, value: number): Plane => ({
  data: new Float32Array(width * height).fill(value),
  width,
  height,
})
/** Adds a steady line of light with the stars' width. */
function withTrail(plane: Plane, peak: number): Plane {
  const data = plane.data.map((value, i) => {
    const x = i % plane.width
    const y = Math.floor(i / plane.width)
    const off = (y - 40 - 0.45 * x) / Math.hypot(1, 0.45)
    return value + peak * Math.exp(-(off * off) / 3.2)
  })
  return { ...plane, data }
}

describe('measureFrame', () => {
  it('measures sky, noise, stars and shapes of a clear frame', () => {
    const frame = measure(starField(field))
    expect(frame.version).toBe(measurementVersion)
    expect(frame.background.level).toBeCloseTo(1000, -1)
    expect(frame.background.rms).toBeGreaterThan(9.3)
    expect(frame.background.rms).toBeLessThan(10.7)
    expect(frame.stars.count).toBeGreaterThan(50)
    expect(frame.stars.count).toBeLessThan(66)
    expect(frame.stars.fwhmPx).toBeGreaterThan(2.8)
    expect(frame.stars.fwhmPx).toBeLessThan(3.25)
    expect(frame.streaks).toEqual([])
    expect(frame.catalog.x.length).toBeGreaterThan(45)
  })

  it('is plain data: it survives JSON unchanged, and comes out the same twice', () => {
    const plane = starField(field)
    const frame = measure(plane)
    expect(JSON.parse(JSON.stringify(frame))).toEqual(frame)
    expect(measure(plane)).toEqual(frame)
  })

  it('leaves the plane as it was and tells its steps', () => {
    const plane = starField(field)
    const before = plane.data.slice()
    const steps: string[] = []
    measureFrame(plane, contextOf(plane), { onStep: (step) => steps.push(step) })
    expect(plane.data).toEqual(before)
    expect(steps).toEqual(['background', 'stars', 'streaks'])
  })

  it('finds a trail and its place', () => {
    const [assessment] = assessFrames([measure(withTrail(starField(field), 30))])
    expect(assessment?.action).toBe('mask')
    const [streak] = assessment!.streaks
    expect(streak!.angleDeg).toBeCloseTo((Math.atan(0.45) * 180) / Math.PI, 0)
    expect(streak!.edgeToEdge).toBe(true)
  })

  it.each([
    ['a constant frame', filled(64, 64, 7)],
    ['a frame without numbers', filled(64, 64, Number.NaN)],
    ['a single pixel', filled(1, 1, 3)],
    ['a few pixels', { data: Float32Array.from({ length: 30 }, (_, i) => i), width: 6, height: 5 }],
  ])('takes %s for corrupt', (_, plane) => {
    const frame = measure(plane)
    expect(JSON.parse(JSON.stringify(frame))).toEqual(frame)
    expect(assessFrames([frame])[0]).toMatchObject({
      verdict: 'review',
      causes: [{ kind: 'corrupt' }],
    })
  })

  it('passes over pixels without numbers', () => {
    const plane = starField(field)
    plane.data.fill(Number.NaN, 0, 400 * 30)
    const frame = measure(plane)
    expect(frame.pixels.finiteShare).toBeCloseTo(0.9, 2)
    expect(frame.background.level).toBeCloseTo(1000, -1)
    expect(frame.streaks).toEqual([])
  })
})

describe('frameChannels', () => {
  const side = 64
  const channelsOf = (plane: Plane) => frameChannels(separateFrame(plane), { sizePx: side })

  it('gives three planes of numbers from 0 to 1', () => {
    const channels = channelsOf(starField(field))
    expect(channels).toHaveLength(3 * side * side)
    for (const value of channels) {
      expect(value).toBeGreaterThanOrEqual(0)
      expect(value).toBeLessThanOrEqual(1)
    }
  })

  it('keeps a thin trail in the second plane at any reduction, and the sky out of it', () => {
    const without = channelsOf(starField({ ...field, stars: [] }))
    const trailed = channelsOf(withTrail(starField({ ...field, stars: [] }), 80))
    const [x, y] = [32, Math.floor(((40 + 0.45 * 200) / 300) * side)]
    const at = side * side + y * side + x
    expect(trailed[at]).toBeGreaterThan(without[at]! + 0.15)
  })

  it('shows a gradient in the third plane', () => {
    const channels = channelsOf(starField({ ...field, slopeX: 2 }))
    const row = channels.subarray(2 * side * side + 30 * side, 2 * side * side + 31 * side)
    expect(row[side - 2]! - row[1]!).toBeGreaterThan(0.1)
  })
})
