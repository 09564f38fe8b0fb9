import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeHeader,
  differenceOf,
  encodeHeader,
  type Header,
  headerBytes,
  kinds,
  types,
} from '../src/frame.ts'

const word = fc.nat(2 ** 31 - 1).map((value) => value * 2)
const headers: fc.Arbitrary<Header> = fc.record({
  ...{ generation: word, sequence: word, step: word, bucket: word, segment: word },
  ...{ total: word, length: word, crc: word, phase: fc.nat(65_535) },
  kind: fc.constantFrom(...kinds),
  type: fc.constantFrom(...types),
})

describe('frame headers', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(headers, (header) => {
        const bytes = encodeHeader(header)
        expect(bytes).toHaveLength(headerBytes)
        expect(decodeHeader(bytes)).toEqual(header)
      }),
    )
  })

  it('are refused with any bit flipped', () => {
    fc.assert(
      fc.property(headers, fc.nat(8 * headerBytes - 1), (header, bit) => {
        const bytes = encodeHeader(header)
        bytes[bit >> 3] ^= 1 << (bit & 7)
        expect(decodeHeader(bytes)).toMatch(/^(magic|CRC-32C of a header): got .+, wanted .+/)
      }),
    )
  })

  it('say what they differ in', () => {
    const names = [
      'generation',
      'sequence',
      'step',
      'bucket',
      'phase',
      'segment',
      'total',
      'length',
    ] as const
    fc.assert(
      fc.property(headers, fc.constantFrom(...names), (header, name) => {
        expect(differenceOf(header, header)).toBeUndefined()
        const other = { ...header, [name]: header[name] ^ 1 }
        expect(differenceOf(other, header)).toBe(
          `${name}: got ${other[name]}, wanted ${header[name]}`,
        )
      }),
    )
  })
})
