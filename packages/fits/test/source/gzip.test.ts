import { gzipSync } from 'node:zlib'
import { bufferSource, encodeFits, openFits } from '@nebulift/fits'
import { describe, expect, it } from 'vitest'
import { inflate } from '../../src/source/gzip.ts'
import { concat, failure, randomizer } from '../helpers.ts'

const options = { maxBytes: 1e7, what: 'gzip file' }
const random = randomizer(3)
const noise = Uint8Array.from({ length: 40_000 }, () => random() * 256)
const gz = (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes))

describe('inflate', () => {
  it('inflates one member', async () => {
    for (const bytes of [new Uint8Array(0), noise, new Uint8Array(300_000)]) {
      expect(await inflate(gz(bytes), options)).toEqual(bytes)
    }
  })

  it('inflates members in a row, as bgzip and cat write them', async () => {
    const parts = [
      noise.subarray(0, 9000),
      new Uint8Array(0),
      noise.subarray(9000),
      new Uint8Array(70),
    ]
    expect(await inflate(concat(...parts.map(gz)), options)).toEqual(concat(...parts))
  })

  it('passes over zero padding, as on tapes', async () => {
    expect(await inflate(concat(gz(noise), new Uint8Array(513)), options)).toEqual(noise)
    const two = concat(gz(noise), gz(noise), new Uint8Array(100))
    expect(await inflate(two, options)).toEqual(concat(noise, noise))
  })

  it('says what is wrong', async () => {
    const whole = gz(noise)
    const wrong = (bytes: Uint8Array, more = {}) =>
      failure(() => inflate(bytes, { ...options, ...more }))
    expect(await wrong(whole.subarray(0, 20_000))).toMatch(/^TRUNCATED gzip file ends early: 20000/)
    expect(await wrong(whole.subarray(0, 5))).toMatch(/^TRUNCATED/)
    expect(await wrong(concat(whole, Uint8Array.of(1, 2, 3)))).toMatch(
      /^CORRUPT gzip file: damaged/,
    )
    const flipped = whole.slice()
    flipped[whole.length - 2]! ^= 4
    expect(await wrong(flipped)).toMatch(/^CORRUPT/)
    expect(await wrong(whole, { maxBytes: 39_999 })).toBe(
      'UNSUPPORTED gzip file: inflates to more than 39999 bytes',
    )
    expect(await wrong(concat(whole, whole), { maxBytes: 50_000 })).toBe(
      'UNSUPPORTED gzip file: inflates to more than 50000 bytes',
    )
  })

  it('does not believe a wrong length at the end', async () => {
    const lying = gz(new Uint8Array(500_000))
    expect(await failure(() => inflate(lying.subarray(0, lying.length - 4), options))).toMatch(
      /^TRUNCATED/,
    )
  })

  it('opens a file of several members', async () => {
    const file = encodeFits([{ data: new Int16Array(4000) }])
    const [hdu] = await openFits(
      bufferSource(concat(gz(file.subarray(0, 5000)), gz(file.subarray(5000)))),
    )
    expect(hdu!.shape).toEqual([4000])
  })
})
