import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chain, clipByNorm, scaleBy } from '../../src/train/gradients.ts'
import { arraysOf, readValues, type TorchValues } from './reference.ts'

const torch = readValues<TorchValues>('optimizers')

/** PyTorch adds up squares in float32, we in double. */
const SUM_ERROR = 1e-6

const normOf = (values: Iterable<Float32Array>) =>
  Math.sqrt([...values].flatMap((own) => [...own]).reduce((sum, each) => sum + each * each, 0))

describe('clipByNorm', () => {
  it.each(torch.clipped)('to $most as PyTorch', ({ most, gradients: wanted }) => {
    const gradients = arraysOf(torch.gradients[0])
    clipByNorm(most)(gradients)
    for (const [name, own] of gradients) {
      own.forEach((value, i) => {
        expect(Math.abs(value - wanted[name][i])).toBeLessThan(SUM_ERROR * Math.abs(value))
      })
    }
  })

  it('never leaves a longer gradient, nor turns it', () => {
    const numbers = fc.array(fc.float({ min: -100, max: 100, noNaN: true }), { maxLength: 9 })
    fc.assert(
      fc.property(
        numbers,
        numbers,
        fc.float({ min: Math.fround(0.01), max: 10, noNaN: true }),
        (a, b, most) => {
          const before = [...a, ...b].map(Math.fround)
          const gradients = new Map([
            ['a', Float32Array.from(a)],
            ['b', Float32Array.from(b)],
          ])
          clipByNorm(most)(gradients)
          const after = [...gradients.values()].flatMap((own) => [...own])
          expect(normOf(gradients.values())).toBeLessThanOrEqual(most * (1 + SUM_ERROR))
          const dot = after.reduce((sum, value, i) => sum + value * before[i], 0)
          const lengths = normOf([Float32Array.from(after)]) * normOf([Float32Array.from(before)])
          expect(dot).toBeGreaterThanOrEqual(lengths * (1 - 1e-4) - 1e-30)
        },
      ),
    )
  })

  it('names the gradient that is not finite', () => {
    const gradients = new Map([
      ['a', Float32Array.of(1)],
      ['b', Float32Array.of(1, Number.NaN)],
    ])
    expect(() => clipByNorm(1)(gradients)).toThrow('the gradient of b is not finite')
  })
})

describe('chain', () => {
  it('applies one after the other', () => {
    const gradients = new Map([['a', Float32Array.of(30, 40)]])
    chain(scaleBy(0.5), clipByNorm(5), scaleBy(2))(gradients)
    expect(gradients.get('a')?.[0]).toBeCloseTo(6, 5)
    expect(gradients.get('a')?.[1]).toBeCloseTo(8, 5)
  })
})
