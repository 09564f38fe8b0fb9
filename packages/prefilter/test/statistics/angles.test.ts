import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { axialDegrees, axialDistanceDeg, axialMean } from '../../src/statistics/angles.ts'

describe('angles of lines', () => {
  it('lie in 0..180 and turn around there', () => {
    expect([-10, 0, 179, 180, 350, -1e-18].map(axialDegrees)).toEqual([170, 0, 179, 0, 170, 0])
    expect(axialDistanceDeg(179, 1)).toBe(2)
    expect(axialDistanceDeg(10, 100)).toBe(90)
  })

  it('have a mean across the turn', () => {
    const { angleDeg, coherence } = axialMean([175, 5])
    expect(axialDistanceDeg(angleDeg, 0)).toBeLessThan(1e-9)
    expect(coherence).toBeCloseTo(Math.cos((10 * Math.PI) / 180), 10)
  })

  it('have none where they cancel out or nothing is', () => {
    expect(axialMean([0, 90]).coherence).toBeCloseTo(0, 10)
    expect(axialMean([])).toEqual({ angleDeg: 0, coherence: 0 })
    expect(axialMean([10, 20], [0, 0]).coherence).toBe(0)
  })

  it('turn with the lines, and weights count as repetition', () => {
    const angles = fc.array(fc.double({ min: 0, max: 180, noNaN: true }), {
      minLength: 2,
      maxLength: 12,
    })
    fc.assert(
      fc.property(angles, fc.double({ min: 0, max: 180, noNaN: true }), (anglesDeg, turn) => {
        const before = axialMean(anglesDeg)
        const after = axialMean(anglesDeg.map((angle) => angle + turn))
        expect(after.coherence).toBeCloseTo(before.coherence, 9)
        if (before.coherence > 1e-3) {
          expect(axialDistanceDeg(after.angleDeg, before.angleDeg + turn)).toBeLessThan(1e-6)
        }
        const twice = axialMean([...anglesDeg, anglesDeg[0]!])
        const weighted = axialMean(anglesDeg, [2, ...anglesDeg.slice(1).map(() => 1)])
        expect(weighted.coherence).toBeCloseTo(twice.coherence, 9)
      }),
    )
  })
})
