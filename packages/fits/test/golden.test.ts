import { readdirSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import {
  bufferSource,
  encodeHeader,
  type Hdu,
  openFits,
  parseHeader,
  planeCount,
  readPixels,
  readPlane,
} from '@nebulift/fits'
import { describe, expect, it } from 'vitest'

/** What astropy read of an HDU, written by tests/reference/fits/make_samples.py. */
interface Truth {
  readonly name: string
  readonly cards?: readonly (readonly [string, unknown, string])[]
  readonly shape?: readonly number[]
  readonly physical?: TypedValues
  readonly stored?: TypedValues
}

interface TypedValues {
  readonly type: string
  readonly base64: string
}

const folder = new URL('./files/', import.meta.url)
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.gz'))
  .map((name) => name.slice(0, -3))

const arrays: Record<string, new (buffer: ArrayBuffer) => ArrayLike<number | bigint>> = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  float32: Float32Array,
  float64: Float64Array,
}

function valuesOf({ type, base64 }: TypedValues): ArrayLike<number | bigint> {
  return new arrays[type]!(Uint8Array.from(Buffer.from(base64, 'base64')).buffer)
}

/** astropy scales 8- and 16-bit integers in single precision: the last bit of BZERO may differ. */
const LAST_BIT = 2 ** -23

function expectClose(got: Float32Array, wanted: ArrayLike<number | bigint>, bzero: number): void {
  expect(got.length).toBe(wanted.length)
  for (let i = 0; i < got.length; i++) {
    const truth = Math.fround(Number(wanted[i]))
    if (Object.is(got[i], truth)) continue
    const apart = Math.abs(got[i]! - truth)
    if (!(apart <= (Math.abs(truth) + Math.abs(bzero)) * LAST_BIT))
      expect.fail(`pixel ${i}: ${got[i]} is not ${truth}`)
  }
}

async function wholePlanes(hdu: Hdu): Promise<Float32Array> {
  const planes: number[] = []
  for (let index = 0; index < planeCount(hdu); index++) {
    for (const value of (await readPlane(hdu, { index })).data) planes.push(value)
  }
  return Float32Array.from(planes)
}

async function storedPixels(hdu: Hdu): Promise<(number | bigint)[]> {
  const all: (number | bigint)[] = []
  for (let index = 0; index < planeCount(hdu); index++) {
    for (const value of (await readPixels(hdu, { index })).data) all.push(value)
  }
  return all
}

/** Types in which astropy gives back just what the file holds. */
function isExact(type: string, hdu: Hdu): boolean {
  return hdu.scaling.bscale === 1 && (hdu.bitpix < 0 || type.includes('int'))
}

describe.each(names)('%s', (name) => {
  const gzipped = readFileSync(new URL(`${name}.gz`, folder))
  const bytes = new Uint8Array(gunzipSync(gzipped))
  const lines = readFileSync(new URL(`${name}.jsonl`, folder), 'utf8')
    .trim()
    .split('\n')
  const truth: Truth[] = lines.map((line) => JSON.parse(line))

  it('holds the same HDUs and pixels as for astropy', async () => {
    const hdus = await openFits(bufferSource(bytes))
    expect(hdus.map((hdu) => hdu.name)).toEqual(truth.map((hdu) => hdu.name))
    for (const [index, { shape, physical, stored }] of truth.entries()) {
      if (!physical) continue
      const hdu = hdus[index]!
      expect(hdu.shape).toEqual(shape)
      expectClose(await wholePlanes(hdu), valuesOf(physical), hdu.scaling.bzero)
      const exact = stored ?? (isExact(physical.type, hdu) ? physical : undefined)
      const unsigned = hdu.scaling.bzero !== 0 && hdu.scaling.bscale === 1
      if (exact && !(stored && unsigned)) {
        expect(await storedPixels(hdu)).toEqual(Array.from(valuesOf(exact)))
      }
    }
  })

  it('has the same cards, and gives its headers back byte for byte', async () => {
    for (const [index, hdu] of (await openFits(bufferSource(bytes))).entries()) {
      const start = hdu.dataOffset - encodeHeader(hdu.header).length
      expect(encodeHeader(hdu.header)).toEqual(bytes.slice(start, hdu.dataOffset))
      expect(parseHeader(bytes.subarray(start)).cards).toEqual(hdu.header.cards)
      expect(hdu.header.problems).toEqual([])
      const { cards } = truth[index]!
      if (!cards) continue
      const ours = hdu.header.cards.map(({ keyword, value, comment }) => [keyword, value, comment])
      expect(sorted(ours)).toEqual(sorted(cards))
    }
  })

  it('reads the same through gzip', async () => {
    const plain = await openFits(bufferSource(bytes))
    const inflated = await openFits(bufferSource(new Uint8Array(gzipped)))
    expect(inflated.map(({ header }) => header.cards)).toEqual(
      plain.map(({ header }) => header.cards),
    )
  })
})

/** astropy moves commentary cards to the end when it writes, so order is compared by bytes above. */
function sorted(cards: readonly (readonly unknown[])[]): string[] {
  return cards
    .map(([keyword, value, comment]) =>
      JSON.stringify([
        keyword,
        typeof value === 'bigint' ? String(value) : (value ?? null),
        comment,
      ]),
    )
    .sort()
}
