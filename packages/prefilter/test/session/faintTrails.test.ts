import { describe, expect, it } from 'vitest'
import { frameContext } from '../../src/frame/context.ts'
import { measureFrame } from '../../src/frame/measure.ts'
import { findFaintTrails } from '../../src/session/faintTrails.ts'
import { findPoses } from '../../src/session/pose.ts'
import { readSketch, sketchFrame, sketchSigma } from '../../src/session/sketch.ts'
import { seededNormal, starField } from '../helpers/starField.ts'
import { field } from './nights.ts'

const width = 640
const height = 480
const sky = field(31, 90, width, height)

/** A dithered frame of the session; light of a trail 3 pixels wide across it where asked. */
function frame(i: number, peakSigma = 0) {
  const stars = sky.map(({ x, y, flux }) => ({
    x: x + 3 * i,
    y: y - 2 * i,
    peak: Math.min(3000, flux / 8),
    fwhmPx: 3,
  }))
  const plane = starField({ width, height, stars, seed: 50 + i })
  for (let x = 0; x < width; x++)
    for (let y = 0; y < height; y++) {
      const off = (y - 60 - 0.5 * x) / Math.hypot(1, 0.5)
      plane.data[y * width + x] += 10 * peakSigma * Math.exp(-(off * off) / 3.2)
    }
  return measureFrame(
    plane,
    frameContext(() => undefined, plane),
  )
}

describe('sketches', () => {
  it('keep noise at one sigma and come back from text', () => {
    const normal = seededNormal(4)
    const residual = {
      data: Float32Array.from({ length: 1500 * 900 }, normal),
      width: 1500,
      height: 900,
    }
    const sketch = sketchFrame(residual)
    expect(sketch).toMatchObject({ width: 512, height: 307 })
    const bytes = readSketch(sketch)
    const mean = bytes.reduce((sum, v) => sum + v, 0) / bytes.length
    const variance = bytes.reduce((sum, v) => sum + (v - mean) ** 2, 0) / bytes.length
    expect(Math.sqrt(variance) / sketchSigma).toBeGreaterThan(0.85)
    expect(Math.sqrt(variance) / sketchSigma).toBeLessThan(1.05)
  })
})

describe('findFaintTrails', () => {
  it('finds nothing in a session without trails', () => {
    const session = [0, 1, 2, 3, 4, 5].map((i) => frame(i))
    const { transforms } = findPoses(session)
    expect(transforms.every(Boolean)).toBe(true)
    expect(findFaintTrails(session, transforms).flat()).toEqual([])
  })

  it('finds a trail far below the noise of a pixel that the frame itself does not tell', () => {
    const session = [0, 1, 2, 3, 4, 5].map((i) => frame(i, i === 2 ? 0.35 : 0))
    const alone = session.map((measured) => ({ ...measured, streaks: [] }))
    const found = findFaintTrails(alone, findPoses(session).transforms)
    expect(found.map((trails) => trails.length)).toEqual([0, 0, 1, 0, 0, 0])
    const [trail] = found[2]!
    expect(trail!.angleDeg).toBeCloseTo((Math.atan(0.5) * 180) / Math.PI, -0.5)
    expect(trail!.pixelSnr).toBeGreaterThan(0.2)
    expect(trail!.pixelSnr).toBeLessThan(0.55)
    expect(Math.abs(trail!.y0 - 60 - 0.5 * trail!.x0)).toBeLessThan(5)
  })

  it('does not report what is known', () => {
    const session = [0, 1, 2, 3, 4].map((i) => frame(i, i === 2 ? 2 : 0))
    expect(session[2]!.streaks).toHaveLength(1)
    expect(findFaintTrails(session, findPoses(session).transforms).flat()).toEqual([])
  })

  it('needs neighbours', () => {
    const session = [0, 1].map((i) => frame(i, 0.3))
    expect(findFaintTrails(session, findPoses(session).transforms).flat()).toEqual([])
  })
})
