import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeRice } from '../../src/tiles/rice.ts'
import { failure, randomizer } from '../helpers.ts'
import { riceEncode } from './tiled.ts'

const decode = (bytes: Uint8Array, pixels: number, bytePix?: number, block?: number) => {
  const parameters = new Map<string, number>()
  if (bytePix !== undefined) parameters.set('BYTEPIX', bytePix)
  if (block !== undefined) parameters.set('BLOCKSIZE', block)
  return decodeRice(bytes, { pixels, parameters, bitpix: 32 })
}

/** A picture's rows: mostly smooth, sometimes jumps over the whole range. */
function row(seed: number, length: number, spread: number, bytePix: 1 | 2 | 4): number[] {
  const random = randomizer(seed)
  const [low, high] = { 1: [0, 255], 2: [-32768, 32767], 4: [-(2 ** 31), 2 ** 31 - 1] }[
    bytePix
  ] as [number, number]
  let value = Math.floor(low + random() * (high - low))
  return Array.from({ length }, () => {
    const jump = random() < 0.02 ? random() * (high - low) : (random() - 0.5) * spread
    value = Math.max(low, Math.min(high, Math.round(random() < 0.02 ? low + jump : value + jump)))
    return value + 0
  })
}

describe('decodeRice', () => {
  it('undoes the definition for every BYTEPIX, block size and kind of block', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 1, max: 300 }),
        fc.constantFrom(0, 1, 8, 200, 40_000, 2 ** 28),
        fc.constantFrom<1 | 2 | 4>(1, 2, 4),
        fc.constantFrom(1, 16, 32, 33),
        (seed, length, spread, bytePix, block) => {
          const values = row(seed, length, spread, bytePix)
          const got = decode(riceEncode(values, bytePix, block), length, bytePix, block)
          expect(Array.from(got as Int32Array)).toEqual(values)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('passes tiles through its windows that are longer than them', () => {
    for (const bytePix of [2, 4] as const) {
      const values = row(5, 120_000, 3000, bytePix)
      const bytes = riceEncode(values, bytePix, 32)
      expect(bytes.length).toBeGreaterThan(2 ** 16)
      expect(Array.from(decode(bytes, values.length, bytePix, 32) as Int32Array)).toEqual(values)
    }
  })

  it('reads the defaults: four bytes, blocks of 32', () => {
    const values = row(9, 100, 50, 4)
    expect(Array.from(decode(riceEncode(values, 4, 32), 100) as Int32Array)).toEqual(values)
    expect(decode(new Uint8Array(0), 0)).toEqual(new Int32Array(0))
  })

  it('says where a tile ends early, whatever the cut and the damage', async () => {
    const values = row(11, 4000, 500, 2)
    const bytes = riceEncode(values, 2, 32)
    const message = await failure(() => decode(bytes.subarray(0, 600), 4000, 2))
    expect(message).toMatch(/^CORRUPT RICE_1 tile ends early: 600 bytes hold \d+ of 4000 pixels$/)
    for (const length of [0, 1, 2, 3]) {
      expect(await failure(() => decode(bytes.subarray(0, length), 4000, 2))).toMatch(/^CORRUPT/)
    }
    // One endless run of zero bits, longer than a window.
    const endless = new Uint8Array(200_000)
    endless[2] = 0x20
    expect(await failure(() => decode(endless, 4000, 2))).toMatch(/hold 0 of 4000 pixels$/)
    const random = randomizer(1)
    for (let i = 0; i < 200; i++) {
      const noise = Uint8Array.from({ length: 50 + i }, () => random() * (i % 2 ? 256 : 3))
      try {
        expect(decode(noise, 500, 4)).toHaveLength(500)
      } catch (error) {
        expect(String(error)).toMatch(/ends early/)
      }
    }
  })

  it('refuses parameters it does not know', async () => {
    expect(await failure(() => decode(new Uint8Array(9), 5, 8))).toBe(
      'UNSUPPORTED RICE_1 with BYTEPIX 8; known: 1, 2, 4',
    )
    expect(await failure(() => decode(new Uint8Array(9), 5, 4, 0))).toBe(
      'UNSUPPORTED RICE_1 with BLOCKSIZE 0; known: 1 to 4096',
    )
  })
})
