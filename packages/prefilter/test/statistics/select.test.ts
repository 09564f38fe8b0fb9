import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  median,
  medianAndMad,
  quantile,
  quantileInPlace,
  selectInPlace,
  sigmaClip,
  weightedMedian,
} from '../../src/statistics/robust.ts'

const numbers = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), {
  minLength: 1,
  maxLength: 60,
})

/** Linear interpolation between sorted values, straight from the definition. */
function quantileByDefinition(values: readonly number[], fraction: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const place = fraction * (sorted.length - 1)
  const lower = sorted[Math.floor(place)]!
  return lower + (sorted[Math.ceil(place)]! - lower) * (place - Math.floor(place))
}

describe('selection', () => {
  it('puts the wanted rank in its place, smaller before, larger after', () => {
    fc.assert(
      fc.property(numbers, fc.nat(), (values, seed) => {
        const rank = seed % values.length
        const array = Float32Array.from(values)
        const sorted = Float32Array.from(values).sort()
        expect(selectInPlace(array, rank)).toBe(sorted[rank])
        expect(array.subarray(0, rank).every((value) => value <= array[rank]!)).toBe(true)
        expect(array.subarray(rank).every((value) => value >= array[rank]!)).toBe(true)
        expect(array.sort()).toEqual(sorted)
      }),
    )
  })

  it('leaves values beyond the count alone', () => {
    const array = Float32Array.of(5, 1, 3, -9, -9)
    expect(selectInPlace(array, 1, 3)).toBe(3)
    expect(array.subarray(3)).toEqual(Float32Array.of(-9, -9))
  })
})

describe('quantiles', () => {
  it('agree with sorting', () => {
    fc.assert(
      fc.property(numbers, fc.double({ min: 0, max: 1, noNaN: true }), (values, fraction) => {
        const wanted = quantileByDefinition(values, fraction)
        const scale = Math.max(1, ...values.map(Math.abs))
        expect(Math.abs(quantile(values, fraction) - wanted)).toBeLessThanOrEqual(1e-9 * scale)
      }),
    )
  })

  it('clamp the share and know nothing of nothing', () => {
    expect(quantileInPlace(Float64Array.of(2, 1), 7)).toBe(2)
    expect(quantile([], 0.5)).toBeNaN()
    expect(median([Number.NaN])).toBeNaN()
  })

  it('take the middle, and the mean of two middles, without NaN', () => {
    expect(median([5, 1, Number.NaN, 3])).toBe(3)
    expect(median([4, 1, 2, 3])).toBe(2.5)
    expect(medianAndMad([1, 2, 3, 4, 100])).toEqual({ median: 3, mad: 1 })
  })
})

describe('the weighted median', () => {
  it('is the median of values repeated as often as they weigh', () => {
    const weighted = fc.array(
      fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 0, max: 5 })),
      {
        minLength: 1,
        maxLength: 20,
      },
    )
    fc.assert(
      fc.property(weighted, (pairs) => {
        const repeated = pairs.flatMap(([value, weight]) => new Array<number>(weight).fill(value))
        const found = weightedMedian(
          pairs.map(([value]) => value),
          pairs.map(([, weight]) => weight),
        )
        if (repeated.length === 0) expect(found).toBeNaN()
        else expect(found).toBe(median(repeated))
      }),
    )
  })
})

describe('sigma clipping', () => {
  it('leaves outliers out and counts what it kept', () => {
    const values = [...Array.from({ length: 99 }, (_, i) => (i % 9) - 4), 1000]
    const { mean, median: middle, std, count } = sigmaClip(values)
    expect({ mean, middle, count }).toEqual({ mean: 0, middle: 0, count: 99 })
    expect(std).toBeCloseTo(Math.sqrt(60 / 9), 10)
  })

  it('stops after the rounds allowed and at constants', () => {
    expect(sigmaClip([1, 1, 1, 50], { rounds: 0 }).count).toBe(4)
    expect(sigmaClip([3, 3, 3]).std).toBe(0)
  })

  it('shifts with the values', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -99, max: 99 }), { minLength: 1 }), (values) => {
        const moved = sigmaClip(values.map((value) => value + 500))
        const still = sigmaClip(values)
        expect(moved.count).toBe(still.count)
        expect(moved.median).toBe(still.median + 500)
      }),
    )
  })
})
