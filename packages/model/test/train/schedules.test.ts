import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { constant, cosine, oneCycle, type Schedule, warmUp } from '../../src/train/schedules.ts'
import { readValues, type TorchValues } from './reference.ts'

const torch = readValues<TorchValues>('optimizers')

const cases: Readonly<Record<string, Schedule>> = {
  cosine: cosine({ peak: 0.3, steps: 12, floor: 0.01 }),
  oneCycle: oneCycle({ peak: 0.4, steps: 20 }),
  oneCycleOther: oneCycle({ peak: 0.4, steps: 17, rise: 0.25, startDivisor: 10, endDivisor: 100 }),
  warmCosine: warmUp(5, cosine({ peak: 0.2, steps: 10 })),
}

describe('schedules', () => {
  it('are tried on every schedule PyTorch made', () => {
    expect(Object.keys(cases)).toEqual(Object.keys(torch.schedules))
  })

  // PyTorch multiplies its way from rate to rate, which costs it some last digits.
  it.each(Object.keys(cases))('%s is PyTorch’s at every step', (name) => {
    torch.schedules[name].forEach((rate, step) => {
      expect(Math.abs(cases[name](step) - rate)).toBeLessThan(1e-12)
    })
  })

  it('keep their last rate', () => {
    expect(cases.cosine(12)).toBe(0.01)
    expect(cases.cosine(1000)).toBe(0.01)
    expect(cases.oneCycle(1000)).toBeCloseTo(0.4 / 25 / 1e4, 12)
    expect(constant(0.1)(1e9)).toBe(0.1)
  })

  it('warm up from above zero, without a jump', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 50 }),
        (warm, steps) => {
          const schedule = warmUp(warm, cosine({ peak: 1, steps }))
          const rates = Array.from({ length: warm + 1 }, (_, step) => schedule(step))
          expect(rates[0]).toBeCloseTo(1 / (warm + 1), 12)
          rates.slice(1).forEach((rate, i) => {
            expect(rate - rates[i]).toBeCloseTo(1 / (warm + 1), 12)
          })
        },
      ),
    )
  })

  it('stay finite and within their bounds for any lengths', () => {
    const setting = fc.record({
      steps: fc.integer({ min: 1, max: 60 }),
      rise: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    fc.assert(
      fc.property(setting, fc.nat(100), (options, step) => {
        const rate = oneCycle({ peak: 1, ...options })(step)
        expect(rate).toBeGreaterThanOrEqual(1 / 25e4 - 1e-12)
        expect(rate).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('refuse no steps', () => {
    expect(() => cosine({ peak: 1, steps: 0 })).toThrow('cosine: 0 steps, wanted 1 or more')
  })
})
