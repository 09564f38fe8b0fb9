import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fillRow, makeGridMap, meanOf, quantileOf, valueAt } from '../src/gridMap.ts'

const sizes = fc.record({
  width: fc.integer({ min: 16, max: 90 }),
  height: fc.integer({ min: 16, max: 90 }),
})

it('reproduces a plane exactly, row by row and at single places', () => {
  fc.assert(
    fc.property(sizes, fc.constantFrom(8, 16, 32), (size, cell) => {
      const map = makeGridMap(size, cell, (x, y) => 2 * x - 3 * y + 1)
      const row = new Float32Array(size.width)
      for (const y of [0, 7, size.height - 1]) {
        fillRow(map, y, row)
        row.forEach((value, x) => {
          expect(value).toBeCloseTo(2 * x - 3 * y + 1, 2)
          expect(valueAt(map, x, y)).toBeCloseTo(2 * x - 3 * y + 1, 2)
        })
      }
    }),
  )
})

it('knows its mean and quantiles', () => {
  const map = makeGridMap({ width: 33, height: 33 }, 8, (x) => x)
  expect(meanOf(map)).toBe(16)
  expect([quantileOf(map, 0), quantileOf(map, 0.5), quantileOf(map, 1)]).toEqual([0, 16, 32])
})
