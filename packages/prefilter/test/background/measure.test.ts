import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { measureBackground } from '../../src/background/measure.ts'
import { findQuantum } from '../../src/background/quantum.ts'
import { normaliseByNoise } from '../../src/background/smooth.ts'
import type { Plane } from '../../src/plane.ts'
import { scatterStars, seededNormal, starField } from '../helpers/starField.ts'

function moments(values: Float32Array): { mean: number; std: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
  return { mean, std: Math.sqrt(square) }
}

function constant(width: number, height: number, value: number): Plane {
  return { data: new Float32Array(width * height).fill(value), width, height }
}

describe('the background of pure noise', () => {
  it.each([
    { what: 'reals', whole: false, noise: 10 },
    { what: 'fine integers', whole: true, noise: 300 },
    { what: 'integers', whole: true, noise: 3 },
    { what: 'integers coarser than their noise', whole: true, noise: 0.4 },
  ])('leaves a residual of mean 0 and deviation 1 for $what', ({ whole, noise }) => {
    const plane = starField({ width: 900, height: 800, noise, whole, level: 1000.3 })
    const { mean, std } = moments(normaliseByNoise(plane, measureBackground(plane)).data)
    expect(Math.abs(mean)).toBeLessThan(0.01)
    expect(Math.abs(std - 1)).toBeLessThan(0.01)
  })

  it('follows a slope to the very border', () => {
    const plane = starField({ width: 500, height: 300, noise: 5, slopeX: 0.03 })
    const { data } = normaliseByNoise(plane, measureBackground(plane))
    const edge = new Float32Array(300)
    for (let y = 0; y < 300; y++) edge[y] = data[y * 500 + 499]!
    expect(Math.abs(moments(edge).mean)).toBeLessThan(0.15)
    expect(Math.abs(moments(data).std - 1)).toBeLessThan(0.02)
  })
})

describe('the background under stars', () => {
  const field = { width: 512, height: 512, seed: 4, noise: 8, level: 700 }
  const stars = scatterStars(400, { ...field, seed: 9 }, (uniform) => ({
    peak: 30 / (uniform() + 0.002),
    fwhmPx: 3,
    beta: 3,
  }))
  const model = measureBackground(starField({ ...field, stars }))

  it('is the sky, not the stars', () => {
    expect(model.globalLevel).toBeGreaterThan(699)
    expect(model.globalLevel).toBeLessThan(704)
    expect(model.globalRms / 8).toBeLessThan(1.12)
  })

  it('moves and scales with the pixels', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -500, max: 500 }),
        fc.constantFrom(0.25, 2, 8),
        (offset, scale) => {
          const plane = starField({ ...field, stars })
          const moved = { ...plane, data: plane.data.map((value) => value * scale + offset) }
          const other = measureBackground(moved)
          expect(other.globalLevel).toBeCloseTo(model.globalLevel * scale + offset, 0)
          expect(other.globalRms / scale).toBeCloseTo(model.globalRms, 1)
        },
      ),
      { numRuns: 5 },
    )
  })
})

describe('unusual frames', () => {
  it.each([
    [1, 1],
    [1, 40],
    [3, 2],
    [700, 5],
    [16, 16],
  ])('of %d x %d pixels have a background', (width, height) => {
    const plane = starField({ width, height, level: 50, noise: 2 })
    const model = measureBackground(plane)
    expect(model.level).toHaveLength(model.columns * model.rows)
    expect([...model.level, ...model.rms].every(Number.isFinite)).toBe(true)
    expect(normaliseByNoise(plane, model).data.every(Number.isFinite)).toBe(true)
  })

  it('that are constant have no noise and an empty residual', () => {
    const plane = constant(90, 70, 4321)
    const model = measureBackground(plane)
    expect([model.globalLevel, model.globalRms]).toEqual([4321, 0])
    expect(normaliseByNoise(plane, model).data.every((value) => value === 0)).toBe(true)
  })

  it('without noise, but with stars, have a floor of noise', () => {
    const stars = [{ x: 60, y: 60, peak: 5000, fwhmPx: 3 }]
    const reals = starField({
      width: 200,
      height: 200,
      noise: 0,
      level: 1000.5,
      whole: false,
      stars,
    })
    const model = measureBackground(reals)
    expect(model.globalLevel).toBe(1000.5)
    expect(model.globalRms).toBeCloseTo(0.5, 1)
    expect(
      measureBackground(starField({ width: 200, height: 200, noise: 0, stars })).globalRms,
    ).toBeCloseTo(0.289, 3)
  })

  it('that hold nothing but NaN come out empty', () => {
    const plane = constant(50, 50, Number.NaN)
    const model = measureBackground(plane)
    expect([model.globalLevel, model.globalRms]).toEqual([0, 0])
    expect(normaliseByNoise(plane, model).data.every((value) => value === 0)).toBe(true)
  })

  it('with missing pixels are filled from their neighbours', () => {
    const plane = starField({ width: 400, height: 400, noise: 5 })
    for (let y = 100; y < 300; y++) plane.data.fill(Number.NaN, y * 400 + 100, y * 400 + 300)
    plane.data[7] = Number.POSITIVE_INFINITY
    const model = measureBackground(plane)
    expect(model.level.every((value) => Math.abs(value - 1000) < 1)).toBe(true)
    const { data } = normaliseByNoise(plane, model)
    expect(data[7]).toBe(0)
    expect(data[200 * 400 + 200]).toBe(0)
  })

  it('with an empty border do not let it into the sky', () => {
    const plane = starField({ width: 512, height: 384, noise: 5 })
    for (let y = 0; y < 384; y++) plane.data.fill(0, y * 512, y * 512 + 170)
    const model = measureBackground(plane)
    expect(model.blank).toBe(0)
    const { data } = normaliseByNoise(plane, model)
    expect(data[100 * 512 + 20]).toBe(0)
    const beside = Float32Array.from({ length: 384 }, (_, y) => data[y * 512 + 171]!)
    expect(Math.abs(moments(beside).mean)).toBeLessThan(0.3)
  })

  it('can be measured in cells of a wanted size', () => {
    const plane = starField({ width: 300, height: 200 })
    expect(measureBackground(plane, { cellPx: 100 })).toMatchObject({
      cellPx: 100,
      columns: 3,
      rows: 2,
    })
    expect(measureBackground(plane)).toMatchObject({ cellPx: 50, columns: 6, rows: 4 })
  })
})

describe('the step between pixel values', () => {
  const normal = seededNormal(5)
  const noise = Float32Array.from({ length: 9000 }, () => 2000 + 40 * normal())
  const plane = (data: Float32Array) => ({ data, width: data.length, height: 1 })

  it.each([1, 16, 0.25, 1 / 65535])('of %d is found', (step) => {
    const stepped = plane(noise.map((value) => Math.round(value) * step))
    expect(findQuantum(stepped) / step).toBeCloseTo(1, 3)
  })

  it('is none for reals and for too few of them', () => {
    expect(findQuantum(plane(noise))).toBe(0)
    expect(findQuantum(plane(Float32Array.of(0.5, 0.7)))).toBe(0)
    expect(findQuantum(plane(Float32Array.of(5, 7)))).toBe(1)
    expect(findQuantum(plane(new Float32Array(100).fill(0.3)))).toBe(0)
  })
})
