import type { PixelData, Scaling } from '@nebulift/fits'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bytesToFloat,
  bytesToValues,
  flipInPlace,
  valuesToBytes,
  valuesToFloat,
} from '../../src/image/convert.ts'
import { nativeType, storedType, typeOf } from '../../src/image/stored.ts'
import { bigEndian } from '../helpers.ts'

/** Values of every stored type, the ends of its range among them. */
const stored = fc.oneof(
  fc.uint8Array({ max: 255, maxLength: 90, size: 'max' }),
  fc.int16Array({ maxLength: 90, size: 'max' }),
  fc.int32Array({ maxLength: 90, size: 'max' }),
  fc.bigInt64Array({ maxLength: 90, size: 'max' }),
  fc.float32Array({ maxLength: 90, size: 'max' }),
  fc.float64Array({ maxLength: 90, size: 'max' }),
) as fc.Arbitrary<PixelData>

const number = fc.double({ noNaN: true, min: -1e6, max: 1e6 })

/** physical = BZERO + BSCALE * stored, from the definition, one pixel at a time. */
function physicalByDefinition(values: PixelData, { bscale, bzero, blank }: Scaling): Float32Array {
  const float = values instanceof Float32Array || values instanceof Float64Array
  return Float32Array.from(values as Int16Array, (value: number | bigint) => {
    if (!float && blank !== undefined && BigInt(value) === BigInt(blank)) return Number.NaN
    // Unsigned 64-bit integers: in integers, since doubles have 53 bits.
    if (typeof value === 'bigint' && bscale === 1 && bzero === 2 ** 63) {
      return Number(value + 2n ** 63n)
    }
    if (float && bscale === 1 && bzero === 0) return Number(value)
    return Number(value) * bscale + bzero
  })
}

const bits = (values: Float32Array) => Array.from(new Int32Array(values.slice().buffer))

/** Bits, all NaN counted as one: their payload is not promised. */
function comparable(values: Float32Array): number[] {
  return bits(values.map((value) => (Number.isNaN(value) ? Number.NaN : value)))
}

describe('stored values to physical floats', () => {
  const scaling = fc.record({
    bscale: fc.oneof(fc.constant(1), number),
    bzero: fc.oneof(fc.constantFrom(0, 32768, 2 ** 31, 2 ** 63), number),
  })

  it('follow the definition for every BITPIX, scaling and BLANK', () => {
    fc.assert(
      fc.property(stored, scaling, fc.nat(), (values, scale, pick) => {
        const type = typeOf(values)!
        const float = type.bitpix < 0
        const marked = !float && values.length > 0 && pick % 3 > 0
        const blank = marked ? values[pick % values.length] : undefined
        const whole = { ...scale, blank }
        const wanted = comparable(physicalByDefinition(values, whole))
        const fromBytes = new Float32Array(values.length + 5)
        bytesToFloat(bigEndian(values), type, whole, fromBytes, 3)
        expect(comparable(fromBytes.subarray(3, 3 + values.length))).toEqual(wanted)
        expect([...fromBytes.subarray(0, 3), ...fromBytes.subarray(-2)]).toEqual([0, 0, 0, 0, 0])
        const fromValues = new Float32Array(values.length)
        valuesToFloat(values, type, whole, fromValues, 0)
        expect(comparable(fromValues)).toEqual(wanted)
      }),
      { numRuns: 400 },
    )
  })

  it('work over several bands', () => {
    const values = Int32Array.from({ length: 50_000 }, (_, i) => i * 40_009 - 1e9)
    const scale = { bscale: 0.25, bzero: -7, blank: values[20_000] }
    const got = new Float32Array(values.length)
    bytesToFloat(bigEndian(values), storedType(32), scale, got, 0)
    expect(got).toEqual(physicalByDefinition(values, scale))
    expect(got[20_000]).toBeNaN()
  })

  it('pass over a BLANK that the type cannot hold', () => {
    const got = new Float32Array(1)
    const type = storedType(16)
    valuesToFloat(Int16Array.of(5), type, { bscale: 1, bzero: 0, blank: 2 ** 40 }, got, 0)
    expect(got[0]).toBe(5)
  })
})

describe('bytes and values', () => {
  const every = fc.oneof(
    stored,
    fc.int8Array({ maxLength: 90, size: 'max' }),
    fc.uint16Array({ maxLength: 90, size: 'max' }),
    fc.uint32Array({ maxLength: 90, size: 'max' }),
    fc.bigUint64Array({ maxLength: 90, size: 'max' }),
  ) as fc.Arbitrary<PixelData>

  it('turn into each other without loss, as a DataView reads them', () => {
    fc.assert(
      fc.property(every, (values) => {
        const type = typeOf(values)!
        const bytes = valuesToBytes(values, type)
        const back = type.make(values.length)
        bytesToValues(bytes, type, back, 0)
        expect(new Uint8Array(back.buffer)).toEqual(new Uint8Array(values.slice().buffer))
        // The file holds the value minus BZERO.
        const held = storedType(type.bitpix).make(values.length)
        for (let i = 0; i < values.length; i++) {
          const value = values[i]!
          held[i] = typeof value === 'bigint' ? value - BigInt(type.bzero) : value - type.bzero
        }
        expect(bytes).toEqual(bigEndian(held))
      }),
      { numRuns: 300 },
    )
  })

  it('change signedness in place', () => {
    const values = Int16Array.of(-32768, 0, 32767)
    flipInPlace(values, nativeType(16, { bscale: 1, bzero: 32768, blank: undefined }))
    expect(Array.from(new Uint16Array(values.buffer))).toEqual([0, 32768, 65535])
    flipInPlace(values, storedType(16))
    expect(Array.from(new Uint16Array(values.buffer))).toEqual([0, 32768, 65535])
  })
})
