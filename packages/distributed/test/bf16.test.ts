import fc from 'fast-check'
import { expect, it } from 'vitest'
import { roundToBf16 } from '../src/bf16.ts'

it.each([
  // Eight bits of mantissa, ties to even.
  [1, 1],
  [1 + 2 ** -8, 1],
  [1 + 3 * 2 ** -8, 1 + 2 ** -6],
  [1 + 2 ** -8 + 2 ** -20, 1 + 2 ** -7],
  [257, 256],
  [-0, -0],
  [3.4e38, Number.POSITIVE_INFINITY],
  [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
  [Number.NaN, Number.NaN],
])('%d becomes %d', (value, rounded) => {
  expect(roundToBf16(value)).toBe(rounded)
})

it('is as near as eight bits can be, and rounds once', () => {
  const value = fc.float({ noNaN: true, min: Math.fround(-1e30), max: Math.fround(1e30) })
  fc.assert(
    fc.property(value, (number) => {
      const rounded = roundToBf16(number)
      expect(Math.abs(rounded - number)).toBeLessThanOrEqual(Math.abs(number) * 2 ** -8 + 1e-38)
      expect(roundToBf16(rounded)).toBe(rounded)
    }),
  )
})
