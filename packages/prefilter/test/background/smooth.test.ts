import { describe, expect, it } from 'vitest'
import { backgroundGradient } from '../../src/background/gradient.ts'
import { measureBackground } from '../../src/background/measure.ts'
import { fillMissing, medianFilter } from '../../src/background/mesh.ts'
import type { BackgroundModel } from '../../src/background/model.ts'
import { backgroundAt, backgroundPlane, normaliseByNoise } from '../../src/background/smooth.ts'
import { starField } from '../helpers/starField.ts'

function model(
  columns: number,
  rows: number,
  at: (column: number, row: number) => number,
): BackgroundModel {
  const level = Float32Array.from({ length: columns * rows }, (_, i) =>
    at(i % columns, Math.floor(i / columns)),
  )
  return {
    width: columns * 20 + 7,
    height: rows * 20 - 6,
    cellPx: 20,
    columns,
    rows,
    level,
    rms: level.map((_, i) => 1 + (i % 3)),
    globalLevel: 0,
    globalRms: 2,
  }
}

describe('interpolation', () => {
  const bumpy = model(5, 4, (column, row) => 100 + ((column * 7 + row * 13) % 11))
  const plane = backgroundPlane(bumpy)

  it('passes through the cell centres', () => {
    for (let i = 0; i < bumpy.level.length; i++) {
      const [x, y] = [(i % 5) * 20 + 9.5, Math.floor(i / 5) * 20 + 9.5]
      expect(backgroundAt(bumpy, x, y).level).toBeCloseTo(bumpy.level[i]!, 4)
      expect(backgroundAt(bumpy, x, y).rms).toBeCloseTo(bumpy.rms[i]!, 5)
    }
  })

  it('is the same for a place, a plane and the residual', () => {
    const sky = starField({ width: bumpy.width, height: bumpy.height, level: 110 })
    const residual = normaliseByNoise(sky, bumpy)
    for (let y = 0; y < bumpy.height; y += 3) {
      for (let x = 0; x < bumpy.width; x += 5) {
        const i = y * bumpy.width + x
        const { level, rms } = backgroundAt(bumpy, x, y)
        expect(plane.data[i]).toBeCloseTo(level, 3)
        expect(residual.data[i]).toBeCloseTo((sky.data[i]! - level) / rms, 3)
      }
    }
  })

  it('has no jumps', () => {
    let steepest = 0
    for (let i = 1; i < plane.width; i++) {
      steepest = Math.max(steepest, Math.abs(plane.data[i]! - plane.data[i - 1]!))
    }
    expect(steepest).toBeLessThan(1.5)
  })

  it('keeps straight slopes straight, beyond the outermost centres too', () => {
    const slope = model(6, 5, (column, row) => 3 * column - 2 * row)
    const at = (x: number, y: number) => backgroundAt(slope, x, y).level
    expect(at(0, 0)).toBeCloseTo((3 * -9.5 + 2 * 9.5) / 20, 4)
    expect(at(slope.width - 1, 0) - at(slope.width - 2, 0)).toBeCloseTo(3 / 20, 4)
  })

  it('works with a single cell', () => {
    const single = model(1, 1, () => 42)
    expect(backgroundAt(single, 0, 0).level).toBeCloseTo(42, 10)
    expect(backgroundAt(single, 0, 0).rms).toBe(1)
    expect(backgroundPlane(single).data.every((value) => Math.abs(value - 42) < 1e-4)).toBe(true)
  })
})

describe('the residual', () => {
  it('can be written into a given array, even the plane itself', () => {
    const plane = starField({ width: 130, height: 90 })
    const sky = measureBackground(plane)
    const fresh = normaliseByNoise(plane, sky)
    const into = new Float32Array(plane.data.length)
    expect(normaliseByNoise(plane, sky, into).data).toBe(into)
    expect(into).toEqual(fresh.data)
    const itself = normaliseByNoise(plane, sky, plane.data)
    expect(itself.data).toBe(plane.data)
    expect(plane.data).toEqual(fresh.data)
  })
})

describe('the mesh', () => {
  it('loses a single outlier to the median and keeps a slope', () => {
    const values = Float32Array.from({ length: 35 }, (_, i) => (i % 7) * 10)
    const spoiled = Float32Array.from(values)
    spoiled[17] = 5000
    const mesh = { columns: 7, rows: 5 }
    expect(medianFilter({ values, ...mesh }, true)).toEqual(values)
    expect(
      Math.abs(medianFilter({ values: spoiled, ...mesh }, true)[17]! - 30),
    ).toBeLessThanOrEqual(10)
  })

  it('fills holes, and stays empty where nothing is known', () => {
    const hole = Float32Array.of(1, Number.NaN, 3, 1, Number.NaN, 3)
    expect(fillMissing({ values: hole, columns: 3, rows: 2 })).toEqual(
      Float32Array.of(1, 2, 3, 1, 2, 3),
    )
    const nothing = new Float32Array(4).fill(Number.NaN)
    expect(fillMissing({ values: nothing, columns: 2, rows: 2 }).every(Number.isNaN)).toBe(true)
  })
})

describe('the gradient', () => {
  it.each([
    [0.5, 0, 0],
    [-0.5, 0, 180],
    [0, 0.5, 90],
    [0, -0.5, 270],
  ])('of slopes %d, %d points to %d degrees', (slopeX, slopeY, wanted) => {
    const plane = starField({ width: 512, height: 512, slopeX, noise: 4, level: 2000 })
    for (let i = 0; i < plane.data.length; i++) plane.data[i]! += slopeY * Math.floor(i / 512)
    const { amplitude, share, directionDeg } = backgroundGradient(measureBackground(plane))
    expect(Math.abs(directionDeg - wanted)).toBeLessThan(2)
    expect(amplitude).toBeGreaterThan(0.5 * 380)
    expect(amplitude).toBeLessThan(0.5 * 512)
    expect(share).toBeCloseTo(amplitude / (2000 + 256 * (slopeX + slopeY)), 1)
  })

  it('of an even sky is next to nothing', () => {
    const { share } = backgroundGradient(measureBackground(starField({ width: 400, height: 300 })))
    expect(share).toBeLessThan(0.002)
    expect(backgroundGradient(model(1, 1, () => 0))).toEqual({
      amplitude: 0,
      share: 0,
      directionDeg: 0,
    })
  })
})
