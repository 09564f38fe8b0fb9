import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { roundToBf16 } from '../src/bf16.ts'
import { crc32c } from '../src/crc32c.ts'
import { firstFreeByte, growTo, openKernels, sharedMemory } from '../src/kernels.ts'

const memory = sharedMemory()
growTo(memory, firstFreeByte + 4 * 2 ** 20)
const kernels = openKernels(memory)
const [first, second] = [firstFreeByte, firstFreeByte + 2 ** 20]
const floats = (at: number, length: number) => new Float32Array(memory.buffer, at, length)
const halves = (at: number, length: number) => new Uint16Array(memory.buffer, at, length)
const bytes = (at: number, length: number) => new Uint8Array(memory.buffer, at, length)
const anyFloats = fc.float32Array({ maxLength: 70 })
const top = (value: number) => new Uint32Array(Float32Array.of(value).buffer)[0] >>> 16

describe('CRC-32C', () => {
  // RFC 3720, B.4.
  it.each([
    { what: '32 zeros', data: new Uint8Array(32), sum: 0x8a9136aa },
    { what: '32 ones', data: new Uint8Array(32).fill(255), sum: 0x62a8ab43 },
    { what: '0 to 31', data: Uint8Array.from({ length: 32 }, (_, i) => i), sum: 0x46dd794e },
    { what: '31 to 0', data: Uint8Array.from({ length: 32 }, (_, i) => 31 - i), sum: 0x113fdb5c },
    { what: '"123456789"', data: Buffer.from('123456789'), sum: 0xe3069283 },
  ])('of $what', ({ data, sum }) => {
    bytes(first, data.length).set(data)
    expect([crc32c(data), kernels.crc32c(first, data.length) >>> 0]).toEqual([sum, sum])
  })

  it('of many bytes is that of the definition, wherever they lie', () => {
    const lengths = [
      343, 1023, 1024, 1040, 5274, 5275, 5290, 5291, 5292, 21_099, 21_100, 21_101, 21_659, 37_684,
      65_536, 100_003, 524_288,
    ]
    const settings = fc.record({
      length: fc.oneof(fc.constantFrom(...lengths), fc.integer({ min: 0, max: 60_000 })),
      shift: fc.nat(17),
      seed: fc.integer({ min: 1 }),
    })
    const property = fc.property(settings, ({ length, shift, seed }) => {
      const data = bytes(first + shift, length)
      let state = seed
      for (let i = 0; i < length; i++) {
        state = (Math.imul(state, 1_103_515_245) + 12_345) | 0
        data[i] = state >>> 16
      }
      expect(kernels.crc32c(first + shift, length) >>> 0).toBe(crc32c(data))
    })
    fc.assert(property, { numRuns: 60 })
  })

  it('may be taken in pieces, two at once', () => {
    const pieces = fc.array(fc.integer({ min: 1, max: 2500 }), { maxLength: 8 })
    const settings = fc.record({ pieces, last: fc.integer({ min: 5275, max: 30_000 }) })
    const property = fc.property(settings, ({ pieces, last }) => {
      const length = pieces.reduce((sum, blocks) => sum + 16 * blocks, last)
      const data = bytes(first, length).map((_, i) => Math.imul(i, 2_654_435_761) >>> 13)
      const other = data.map((byte) => 255 - byte)
      for (const [at, values] of [
        [first, data],
        [second, other],
      ] as const)
        bytes(at, length).set(values)
      kernels.beginCrc(0)
      kernels.beginCrc(1)
      let done = 0
      for (const blocks of pieces) {
        kernels.addCrc(0, first + done, 16 * blocks)
        kernels.addCrc(1, second + done, 16 * blocks)
        done += 16 * blocks
      }
      const sums = [kernels.endCrc(0, first + done, last), kernels.endCrc(1, second + done, last)]
      expect(sums.map((sum) => sum >>> 0)).toEqual([crc32c(data), crc32c(other)])
    })
    fc.assert(property, { numRuns: 40 })
  })

  it('sees any bit that flips', () => {
    const length = 40_000
    const data = bytes(first, length).fill(7)
    const before = kernels.crc32c(first, length)
    const property = fc.property(fc.nat(8 * length - 1), (bit) => {
      data[bit >> 3] ^= 1 << (bit & 7)
      const after = kernels.crc32c(first, length)
      data[bit >> 3] ^= 1 << (bit & 7)
      expect(after).not.toBe(before)
    })
    fc.assert(property)
  })
})

describe('sums', () => {
  it('adds and divides floats', () => {
    const property = fc.property(anyFloats, fc.nat(70), (values, by) => {
      const { length } = values
      floats(first, length + 1).set([...values, 5])
      floats(second, length).set(values.toReversed())
      kernels.addFloats(first, second, length)
      const sums = values.map((value, i) => value + values[length - 1 - i])
      expect(floats(first, length + 1)).toEqual(Float32Array.of(...sums, 5))
      kernels.divide(first, length, by)
      expect(floats(first, length + 1)).toEqual(Float32Array.of(...sums.map((sum) => sum / by), 5))
    })
    fc.assert(property)
  })

  it('rounds to bfloat16, widens and adds it', () => {
    const property = fc.property(anyFloats, (values) => {
      const { length } = values
      floats(first, length).set(values)
      halves(second, length + 1)[length] = 77
      kernels.narrow(first, second, length)
      const rounded = values.map(roundToBf16)
      expect([...halves(second, length + 1)]).toEqual([...Array.from(rounded, top), 77])
      kernels.widen(second, first, length)
      expect(floats(first, length)).toEqual(rounded)
      floats(first, length).set(values)
      kernels.addBrains(first, second, length)
      expect(floats(first, length)).toEqual(values.map((value, i) => value + rounded[i]))
    })
    fc.assert(property)
  })
})
