import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fitRobustLine } from '../../src/statistics/line.ts'

describe('the robust line', () => {
  it('goes through points of a line though a quarter lies elsewhere', () => {
    const coefficient = fc.double({ min: -50, max: 50, noNaN: true })
    fc.assert(
      fc.property(
        coefficient,
        coefficient,
        fc.integer({ min: 8, max: 700 }),
        (slope, intercept, count) => {
          const x = Array.from({ length: count }, (_, i) => i)
          const y = x.map((value) => (value % 4 === 1 ? 1e4 : intercept + slope * value))
          const line = fitRobustLine(x, y)
          expect(line.slope).toBeCloseTo(slope, 5)
          expect(line.intercept).toBeCloseTo(intercept, 3)
        },
      ),
      { numRuns: 30 },
    )
  })

  it('leaves out what is not finite and falls back to a constant', () => {
    expect(fitRobustLine([0, 1, Number.NaN, 2], [1, 3, 9, 5])).toEqual({ slope: 2, intercept: 1 })
    expect(fitRobustLine([4, 4, 4], [1, 2, 30])).toEqual({ slope: 0, intercept: 2 })
    expect(fitRobustLine([], []).intercept).toBeNaN()
  })
})
