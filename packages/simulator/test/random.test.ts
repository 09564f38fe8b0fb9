import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fractalNoise } from '../src/fractal.ts'
import { inverseNormal, normalFromBits } from '../src/normal.ts'
import { deriveSeed, randomStream, scramble } from '../src/random.ts'
import { statistics } from './helpers.ts'

const draws = 20_000

/** Deviation of a mean that chance exceeds once in a million. */
function luck(sigma: number, count = draws): number {
  return (5 * sigma) / Math.sqrt(count)
}

describe('randomStream', () => {
  it('repeats for the same seed and purpose, and for no other', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.string(), (seed, purpose) => {
        const numbers = (s: number, p: string) => {
          const random = randomStream(s, p)
          return [random.bits(), random.bits(), random.bits()]
        }
        expect(numbers(seed, purpose)).toEqual(numbers(seed, purpose))
        expect(numbers(seed, purpose)).not.toEqual(numbers(seed, `${purpose}!`))
        expect(numbers(seed, purpose)).not.toEqual(numbers(seed === 0 ? 1 : -seed, purpose))
      }),
    )
  })

  it('pins its first numbers', () => {
    const random = randomStream(1, 'stars')
    expect([random.bits(), random.bits(), deriveSeed(1, 'stars')]).toMatchInlineSnapshot(`
      [
        1796108266,
        1295091737,
        603995095,
      ]
    `)
  })

  it('draws from the distributions it names', () => {
    const random = randomStream(3, 'test')
    const mean = (draw: () => number) => statistics(Array.from({ length: draws }, draw)).mean
    expect(Math.abs(mean(random.uniform) - 0.5)).toBeLessThan(luck(0.29))
    expect(Math.abs(mean(() => random.range(2, 4)) - 3)).toBeLessThan(luck(0.58))
    expect(Math.abs(mean(() => Math.log(random.logRange(1, Math.E ** 2))) - 1)).toBeLessThan(
      luck(0.58),
    )
    expect(Math.abs(mean(() => random.integer(5)) - 2)).toBeLessThan(luck(1.5))
    expect(Math.abs(mean(() => (random.chance(0.3) ? 1 : 0)) - 0.3)).toBeLessThan(luck(0.46))
    expect(Math.abs(mean(random.exponential) - 1)).toBeLessThan(luck(1))
    expect(['a', 'b']).toContain(random.pick(['a', 'b']))
    for (const lambda of [0.4, 7, 29, 31, 400]) {
      const { mean: m, variance } = statistics(
        Array.from({ length: draws }, () => random.poisson(lambda)),
      )
      expect(Math.abs(m - lambda)).toBeLessThan(luck(Math.sqrt(lambda)))
      expect(variance / lambda).toBeCloseTo(1, 1)
    }
  })

  it('scrambles one to one', () => {
    expect(new Set(Array.from({ length: 5000 }, (_, i) => scramble(i))).size).toBe(5000)
  })
})

describe('normal deviates', () => {
  it('knows quantiles (values from scipy.stats.norm.ppf)', () => {
    expect(inverseNormal(0.5)).toBe(0)
    expect(inverseNormal(0.975)).toBeCloseTo(1.959963984540054, 14)
    expect(inverseNormal(1e-10)).toBeCloseTo(-6.361340902404056, 13)
    expect(inverseNormal(1e-20)).toBeCloseTo(-9.26234008979841, 12)
  })

  it('makes them from bits with the moments of a normal, out to five sigma', () => {
    const count = 1 << 18
    const values = Float64Array.from({ length: count }, (_, i) =>
      normalFromBits((i * 16384 + 8192) >>> 0),
    )
    const { mean, variance } = statistics(values)
    expect(mean).toBeCloseTo(0, 10)
    expect(variance).toBeCloseTo(1, 3)
    expect(values.reduce((sum, v) => sum + v ** 4, 0) / count).toBeCloseTo(3, 1)
    expect(normalFromBits(0)).toBeLessThan(-6)
    expect(normalFromBits(0xffffffff)).toBeGreaterThan(6)
  })
})

describe('fractalNoise', () => {
  it.each([false, true])('has mean 0 and deviation 1 (ridged: %s)', (ridged) => {
    const random = randomStream(1, 'places')
    const values = Array.from({ length: draws }, (_, i) =>
      fractalNoise(
        { seed: i >> 6, octaves: 5, persistence: 0.5, ridged },
        random.range(0, 99),
        random.range(0, 99),
        0.3,
      ),
    )
    const { mean, variance } = statistics(values)
    expect(Math.abs(mean)).toBeLessThan(0.12)
    expect(Math.sqrt(variance)).toBeGreaterThan(0.85)
    expect(Math.sqrt(variance)).toBeLessThan(1.15)
  })

  it('is smooth', () => {
    const noise = { seed: 5, octaves: 4, persistence: 0.5 }
    fc.assert(
      fc.property(fc.double({ min: -50, max: 50, noNaN: true }), (x) => {
        expect(Math.abs(fractalNoise(noise, x, 2) - fractalNoise(noise, x + 1e-6, 2))).toBeLessThan(
          1e-3,
        )
      }),
    )
  })
})
