import { describe, expect, it } from 'vitest'
import { affineOf, quantizeWeights } from '../../src/quantize/numbers.ts'
import { RangeObserver } from '../../src/quantize/observe.ts'
import { random } from '../../src/random.ts'
import { tensor } from '../../src/tensor.ts'

describe('quantizeWeights', () => {
  const weights = tensor([1.27, -0.5, 0.126, 0, -2.1, 4, 0.02, 1], [2, 2, 1, 2])

  it('rounds each output channel by its own scale, as by hand', () => {
    const options = { inputScale: 0.1, bits: 8 } as const
    const { weights: s8, scales, bias } = quantizeWeights(weights, Float32Array.of(1, -3), options)
    expect([...scales.data]).toEqual([Math.fround(1.27 / 127), Math.fround(4 / 127)])
    // 1.27 / 0.01, -0.5 / 0.01, 0.126 / 0.01; -2.1 / 0.0315, 4 / 0.0315, …
    expect([...s8.data]).toEqual([127, -50, 13, 0, -67, 127, 1, 32])
    expect(s8.dims).toEqual([2, 2, 1, 2])
    // 1 / (0.1 * 0.01) and -3 / (0.1 * 0.0315).
    expect([...bias.data]).toEqual([1000, Math.round(-3 / (0.1 * Math.fround(4 / 127)))])
  })

  it('keeps to 7 bits where asked', () => {
    const { weights: s8 } = quantizeWeights(weights, undefined, { inputScale: 1, bits: 7 })
    expect([...s8.data]).toEqual([63, -25, 6, 0, -33, 63, 0, 16])
  })

  it('keeps the bias of a channel without weights', () => {
    const dead = tensor([0, 0, 1e-12, 0], [2, 2, 1, 1])
    const { scales, bias } = quantizeWeights(dead, Float32Array.of(5, 5), {
      inputScale: 0.01,
      bits: 8,
    })
    for (const c of [0, 1]) expect(bias.data[c] * 0.01 * scales.data[c]).toBeCloseTo(5, 5)
    const nothing = quantizeWeights(dead, undefined, { inputScale: 0.01, bits: 8 })
    expect(nothing.scales.data[0]).toBe(1)
  })
})

describe('affineOf', () => {
  it('has one of its 256 levels on 0', () => {
    expect(affineOf({ low: 0, high: 2.55 })).toEqual({ scale: Math.fround(0.01), zero: 0 })
    expect(affineOf({ low: -1, high: 1.55 })).toEqual({ scale: Math.fround(0.01), zero: 100 })
    expect(affineOf({ low: 1, high: 2.55 })).toEqual({ scale: Math.fround(0.01), zero: 0 })
    expect(affineOf({ low: -2.55, high: -1 })).toEqual({ scale: Math.fround(0.01), zero: 255 })
    expect(affineOf({ low: 0, high: 0 })).toEqual({ scale: 1, zero: 0 })
  })
})

/** `count` normal numbers, and now and then one that is far out. */
function numbers({ count = 20_000, every = 5000, outlier = 60, fold = (x: number) => x } = {}) {
  const r = random(3)
  return Float32Array.from({ length: count }, (_, i) =>
    i % every === every - 1 ? outlier : fold(r.normal()),
  )
}

function observed(...pieces: Float32Array[]): RangeObserver {
  const observer = new RangeObserver('x')
  for (const piece of pieces) observer.add(piece)
  return observer
}

/** Mean squared error of rounding to u8 over a range. */
function roundingError(values: Float32Array, range: { low: number; high: number }): number {
  const { scale, zero } = affineOf(range)
  let sum = 0
  for (const value of values) {
    const level = Math.min(255, Math.max(0, Math.round(value / scale) + zero))
    sum += ((level - zero) * scale - value) ** 2
  }
  return sum / values.length
}

describe('RangeObserver', () => {
  it('sees the least and the greatest number, 0 among them', () => {
    expect(observed(Float32Array.of(1, 2), Float32Array.of(0.5, 7)).range('min-max')).toEqual({
      low: 0,
      high: 7,
    })
    expect(observed(Float32Array.of(-3, 2)).range('min-max')).toEqual({ low: -3, high: 2 })
    for (const method of ['min-max', 'entropy', { percentile: 99 }] as const) {
      expect(observed(new Float32Array(9)).range(method)).toEqual({ low: 0, high: 0 })
    }
  })

  it('leaves out a share of the greatest', () => {
    const steps = Float32Array.from({ length: 10_000 }, (_, i) => (i + 1) / 100)
    expect(observed(steps).range({ percentile: 99 }).high).toBeCloseTo(99, 1)
    expect(observed(steps).range({ percentile: 100 }).high).toBe(100)
    const both = Float32Array.from([...steps, ...steps.map((x) => -x)])
    const { low, high } = observed(both).range({ percentile: 90 })
    expect([low, high].map(Math.round)).toEqual([-90, 90])
  })

  it('does not care in what pieces the numbers come', () => {
    const all = numbers()
    const [first, rest] = [all.subarray(0, 100), all.subarray(100)]
    for (const method of ['entropy', { percentile: 99.9 }] as const) {
      expect(observed(first, rest).range(method)).toEqual(observed(all).range(method))
    }
  })

  it.each([
    ['on both sides of 0', (x: number) => x],
    ['behind a ReLU', Math.abs],
  ])('rounds better by entropy than by the whole range, with outliers, %s', (_, fold) => {
    const values = numbers({ fold })
    const observer = observed(values)
    const [entropy, all] = [observer.range('entropy'), observer.range('min-max')]
    expect(all.high).toBe(60)
    expect(entropy.high).toBeLessThan(20)
    expect(entropy.high).toBeGreaterThan(2)
    const bulk = values.filter((value) => value < 60)
    expect(roundingError(bulk, entropy)).toBeLessThan(roundingError(bulk, all) / 4)
  })

  it('refuses what is not finite', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => observed(Float32Array.of(1, value))).toThrow(
        'x is not finite on a calibration example',
      )
    }
  })
})
