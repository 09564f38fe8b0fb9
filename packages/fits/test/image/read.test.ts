import {
  bufferSource,
  encodeFits,
  type Hdu,
  openFits,
  type PixelData,
  planeCount,
  readPixels,
  readPlane,
  type Section,
} from '@nebulift/fits'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { counting, failure, imageCards, rawHdu } from '../helpers.ts'

async function only(data: PixelData, shape: readonly number[]): Promise<Hdu> {
  return (await openFits(bufferSource(encodeFits([{ data, shape }]))))[0]!
}

/** A part of a plane, pixel by pixel. */
function slice(data: PixelData, planeWidth: number, { x, y, width, height }: Section): number[] {
  return Array.from({ length: width * height }, (_, i) =>
    Number(data[(y + Math.floor(i / width)) * planeWidth + x + (i % width)]),
  )
}

describe('sections', () => {
  it('equal slices of the whole plane, in cubes too', async () => {
    const size = fc.integer({ min: 1, max: 9 })
    const section = fc.tuple(fc.nat(9), fc.nat(9), fc.nat(9), fc.nat(9))
    await fc.assert(
      fc.asyncProperty(size, size, size, section, async (width, height, depth, [a, b, c, d]) => {
        const data = Int16Array.from({ length: width * height * depth }, (_, i) => i)
        const hdu = await only(data, [width, height, depth])
        const x = a % width
        const y = b % height
        const wanted = { x, y, width: c % (width - x + 1), height: d % (height - y + 1) }
        const index = a % depth
        const plane = data.subarray(index * width * height, (index + 1) * width * height)
        const options = { index, section: wanted }
        expect(Array.from((await readPlane(hdu, options)).data)).toEqual(
          slice(plane, width, wanted),
        )
        expect(Array.from((await readPixels(hdu, options)).data as Int16Array)).toEqual(
          slice(plane, width, wanted),
        )
      }),
    )
  })

  it('cost one request for just their rows', async () => {
    const data = new Float32Array(1000 * 800).map((_, i) => i)
    const source = counting(bufferSource(encodeFits([{ data, shape: [1000, 800] }])))
    const [hdu] = await openFits(source)
    source.reads.length = 0
    const section = { x: 700, y: 300, width: 64, height: 64 }
    const { data: got } = await readPlane(hdu!, { section })
    expect(got[64]).toBe(301_700)
    expect(source.reads).toEqual([{ offset: 2880 + 4 * 300_700, length: 4 * (63 * 1000 + 64) }])
    expect(source.bytes()).toBeLessThan(4 * 64 * 1000)
  })

  it('of very wide images cost a request a row, a few at a time', async () => {
    const width = 100_000
    const data = new Float32Array(width * 20)
    data.set([5, 6], width * 12 + 40)
    const source = counting(bufferSource(encodeFits([{ data, shape: [width, 20] }])))
    const [hdu] = await openFits(source)
    source.reads.length = 0
    const section = { x: 40, y: 2, width: 10, height: 16 }
    const got = await readPlane(hdu!, { section })
    expect(got.data[100]).toBe(5)
    expect(source.requests()).toBe(16)
    expect(source.bytes()).toBe(16 * 40)
  })

  it('of more bytes than one read takes come in pieces', async () => {
    const width = 2 ** 20
    const height = 70
    const header = rawHdu(imageCards(8, [width, height]))
    // The first pixel of each row holds the row's number; nothing else is there.
    const source = counting({
      size: header.length + width * height,
      read: async (offset, length) => {
        if (offset < header.length) return header.subarray(offset, offset + length)
        const bytes = new Uint8Array(length)
        const first = (offset - header.length) / width
        for (let row = 0; row * width < length; row++) bytes[row * width] = first + row
        return bytes
      },
    })
    const [hdu] = await openFits(source)
    source.reads.length = 0
    const { data } = await readPixels(hdu!)
    expect(source.reads.map(({ length }) => length)).toEqual([64 * width, 6 * width])
    expect([0, 63, 64, 69].map((row) => data[row * width])).toEqual([0, 63, 64, 69])
  })
})

describe('what cannot be read', () => {
  it.each<[string, object, string]>([
    ['plane', { index: 2 }, 'plane 2 of an image with 2 planes'],
    ['plane', { index: -1 }, 'plane -1 of an image with 2 planes'],
    ['plane', { index: 0.5 }, 'plane 0.5 of an image with 2 planes'],
    [
      'right',
      { section: { x: 2, y: 0, width: 3, height: 1 } },
      'section 3 x 1 at (2, 0) is not inside 4 x 3 pixels',
    ],
    [
      'below',
      { section: { x: 0, y: 3, width: 1, height: 1 } },
      'section 1 x 1 at (0, 3) is not inside 4 x 3 pixels',
    ],
    [
      'fraction',
      { section: { x: 0.5, y: 0, width: 1, height: 1 } },
      'section 1 x 1 at (0.5, 0) is not inside 4 x 3 pixels',
    ],
    [
      'negative',
      { section: { x: -1, y: 0, width: 1, height: 1 } },
      'section 1 x 1 at (-1, 0) is not inside 4 x 3 pixels',
    ],
  ])('%s %o', async (_, options, message) => {
    const hdu = await only(new Uint8Array(24), [4, 3, 2])
    expect(await failure(() => readPlane(hdu, options))).toBe(`BAD_ARGUMENT ${message}`)
    expect(await failure(() => readPixels(hdu, options))).toBe(`BAD_ARGUMENT ${message}`)
  })

  it('an HDU without an image', async () => {
    const [hdu] = await openFits(bufferSource(encodeFits([{}])))
    expect(planeCount(hdu!)).toBe(0)
    expect(await failure(() => readPlane(hdu!))).toBe(
      'BAD_ARGUMENT HDU 0 holds no image: it has no axes',
    )
  })

  it('more pixels than memory, or than the file has', async () => {
    const cards = imageCards(8, [2 ** 40, 1024])
    const [hdu] = await openFits(bufferSource(rawHdu(cards)))
    expect(await failure(() => readPlane(hdu!))).toMatch(/^TRUNCATED image of HDU 0: wanted/)
    const huge = { ...hdu!, source: { size: 2 ** 52, read: async () => new Uint8Array(0) } }
    expect(await failure(() => readPlane(huge))).toBe(
      'UNSUPPORTED 1099511627776 x 1024 pixels do not fit into memory; read them by sections',
    )
  })

  it('into too small an array', async () => {
    const hdu = await only(new Uint8Array(24), [4, 6])
    expect(await failure(() => readPlane(hdu, { into: new Float32Array(23) }))).toBe(
      'BAD_ARGUMENT into: wanted room for 24 pixels, got 23',
    )
  })

  it('an image after the signal is aborted', async () => {
    const hdu = await only(new Uint8Array(24), [4, 6])
    const signal = AbortSignal.abort(new Error('stop'))
    expect(await failure(() => readPlane(hdu, { signal }))).toBe('undefined stop')
  })
})

describe('planes', () => {
  it('of one dimension are one row, of none pixels empty', async () => {
    const line = await only(Int16Array.of(1, 2, 3), [3])
    expect(await readPlane(line)).toEqual({ data: Float32Array.of(1, 2, 3), width: 3, height: 1 })
    const empty = await only(new Int16Array(0), [0, 5])
    expect(await readPlane(empty)).toEqual({ data: new Float32Array(0), width: 0, height: 5 })
    const nothing = await only(new Int16Array(0), [5, 0])
    expect((await readPixels(nothing)).data).toEqual(new Int16Array(0))
  })

  it('of pixels exactly: type by BITPIX and BZERO, other scaling returned', async () => {
    const kinds: PixelData[] = [
      Int8Array.of(-128, 127),
      Uint8Array.of(0, 255),
      Int16Array.of(-32768, 32767),
      Uint16Array.of(0, 65535),
      Int32Array.of(-(2 ** 31), 5),
      Uint32Array.of(0, 2 ** 32 - 1),
      BigInt64Array.of(-(2n ** 63n), 5n),
      BigUint64Array.of(0n, 2n ** 64n - 1n),
      Float32Array.of(1.5, Number.NaN),
      Float64Array.of(0.1, -Infinity),
    ]
    for (const data of kinds) {
      const { data: got, scaling } = await readPixels(await only(data, [2]))
      expect(got).toEqual(data)
      expect(scaling).toEqual({ bscale: 1, bzero: 0, blank: undefined })
    }
    const scaling = { bscale: 2, bzero: 32768, blank: 7 }
    const scaled = encodeFits([{ data: Int16Array.of(1, 7), scaling }])
    const [hdu] = await openFits(bufferSource(scaled))
    expect(await readPixels(hdu!)).toMatchObject({ data: Int16Array.of(1, 7), scaling })
    expect((await readPlane(hdu!)).data).toEqual(Float32Array.of(32770, Number.NaN))
  })

  it('of unsigned pixels say BLANK as the values have it', async () => {
    for (const [data, blank] of [
      [Uint16Array.of(3, 40_000), 40_000],
      [BigUint64Array.of(3n, 2n ** 63n + 5n), 2n ** 63n + 5n],
    ] as const) {
      const file = encodeFits([{ data, scaling: { bscale: 1, bzero: 0, blank } }])
      const [hdu] = await openFits(bufferSource(file))
      expect((await readPixels(hdu!)).scaling.blank).toBe(blank)
      expect(Array.from((await readPlane(hdu!)).data)).toEqual([3, Number.NaN])
    }
  })
})
