import {
  bufferSource,
  encodeFits,
  Header,
  type ImageInput,
  imageHeader,
  openFits,
  type PixelData,
  readPixels,
  readPlane,
} from '@nebulift/fits'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { failure } from '../helpers.ts'
import { riceEncode, tiledHdu } from '../tiles/tiled.ts'

const open = (hdus: readonly ImageInput[]) => openFits(bufferSource(encodeFits(hdus)))

const arrays = fc.oneof(
  fc.int8Array(),
  fc.uint8Array(),
  fc.int16Array(),
  fc.uint16Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.bigInt64Array(),
  fc.bigUint64Array(),
  fc.float32Array(),
  fc.float64Array(),
) as fc.Arbitrary<PixelData>

describe('encodeFits', () => {
  it('writes what readPixels gives back, of every type', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(arrays, { minLength: 1, maxLength: 3 }), async (list) => {
        const file = encodeFits(list.map((data) => ({ data })))
        expect(file.length % 2880).toBe(0)
        const hdus = await openFits(bufferSource(file))
        expect(hdus).toHaveLength(list.length)
        for (const [i, data] of list.entries()) {
          expect((await readPixels(hdus[i]!)).data).toEqual(data)
          expect(hdus[i]!.header.problems).toEqual([])
        }
      }),
    )
  })

  it('writes arrays of more than one piece', async () => {
    const data = Int32Array.from({ length: 2 ** 20 + 777 }, (_, i) => i * 3)
    const [hdu] = await open([{ data }])
    expect((await readPixels(hdu!)).data).toEqual(data)
  })

  it('takes planes and pixels as they come, a name, cubes and headers alone', async () => {
    const cube = Uint8Array.from({ length: 24 }, (_, i) => i)
    const hdus = await open([
      { header: [['OBJECT', 'M 31', 'a galaxy']] },
      { data: cube, shape: [2, 3, 4], name: 'CUBE' },
      { data: Float32Array.of(1, 2), width: 2, height: 1, header: [['EXTNAME', 'PLANE']] },
    ])
    expect(hdus.map(({ name, shape }) => [name, shape])).toEqual([
      ['PRIMARY', []],
      ['CUBE', [2, 3, 4]],
      ['PLANE', [2, 1]],
    ])
    expect(hdus[0]!.header.get('EXTEND')).toBe(true)
    expect(hdus[0]!.header.comment('OBJECT')).toBe('a galaxy')
    const again = await open([await readPixels(hdus[2]!), await readPlane(hdus[1]!, { index: 3 })])
    expect((await readPixels(again[0]!)).data).toEqual(Float32Array.of(1, 2))
    expect((await readPixels(again[1]!)).data).toEqual(Float32Array.of(18, 19, 20, 21, 22, 23))
  })

  it('keeps the given cards as they stand, but describes the array anew', async () => {
    const given = new Header([
      ['SIMPLE', true, 'my comment'],
      ['BITPIX', 8],
      ['NAXIS', 1],
      ['NAXIS1', 99],
      ['BZERO', 5],
      ['BLANK', 3],
      ['CHECKSUM', 'stale'],
      ['HISTORY', 'kept'],
      ['ESO DET NAME', 'kept too'],
    ])
    const [hdu] = await open([{ data: Int16Array.of(1, 2), header: given }])
    const { header } = hdu!
    expect(header.comment('SIMPLE')).toBe('my comment')
    expect([header.get('BITPIX'), header.get('NAXIS1')]).toEqual([16, 2])
    expect(['BZERO', 'BLANK', 'CHECKSUM'].map((name) => header.has(name))).toEqual([
      false,
      false,
      false,
    ])
    const texts = header.cards.map(({ text }) => text)
    expect(texts.slice(-2)).toEqual(given.cards.slice(-2).map(({ text }) => text))
    expect(given.cards).toHaveLength(9)
  })

  it('writes scaling so that physical values are the same, also of unsigned data', async () => {
    const scaling = { bscale: 0.5, bzero: -10, blank: 40_000 }
    const [hdu] = await open([{ data: Uint16Array.of(0, 100, 40_000), scaling }])
    expect((await readPlane(hdu!)).data).toEqual(Float32Array.of(-10, 40, Number.NaN))
    const [float] = await open([{ data: Float32Array.of(4), scaling: { ...scaling, blank: 5 } }])
    expect((await readPlane(float!)).data).toEqual(Float32Array.of(-8))
    expect(float!.header.has('BLANK')).toBe(false)
    const [big] = await open([{ data: BigUint64Array.of(1n) }])
    expect(big!.header.cards.find(({ keyword }) => keyword === 'BZERO')!.text).toContain(
      ' 9223372036854775808 ',
    )
  })

  it.each<[ImageInput, string]>([
    [{ data: new Uint8Array(5), shape: [2, 2] }, 'shape 2 x 2 wants 4 pixels, data has 5'],
    [{ data: new Uint8Array(5), width: 5, height: 2 }, 'shape 5 x 2 wants 10 pixels, data has 5'],
    [{ data: new Uint8Array(1), shape: [] }, 'shape  wants 1 pixels, data has 1'],
    [{ data: new Uint8Array(1), shape: [0.5, 2] }, 'shape 0.5 x 2 wants 1 pixels, data has 1'],
    [{ data: [1, 2] as unknown as PixelData }, 'data: wanted a typed array, got Array'],
    [
      { data: new Uint8ClampedArray(1) as unknown as PixelData },
      'data: wanted a typed array, got Uint8ClampedArray',
    ],
  ])('refuses %o', async (hdu, message) => {
    expect(await failure(() => encodeFits([hdu]))).toBe(`BAD_ARGUMENT ${message}`)
  })
})

describe('imageHeader', () => {
  const columns = [{ name: 'COMPRESSED_DATA', heap: [riceEncode([1, 2, 3], 4, 32)] }]
  const file = { bitpix: 16, shape: [3], compression: 'RICE_1', columns }

  it('is that of the image inside a compressed one', async () => {
    const hdu = await tiledHdu({
      ...file,
      cards: [
        ['ZSIMPLE', true],
        ['EXTNAME', 'COMPRESSED_IMAGE'],
        ['ZDITHER0', 5],
        ['BZERO', 32768],
        ['BSCALE', 1],
        ['ZEBRA', 'kept'],
        ['EXPTIME', 30, 'seconds'],
      ],
    })
    const header = imageHeader(hdu)
    expect(header.cards.map(({ keyword }) => keyword)).toEqual([
      'SIMPLE',
      'BITPIX',
      'NAXIS',
      'NAXIS1',
      'BSCALE',
      'BZERO',
      'ZEBRA',
      'EXPTIME',
    ])
    expect(header.get('BITPIX')).toBe(16)
    const [copy] = await open([{ ...(await readPixels(hdu)), header: hdu.header }])
    expect(copy!.header.cards.map(({ keyword }) => keyword)).not.toContain('TFORM1')
    expect((await readPixels(copy!)).data).toEqual(Uint16Array.of(32769, 32770, 32771))
  })

  it('is an extension where the image was one, and a copy where it is not compressed', async () => {
    const named = await tiledHdu({ ...file, cards: [['EXTNAME', 'SCI']] })
    expect(imageHeader(named).get('XTENSION')).toBe('IMAGE')
    expect(imageHeader(named).get('EXTNAME')).toBe('SCI')
    const [plain] = await open([{ data: Int16Array.of(1) }])
    const copy = imageHeader(plain!)
    expect(copy.cards).toEqual(plain!.header.cards)
    copy.set('NEW', 1)
    expect(plain!.header.has('NEW')).toBe(false)
  })
})
