import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { atan2, clamp, cos, exp, log, pow, radians, sin, smoothstep } from '../src/math.ts'

/** Units in the last place that our functions may differ from the platform's, which are good to about one. */
const ulps = 4 * Number.EPSILON

describe('elementary functions', () => {
  it('agrees with Math.exp over its whole range', () => {
    fc.assert(
      fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (x) => {
        expect(Math.abs(exp(x) / Math.exp(x) - 1)).toBeLessThan(ulps)
      }),
    )
    expect([exp(0), exp(-800), exp(800), exp(Number.NEGATIVE_INFINITY)]).toEqual([
      1,
      0,
      Infinity,
      0,
    ])
    expect(exp(Number.NaN)).toBeNaN()
    expect(exp(-740) / Math.exp(-740)).toBeCloseTo(1, 2)
  })

  it('agrees with Math.log, and undoes exp', () => {
    fc.assert(
      fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (x) => {
        const y = Math.exp(x)
        expect(Math.abs(log(y) - Math.log(y))).toBeLessThanOrEqual(ulps * Math.max(1, Math.abs(x)))
        expect(Math.abs(log(exp(x)) - x)).toBeLessThanOrEqual(ulps * Math.max(1, Math.abs(x)))
      }),
    )
    expect([log(0), log(1), log(Number.POSITIVE_INFINITY)]).toEqual([-Infinity, 0, Infinity])
    expect(log(-1)).toBeNaN()
    expect(log(5e-324)).toBeCloseTo(Math.log(5e-324), 9)
  })

  it('agrees with Math.sin, Math.cos and Math.atan2', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e5, max: 1e5, noNaN: true }), (x) => {
        expect(Math.abs(sin(x) - Math.sin(x))).toBeLessThan(1e-15)
        expect(Math.abs(cos(x) - Math.cos(x))).toBeLessThan(1e-15)
        expect(Math.abs(atan2(x, 3) - Math.atan2(x, 3))).toBeLessThan(4e-15)
        // Zero has no sign here, so the cut along -x is not the platform's.
        if (x !== 0) expect(Math.abs(atan2(x, -3) - Math.atan2(x, -3))).toBeLessThan(4e-15)
      }),
    )
    expect(atan2(0, 0)).toBe(0)
  })

  it('raises to powers', () => {
    expect(pow(2, 10)).toBeCloseTo(1024, 10)
    expect([pow(0, 2), pow(0, 0)]).toEqual([0, 1])
    fc.assert(
      fc.property(
        fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
        fc.double({ min: -9, max: 9, noNaN: true }),
        (x, y) => {
          expect(Math.abs(pow(x, y) / x ** y - 1)).toBeLessThan(1e-13)
        },
      ),
    )
  })

  it('clamps, smooths and turns degrees into radians', () => {
    expect([clamp(-1, 0, 2), clamp(1, 0, 2), clamp(5, 0, 2)]).toEqual([0, 1, 2])
    expect([smoothstep(1, 3, 0), smoothstep(1, 3, 2), smoothstep(1, 3, 9)]).toEqual([0, 0.5, 1])
    expect(radians(180)).toBe(Math.PI)
  })
})
