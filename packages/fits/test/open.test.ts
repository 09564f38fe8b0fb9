import { gzipSync } from 'node:zlib'
import {
  bufferSource,
  encodeFits,
  findImage,
  type HeaderEntry,
  isFitsError,
  openFits,
  readPlane,
} from '@nebulift/fits'
import { describe, expect, it } from 'vitest'
import { concat, counting, failure, imageCards, rawHdu } from './helpers.ts'

const open = (bytes: Uint8Array) => openFits(bufferSource(bytes))
const pixels = Int16Array.from({ length: 6000 }, (_, i) => i - 3000)
const image = encodeFits([{ data: pixels, width: 100, height: 60 }])
const ascii = (text: string) => new TextEncoder().encode(text.padEnd(100, '.'))

describe('openFits refuses with one clear sentence', () => {
  it.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(0), 'the file is empty'],
    [
      'text',
      ascii('hello'),
      'not FITS: wanted a file that begins "SIMPLE  =", got "hello..........."',
    ],
    ['XISF', ascii('XISF0100'), 'not FITS: an XISF file (PixInsight)'],
    ['bzip2', ascii('BZh9'), 'not FITS: compressed by bzip2; decompress it first'],
    [
      'compress',
      Uint8Array.of(0x1f, 0x9d, 0x90),
      'not FITS: compressed by Unix compress (.Z); decompress it first',
    ],
    [
      'xz',
      Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0),
      'not FITS: compressed by xz; decompress it first',
    ],
    [
      'zstd',
      Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd),
      'not FITS: compressed by zstd; decompress it first',
    ],
    ['zip', ascii('PK\x03\x04'), 'not FITS: a zip archive; unpack it first'],
    ['PNG', Uint8Array.of(0x89, 0x50, 0x4e, 0x47), 'not FITS: a PNG image'],
    ['JPEG', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0), 'not FITS: a JPEG image'],
    [
      'TIFF',
      Uint8Array.of(0x49, 0x49, 0x2a, 0),
      'not FITS: a TIFF image or a raw file of a camera',
    ],
    [
      'gzip in gzip',
      new Uint8Array(gzipSync(gzipSync(image))),
      'not FITS: compressed by gzip twice',
    ],
    [
      'gzip of text',
      new Uint8Array(gzipSync('hello')),
      'not FITS: wanted a file that begins "SIMPLE  =", got "hello"',
    ],
  ])('%s', async (_, bytes, message) => {
    expect(await failure(() => open(bytes))).toBe(`NOT_FITS ${message}`)
  })

  it.each<[string, HeaderEntry[], string]>([
    [
      'no BITPIX',
      [
        ['SIMPLE', true],
        ['NAXIS', 1],
        ['NAXIS1', 5],
      ],
      'BITPIX: wanted one of 8, 16, 32, 64, -32, -64, got none',
    ],
    ['odd BITPIX', imageCards(12, [5]), 'BITPIX: wanted one of 8, 16, 32, 64, -32, -64, got 12'],
    [
      'no NAXIS',
      [
        ['SIMPLE', true],
        ['BITPIX', 8],
      ],
      'NAXIS: wanted a whole number from 0, got none',
    ],
    [
      'no NAXIS2',
      [
        ['SIMPLE', true],
        ['BITPIX', 8],
        ['NAXIS', 2],
        ['NAXIS1', 5],
      ],
      'NAXIS2: wanted a whole number from 0, got none',
    ],
    ['negative', imageCards(8, [-5]), 'NAXIS1: wanted a whole number from 0, got -5'],
    ['fraction', imageCards(8, [1.5]), 'NAXIS1: wanted a whole number from 0, got 1.5'],
    [
      'axes',
      [
        ['SIMPLE', true],
        ['BITPIX', 8],
        ['NAXIS', 1000],
      ],
      'NAXIS: wanted at most 999 axes, got 1000',
    ],
    [
      'size',
      imageCards(8, [2 ** 40, 2 ** 40]),
      'data of 1099511627776 x 1099511627776 elements: 1.2089258196146292e+24 bytes',
    ],
  ])('%s', async (_, cards, message) => {
    expect(await failure(() => open(rawHdu(cards)))).toBe(`BAD_HEADER ${message}`)
  })

  it('a header without END', async () => {
    expect(await failure(() => open(image.subarray(0, 400)))).toBe(
      'TRUNCATED header: no END card, the file ends after 400 bytes',
    )
    const endless = new Uint8Array(60_000_000).fill(0x20)
    endless.set(image.subarray(0, 240))
    expect(await failure(() => open(endless))).toBe(
      'BAD_HEADER no END card within 32000000 bytes (at byte 0)',
    )
  })
})

describe('openFits of damaged files', () => {
  it('opens a truncated image, whose reading says what is missing', async () => {
    const [hdu] = await open(image.subarray(0, 2880 + 11_999))
    expect(hdu!.shape).toEqual([100, 60])
    const error = await readPlane(hdu!).catch((caught) => caught)
    expect(isFitsError(error, 'TRUNCATED')).toBe(true)
    expect(error.message).toBe(
      'image of HDU 0: wanted 12000 bytes, the file has 11999 (at byte 2880)',
    )
    const section = { x: 0, y: 0, width: 100, height: 59 }
    expect((await readPlane(hdu!, { section })).data.at(-1)).toBe(2899)
  })

  it('reads an image whose padding is missing', async () => {
    const [hdu] = await open(image.subarray(0, 2880 + 12_000))
    expect((await readPlane(hdu!)).data.at(-1)).toBe(2999)
  })

  it('opens a file with junk after the last HDU', async () => {
    for (const junk of [ascii('junk'), new Uint8Array(5000), ascii('XTENSIONS')]) {
      expect(await open(concat(image, junk))).toHaveLength(1)
    }
  })

  it('keeps the HDUs before an extension that ends within its header', async () => {
    const two = encodeFits([{ data: pixels }, { data: pixels, name: 'SECOND' }])
    const hdus = await open(two.subarray(0, image.length + 500))
    expect(hdus.map(({ kind }) => kind)).toEqual(['image', 'unknown'])
    expect(hdus[1]!.header.problems).toEqual([
      'this HDU cannot be used: the file ends within this header',
    ])
    expect(await failure(() => readPlane(hdus[1]!))).toBe(
      'UNSUPPORTED HDU 1 is of kind unknown: only images can be read',
    )
  })

  it('keeps the HDUs before an extension whose header makes no sense', async () => {
    const broken = rawHdu([
      ['XTENSION', 'IMAGE'],
      ['BITPIX', 9],
      ['NAXIS', 1],
      ['NAXIS1', 1],
    ])
    const hdus = await open(concat(image, broken, image))
    expect(hdus).toHaveLength(2)
    expect(hdus[1]!.header.problems[0]).toMatch(/^this HDU cannot be used: BITPIX: wanted/)
  })

  it('says what is wrong with a .gz', async () => {
    const gz = new Uint8Array(gzipSync(image))
    expect(await failure(() => open(gz.subarray(0, 300)))).toMatch(
      /^TRUNCATED gzip file ends early: 300 bytes inflate to \d+ and no end$/,
    )
    const damaged = gz.slice()
    damaged[gz.length - 6]! ^= 1
    expect(await failure(() => open(damaged))).toMatch(/^CORRUPT gzip file: damaged after/)
    const limit = { maxInflatedBytes: 5000 }
    expect(await failure(() => openFits(bufferSource(gz), limit))).toBe(
      'UNSUPPORTED gzip file: inflates to more than 5000 bytes',
    )
  })
})

describe('openFits', () => {
  it('tells the kinds of HDU apart and skips their data', async () => {
    const axes = (a: number, b: number): HeaderEntry[] => [
      ['BITPIX', 8],
      ['NAXIS', 2],
      ['NAXIS1', a],
      ['NAXIS2', b],
      ['PCOUNT', 7],
      ['GCOUNT', 1],
    ]
    const extension = (name: string, more: HeaderEntry[] = []) =>
      rawHdu([['XTENSION', name], ...axes(10, 400), ...more], new Uint8Array(4007))
    const hdus = await open(
      concat(
        rawHdu([
          ['SIMPLE', true],
          ['BITPIX', 8],
          ['NAXIS', 0],
        ]),
        extension('BINTABLE', [['EXTNAME', 'EVENTS  ']]),
        extension('TABLE'),
        extension('IUEIMAGE'),
        extension('PRIVATE'),
        extension('A3DTABLE'),
        rawHdu(imageCards(16, [3], [['EXTNAME', 'LAST']], true), new Uint8Array(6)),
      ),
    )
    expect(hdus.map(({ kind }) => kind)).toEqual([
      'image',
      'table',
      'ascii-table',
      'image',
      'unknown',
      'table',
      'image',
    ])
    expect(hdus.map(({ name }) => name)).toEqual(['PRIMARY', 'EVENTS', '', '', '', '', 'LAST'])
    expect(hdus[1]).toMatchObject({ index: 1, shape: [10, 400], dataBytes: 4007, dataOffset: 5760 })
  })

  it('knows random groups and non-standard files', async () => {
    const groups: HeaderEntry[] = [
      ['SIMPLE', true],
      ['BITPIX', -32],
      ['NAXIS', 3],
      ['NAXIS1', 0],
      ['NAXIS2', 3],
      ['NAXIS3', 4],
      ['GROUPS', true],
      ['PCOUNT', 2],
      ['GCOUNT', 5],
    ]
    const [hdu] = await open(rawHdu(groups, new Uint8Array(280)))
    expect(hdu).toMatchObject({ kind: 'groups', shape: [3, 4], dataBytes: 4 * 5 * (2 + 12) })
    const [odd] = await open(
      rawHdu(
        [
          ['SIMPLE', false],
          ['BITPIX', 8],
          ['NAXIS', 0],
        ],
        new Uint8Array(99),
      ),
    )
    expect(odd).toMatchObject({ kind: 'unknown', dataBytes: 2880 })
  })

  it('finds the first image with pixels', async () => {
    const hdus = await open(
      encodeFits([{ header: [] }, { data: new Uint8Array(3) }, { data: pixels, shape: [100, 60] }]),
    )
    expect(findImage(hdus)?.index).toBe(2)
    expect(findImage(hdus.slice(0, 2))).toBeUndefined()
  })

  it('reads headers by few requests, and no data', async () => {
    const big = new Int16Array(500_000)
    const source = counting(
      bufferSource(
        encodeFits([
          { data: big, shape: [1000, 500] },
          ...Array(20).fill({ data: pixels.subarray(0, 10) }),
        ]),
      ),
    )
    const hdus = await openFits(source)
    expect(hdus).toHaveLength(21)
    expect(source.requests()).toBeLessThanOrEqual(1 + Math.ceil((20 * 5760) / 28_800) + 1)
    expect(source.bytes()).toBeLessThan(250_000)
  })

  it('reads a long header by doubling requests', async () => {
    const header: HeaderEntry[] = Array.from({ length: 5000 }, (_, i) => ['HISTORY', `line ${i}`])
    const source = counting(bufferSource(encodeFits([{ data: pixels, header }])))
    const [hdu] = await openFits(source)
    expect(hdu!.header.getAll('HISTORY')).toHaveLength(5000)
    expect(source.requests()).toBeLessThanOrEqual(6)
  })

  it('stops when its signal is aborted', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    expect(await failure(() => openFits(bufferSource(image), { signal }))).toBe('undefined enough')
  })
})
