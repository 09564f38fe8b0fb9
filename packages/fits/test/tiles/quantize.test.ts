import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Dither, dequantize, ditherNumbers } from '../../src/tiles/quantize.ts'

const ZERO_MARK = -2147483646

/** FITS 4.0, equations of section 10.2, one pixel at a time. */
function byDefinition(
  values: Int32Array,
  scale: number,
  zero: number,
  blank: number,
  dither: Dither,
  tile: number,
): number[] {
  const random = ditherNumbers()
  let seed = tile % 10_000
  let next = Math.floor(random[seed]! * 500)
  return Array.from(values, (value) => {
    const offset = dither === 'NO_DITHER' ? 0.5 : random[next]!
    if (++next === 10_000) {
      seed = (seed + 1) % 10_000
      next = Math.floor(random[seed]! * 500)
    }
    if (value === blank) return Number.NaN
    if (dither === 'SUBTRACTIVE_DITHER_2' && value === ZERO_MARK) return 0
    return (value - offset + 0.5) * scale + zero
  })
}

describe('dequantize', () => {
  const value = fc.oneof(fc.integer(), fc.constantFrom(-(2 ** 31), ZERO_MARK, 0))
  const dither = fc.constantFrom<Dither>(
    'NO_DITHER',
    'SUBTRACTIVE_DITHER_1',
    'SUBTRACTIVE_DITHER_2',
  )

  it('follows the definition in both precisions', () => {
    fc.assert(
      fc.property(
        fc.array(value, { maxLength: 50, size: 'max' }),
        fc.double({ min: -10, max: 10, noNaN: true }),
        fc.double({ min: -1e5, max: 1e5, noNaN: true }),
        dither,
        fc.nat(30_000),
        (list, scale, zero, method, ditherTile) => {
          const values = Int32Array.from(list)
          const quantization = { scale, zero, blank: -(2 ** 31), dither: method, ditherTile }
          const wanted = byDefinition(values, scale, zero, -(2 ** 31), method, ditherTile)
          const double = dequantize(values, quantization, new Float64Array(values.length))
          expect(double).toEqual(Float64Array.from(wanted))
          const single = dequantize(values, quantization, new Float32Array(values.length))
          expect(single).toEqual(Float32Array.from(wanted))
        },
      ),
    )
  })

  it('goes on in the random numbers past their end, in bands', () => {
    const values = Int32Array.from({ length: 31_000 }, (_, i) => i)
    const quantization = {
      scale: 0.5,
      zero: 3,
      blank: -1,
      dither: 'SUBTRACTIVE_DITHER_1' as const,
      ditherTile: 9_998,
    }
    const got = dequantize(values, quantization, new Float64Array(values.length))
    expect(Array.from(got)).toEqual(byDefinition(values, 0.5, 3, -1, 'SUBTRACTIVE_DITHER_1', 9_998))
  })

  it('draws the numbers of appendix I, whose last seed is given there', () => {
    const numbers = ditherNumbers()
    expect(numbers).toHaveLength(10_000)
    expect(numbers[9999]).toBe(Math.fround(1_043_618_065 / 2_147_483_647))
  })
})
