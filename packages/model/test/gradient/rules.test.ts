import { describe, expect, it } from 'vitest'
import { gradientRules } from '../../src/gradient/rules.ts'
import { elementwiseCases } from './cases/elementwise.ts'
import { layoutCases } from './cases/layout.ts'
import { sumCases } from './cases/sums.ts'
import { windowCases } from './cases/windows.ts'
import { worstError } from './check.ts'

const cases = [...elementwiseCases, ...layoutCases, ...sumCases, ...windowCases]

// What is left of float32 rounding after it was divided by the step.
const TOLERANCE = 3e-4

describe('a gradient equals finite differences', () => {
  it('of every operator that has a rule', () => {
    const checked = new Set(cases.map(({ op }) => op))
    expect(Object.keys(gradientRules).filter((op) => !checked.has(op))).toEqual([])
  })

  for (const tested of cases) {
    it(`${tested.op}: ${tested.says}`, async () => {
      const { error, ops } = await worstError(tested)
      expect(ops).toContain(tested.op)
      expect(error).toBeLessThan(TOLERANCE)
    })
  }
})
