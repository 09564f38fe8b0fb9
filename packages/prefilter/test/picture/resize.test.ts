import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { resizeByAveraging, resizeByMaximum } from '../../src/picture/resize.ts'
import type { Plane } from '../../src/plane.ts'

const planes = fc
  .tuple(fc.integer({ min: 1, max: 13 }), fc.integer({ min: 1, max: 11 }))
  .chain(([width, height]) =>
    fc
      .array(
        fc.oneof(
          { weight: 9, arbitrary: fc.integer({ min: -99, max: 99 }) },
          fc.constant(Number.NaN),
        ),
        {
          minLength: width * height,
          maxLength: width * height,
        },
      )
      .map((values): Plane => ({ data: Float32Array.from(values), width, height })),
  )
const side = fc.integer({ min: 1, max: 9 })

/** Overlap of old pixel `i` with new pixel `k` along one axis. */
function overlap(i: number, k: number, size: number): number {
  return Math.max(0, Math.min(i + 1, (k + 1) * size) - Math.max(i, k * size))
}

function collect(plane: Plane, x: number, y: number, width: number, height: number) {
  const parts: { value: number; area: number }[] = []
  plane.data.forEach((value, i) => {
    const area =
      overlap(i % plane.width, x, plane.width / width) *
      overlap(Math.floor(i / plane.width), y, plane.height / height)
    if (area > 1e-9 && !Number.isNaN(value)) parts.push({ value, area })
  })
  return parts
}

describe('resizing, against its definition', () => {
  it('averages by covered area', () => {
    fc.assert(
      fc.property(planes, side, side, (plane, width, height) => {
        const resized = resizeByAveraging(plane, width, height)
        resized.data.forEach((value, i) => {
          const parts = collect(plane, i % width, Math.floor(i / width), width, height)
          const area = parts.reduce((sum, part) => sum + part.area, 0)
          const wanted = parts.reduce((sum, part) => sum + part.value * part.area, 0) / area
          if (parts.length === 0) expect(value).toBeNaN()
          else expect(value).toBeCloseTo(wanted, 3)
        })
      }),
    )
  })

  it('takes the brightest of the touched pixels', () => {
    fc.assert(
      fc.property(planes, side, side, (plane, width, height) => {
        const resized = resizeByMaximum(plane, width, height)
        resized.data.forEach((value, i) => {
          const parts = collect(plane, i % width, Math.floor(i / width), width, height)
          if (parts.length === 0) expect(value).toBeNaN()
          else expect(value).toBe(Math.max(...parts.map((part) => part.value)))
        })
      }),
    )
  })

  it('keeps the mean, a thin line, and the plane itself at its own size', () => {
    const data = Float32Array.from({ length: 60 * 45 }, (_, i) => (i % 61 === 0 ? 100 : i % 7))
    const plane = { data, width: 60, height: 45 }
    const mean = (values: Float32Array) =>
      values.reduce((sum, value) => sum + value, 0) / values.length
    expect(mean(resizeByAveraging(plane, 17, 8).data)).toBeCloseTo(mean(data), 3)
    expect(resizeByAveraging(plane, 60, 45).data).toEqual(data)
    expect(resizeByMaximum(plane, 60, 45).data).toEqual(data)
    const line = resizeByMaximum(plane, 15, 15)
    expect(line.data.filter((value) => value === 100).length).toBeGreaterThanOrEqual(15)
  })
})
