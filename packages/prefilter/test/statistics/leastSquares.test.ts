import fc from 'fast-check'
import { expect, it } from 'vitest'
import { leastSquares } from '../../src/statistics/leastSquares.ts'

const number = fc.double({ min: -10, max: 10, noNaN: true })
const xs = Array.from({ length: 9 }, (_, i) => i / 8)
const basis = xs.map((x) => [1, x, x * x])

it('recovers the parabola that made the values, whatever the weights', () => {
  fc.assert(
    fc.property(
      number,
      number,
      number,
      fc.array(fc.double({ min: 0.1, max: 5, noNaN: true }), { minLength: 9, maxLength: 9 }),
      (a, b, c, weights) => {
        const found = leastSquares(
          basis,
          xs.map((x) => a + b * x + c * x * x),
          weights,
        )
        for (const [i, wanted] of [a, b, c].entries()) expect(found[i]).toBeCloseTo(wanted, 5)
      },
    ),
  )
})

it('passes over values without weight', () => {
  const values = xs.map((x, i) => (i === 4 ? 1000 : 2 * x))
  const found = leastSquares(
    basis,
    values,
    xs.map((_, i) => (i === 4 ? 0 : 1)),
  )
  expect(found[1]).toBeCloseTo(2, 6)
})

it('gives a term that says nothing new no part', () => {
  const found = leastSquares(
    xs.map((x) => [1, x, x]),
    xs.map((x) => 3 * x),
  )
  expect(found).toEqual([expect.closeTo(0, 6), expect.closeTo(3, 6), 0])
})

it('makes nothing of nothing', () => expect(leastSquares([], [])).toEqual([]))
