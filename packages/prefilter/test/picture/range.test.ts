import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toBytes } from '../../src/picture/bytes.ts'
import {
  autoStretch,
  minMaxRange,
  percentileRange,
  sigmaClipRange,
  transferMidtones,
} from '../../src/picture/range.ts'
import { scatterStars, starField } from '../helpers/starField.ts'

const ramp = { data: Float32Array.from({ length: 1001 }, (_, i) => i), width: 1001, height: 1 }
const nothing = { data: new Float32Array(9).fill(Number.NaN), width: 3, height: 3 }
const field = { width: 256, height: 200, level: 500, noise: 8 }
const sky = starField({
  ...field,
  stars: scatterStars(60, { ...field, seed: 3 }, (uniform) => ({
    peak: 4000 * uniform(),
    fwhmPx: 3,
  })),
})

describe('ranges', () => {
  it('run from the lowest to the highest finite value', () => {
    const odd = { ...ramp, data: Float32Array.of(Number.NaN, 3, -2, Infinity, -Infinity) }
    expect(minMaxRange(odd)).toEqual({ low: -2, high: 3 })
    expect(minMaxRange(ramp)).toEqual({ low: 0, high: 1000 })
  })

  it('leave out percents', () => {
    expect(percentileRange(ramp)).toEqual({ low: 5, high: 995 })
    expect(percentileRange(ramp, { low: 10, high: 90 })).toEqual({ low: 100, high: 900 })
  })

  it('span the clipped sky', () => {
    const { low, high } = sigmaClipRange(sky)
    expect(Math.abs(low - (500 - 3 * 8))).toBeLessThan(4)
    expect(Math.abs(high - (500 + 10 * 8))).toBeLessThan(12)
  })

  it('are empty for planes without numbers', () => {
    for (const range of [minMaxRange, percentileRange, sigmaClipRange, autoStretch]) {
      expect(range(nothing)).toMatchObject({ low: 0, high: 0 })
    }
  })
})

describe('the midtones transfer function', () => {
  it('runs from 0 over the midtones at one half to 1, rising', () => {
    const share = fc.double({ min: 0.001, max: 0.999, noNaN: true })
    fc.assert(
      fc.property(share, share, share, (m, a, b) => {
        expect([transferMidtones(0, m), transferMidtones(1, m)]).toEqual([0, 1])
        expect(transferMidtones(m, m)).toBeCloseTo(0.5, 9)
        const [low, high] = [Math.min(a, b), Math.max(a, b)]
        expect(transferMidtones(low, m)).toBeLessThanOrEqual(transferMidtones(high, m) + 1e-12)
      }),
    )
  })
})

describe('the automatic stretch', () => {
  it.each([0.1, 0.25, 0.5])('brings the sky to %d', (targetBackground) => {
    const bytes = toBytes(sky, autoStretch(sky, { targetBackground }))
    const middle = [...bytes].sort((a, b) => a - b)[bytes.length >> 1]!
    expect(Math.abs(middle / 255 - targetBackground)).toBeLessThan(0.02)
  })

  it('looks the same at any scale and offset', () => {
    const scaled = { ...sky, data: sky.data.map((value) => value / 1024 + 3) }
    const [a, b] = [toBytes(sky, autoStretch(sky)), toBytes(scaled, autoStretch(scaled))]
    expect(a.every((value, i) => Math.abs(value - b[i]!) <= 1)).toBe(true)
  })

  it('copes with constant planes', () => {
    const flat = { data: new Float32Array(50).fill(3), width: 10, height: 5 }
    expect(toBytes(flat, autoStretch(flat)).every((value) => value === 0)).toBe(true)
  })
})

describe('bytes', () => {
  it('are the transfer function rounded, value by value', () => {
    const values = fc.array(fc.float({ min: -20, max: 120, noNaN: true }), {
      minLength: 1,
      maxLength: 40,
    })
    fc.assert(
      fc.property(values, fc.double({ min: 0.05, max: 0.95, noNaN: true }), (data, midtones) => {
        const plane = { data: Float32Array.from(data), width: data.length, height: 1 }
        const bytes = toBytes(plane, { low: 10, high: 90, midtones })
        data.forEach((value, i) => {
          const wanted = 255 * transferMidtones((value - 10) / 80, midtones)
          expect(Math.abs(bytes[i]! - wanted)).toBeLessThanOrEqual(0.501)
        })
      }),
    )
  })

  it('show NaN as black, infinity as white, and a range without extent as a step', () => {
    const data = Float32Array.of(Number.NaN, Infinity, -Infinity, 4, 5, 6)
    const plane = { data, width: 6, height: 1 }
    expect([...toBytes(plane, { low: 0, high: 10 })]).toEqual([0, 255, 0, 102, 128, 153])
    expect([...toBytes(plane, { low: 5, high: 5 })]).toEqual([0, 255, 0, 0, 0, 255])
  })
})
