import fc from 'fast-check'
import { expect, it } from 'vitest'
import { unevenness } from '../../src/clouds/surface.ts'

const map = (value: (x: number, y: number) => number) => ({
  columns: 16,
  rows: 12,
  values: Array.from({ length: 192 }, (_, i) => value(i % 16, Math.floor(i / 16))),
})
const coefficient = fc.double({ min: -1, max: 1, noNaN: true })

it('is nothing for any second-degree surface', () => {
  fc.assert(
    fc.property(
      fc.tuple(coefficient, coefficient, coefficient, coefficient, coefficient),
      ([a, b, c, d, e]) => {
        const sky = map((x, y) => 1000 + a * x + b * y + c * x * x + d * x * y + e * y * y)
        expect(unevenness(sky, 10)).toBeLessThan(1e-6)
      },
    ),
  )
})

it('is large for an edge of stray light', () => {
  const edge = map((x, y) => ((x - 8) ** 2 + y ** 2 < 49 ? 2000 : 1000))
  expect(unevenness(edge, 10)).toBeGreaterThan(0.5)
})

it('does not take what a background subtraction left for light', () => {
  expect(
    unevenness(
      map((x) => (x > 8 ? 0.3 : 0)),
      1,
    ),
  ).toBeLessThan(0.05)
})

it('says nothing of too few cells or no light', () => {
  expect(unevenness({ columns: 1, rows: 1, values: [5] }, 1)).toBe(0)
  expect(
    unevenness(
      map(() => 0),
      0,
    ),
  ).toBe(0)
})
