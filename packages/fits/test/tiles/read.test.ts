import { gzipSync } from 'node:zlib'
import {
  bufferSource,
  type Hdu,
  type HeaderEntry,
  openFits,
  readPixels,
  readPlane,
} from '@nebulift/fits'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bigEndian, counting, failure } from '../helpers.ts'
import { riceEncode, type TiledFile, tiledFile, tiledHdu } from './tiled.ts'

const gz = (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes))
const none = new Uint8Array(0)

/** Cuts an image into tiles, in the order of the table. */
function cut(data: Int16Array, shape: readonly number[], tile: readonly number[]): Int16Array[] {
  const [w = 1, h = 1, d = 1] = shape
  const [tw = 1, th = 1, td = 1] = tile
  const tiles: Int16Array[] = []
  for (let z = 0; z < d; z += td) {
    for (let y = 0; y < h; y += th) {
      for (let x = 0; x < w; x += tw) {
        const pixels: number[] = []
        for (let k = z; k < Math.min(z + td, d); k++) {
          for (let j = y; j < Math.min(y + th, h); j++) {
            for (let i = x; i < Math.min(x + tw, w); i++) pixels.push(data[(k * h + j) * w + i]!)
          }
        }
        tiles.push(Int16Array.from(pixels))
      }
    }
  }
  return tiles
}

function riceFile(data: Int16Array, shape: readonly number[], tile: readonly number[]): TiledFile {
  return {
    bitpix: 16,
    shape,
    tile,
    compression: 'RICE_1',
    columns: [
      {
        name: 'COMPRESSED_DATA',
        heap: cut(data, shape, tile).map((pixels) => riceEncode(Array.from(pixels), 2, 32)),
      },
    ],
    cards: [
      ['ZNAME1', 'BLOCKSIZE'],
      ['ZVAL1', 32],
      ['ZNAME2', 'BYTEPIX'],
      ['ZVAL2', 2],
    ],
  }
}

describe('sections of compressed images', () => {
  it('equal slices of the whole, for any tiles', async () => {
    const size = fc.integer({ min: 1, max: 9 })
    const three = fc.tuple(size, size, size)
    await fc.assert(
      fc.asyncProperty(
        three,
        three,
        fc.tuple(size, size, size, size),
        async (shape, tile, cutout) => {
          const [w, h, d] = shape
          const data = Int16Array.from({ length: w * h * d }, (_, i) => (i * 37) % 1000)
          const hdu = await tiledHdu(riceFile(data, shape, tile))
          const index = cutout[0] % d
          const x = cutout[0] % w
          const y = cutout[1] % h
          const width = cutout[2] % (w - x + 1)
          const height = cutout[3] % (h - y + 1)
          const wanted = Array.from(
            { length: width * height },
            (_, i) => data[(index * h + y + Math.floor(i / width)) * w + x + (i % width)],
          )
          const options = { index, section: { x, y, width, height } }
          expect(Array.from((await readPlane(hdu, options)).data)).toEqual(wanted)
          expect(Array.from((await readPixels(hdu, options)).data as Int16Array)).toEqual(wanted)
        },
      ),
    )
  })

  it('cost two requests for just their tiles', async () => {
    const shape = [1000, 1000]
    const data = Int16Array.from({ length: 1_000_000 }, (_, i) => (i * 7919) % 4001)
    const file = riceFile(data, shape, [100, 100])
    const source = counting(bufferSource(tiledFile(file)))
    const hdu = (await openFits(source))[1]!
    const opening = source.requests()
    source.reads.length = 0
    const section = { x: 310, y: 510, width: 50, height: 50 }
    const { data: got } = await readPlane(hdu, { section })
    expect(got[51]).toBe(data[511 * 1000 + 311])
    const heap = 'heap' in file.columns[0]! ? file.columns[0].heap : []
    expect(opening).toBe(1)
    expect(source.reads.map(({ length }) => length)).toEqual([8, heap[53]!.length])
    source.reads.length = 0
    await readPlane(hdu)
    expect(source.requests()).toBe(2)
  })
})

describe('what a table of tiles can hold', () => {
  const values = Int16Array.from({ length: 60 }, (_, i) => i * i)
  const rows = cut(values, [20, 3], [20])
  const base = { bitpix: 16, shape: [20, 3] }
  const expectValues = async (hdu: Hdu) => {
    expect((await readPixels(hdu)).data).toEqual(values)
    expect((await readPlane(hdu)).data).toEqual(Float32Array.from(values))
  }

  it('64-bit descriptors and a gap before the heap', async () => {
    const heap = rows.map((row) => riceEncode(Array.from(row), 4, 16))
    const cards: HeaderEntry[] = [
      ['ZNAME1', 'BLOCKSIZE'],
      ['ZVAL1', 16],
    ]
    const columns = [{ name: 'compressed_data', heap, form: 'QB(99)' }]
    await expectValues(
      await tiledHdu({ ...base, compression: 'RICE_ONE', columns, cards, gap: 77 }),
    )
  })

  it('integers in other sizes than BITPIX, plain or shuffled', async () => {
    const wide = rows.map((row) => bigEndian(Int32Array.from(row)))
    const shuffled = wide.map((bytes) =>
      Uint8Array.from(bytes, (_, i) => bytes[(i % 20) * 4 + Math.floor(i / 20)]!),
    )
    for (const [compression, heap] of [
      ['NOCOMPRESS', wide],
      ['GZIP_1', wide.map(gz)],
      ['GZIP_2', shuffled.map(gz)],
    ] as const) {
      await expectValues(
        await tiledHdu({ ...base, compression, columns: [{ name: 'COMPRESSED_DATA', heap }] }),
      )
    }
  })

  it('64-bit integers', async () => {
    const long = BigInt64Array.of(2n ** 60n + 1n, -5n)
    const columns = [{ name: 'COMPRESSED_DATA', heap: [gz(bigEndian(long))] }]
    const hdu = await tiledHdu({ bitpix: 64, shape: [2], compression: 'GZIP_1', columns })
    expect((await readPixels(hdu)).data).toEqual(long)
    const small = [{ name: 'COMPRESSED_DATA', heap: [riceEncode([7, -9], 4, 32)] }]
    const other = await tiledHdu({ bitpix: 64, shape: [2], compression: 'RICE_1', columns: small })
    expect((await readPixels(other)).data).toEqual(BigInt64Array.of(7n, -9n))
  })

  it('tiles that are gzipped or not compressed instead', async () => {
    const columns = [
      { name: 'COMPRESSED_DATA', heap: [riceEncode(Array.from(rows[0]!), 4, 32), none, none] },
      { name: 'GZIP_COMPRESSED_DATA', heap: [none, gz(bigEndian(rows[1]!)), none] },
      { name: 'UNCOMPRESSED_DATA', heap: [none, none, bigEndian(rows[2]!)], form: 'PI' },
    ]
    await expectValues(await tiledHdu({ ...base, compression: 'RICE_1', columns }))
  })

  it('floats: quantised with scale, zero and blank of each tile, or exact ones', async () => {
    const exact = Float32Array.of(0.1, Number.NaN)
    const columns = [
      {
        name: 'COMPRESSED_DATA',
        heap: [riceEncode([10, -99], 4, 32), riceEncode([20, 21], 4, 32), none, none],
      },
      { name: 'GZIP_COMPRESSED_DATA', heap: [none, none, gz(bigEndian(exact)), none] },
      { name: 'UNCOMPRESSED_DATA', heap: [none, none, none, bigEndian(exact)], form: 'PE' },
      { name: 'ZSCALE', numbers: [0.5, 2, 0, 0], form: 'D' as const },
      { name: 'ZZERO', numbers: [100, 0, 0, 0], form: 'E' as const },
      { name: 'ZBLANK', numbers: [-99, 20, 0, 0], form: 'J' as const },
    ]
    const hdu = await tiledHdu({ bitpix: -32, shape: [2, 4], compression: 'RICE_1', columns })
    const wanted = Float32Array.of(105, Number.NaN, Number.NaN, 42, ...exact, ...exact)
    expect((await readPlane(hdu)).data).toEqual(wanted)
    expect((await readPixels(hdu)).data).toEqual(wanted)
  })

  it('floats with scale and zero in keywords, BSCALE on top', async () => {
    const cards: HeaderEntry[] = [
      ['ZSCALE', 0.25],
      ['ZZERO', 8],
      ['ZQUANTIZ', 'NO_DITHER'],
      ['BSCALE', 2],
      ['BZERO', 1],
    ]
    const columns = [{ name: 'COMPRESSED_DATA', heap: [riceEncode([4, -(2 ** 31)], 4, 32)] }]
    const hdu = await tiledHdu({ bitpix: -64, shape: [2], compression: 'RICE_1', columns, cards })
    expect((await readPixels(hdu)).data).toEqual(Float64Array.of(9, Number.NaN))
    expect((await readPlane(hdu)).data).toEqual(Float32Array.of(19, Number.NaN))
  })

  it('unsigned and blank integers', async () => {
    const columns = [{ name: 'COMPRESSED_DATA', heap: [riceEncode([-32768, 5], 2, 32)] }]
    const cards: HeaderEntry[] = [
      ['ZNAME1', 'BYTEPIX'],
      ['ZVAL1', 2],
      ['BZERO', 32768],
      ['BSCALE', 1],
      ['ZBLANK', 5],
    ]
    const hdu = await tiledHdu({ bitpix: 16, shape: [2], compression: 'RICE_1', columns, cards })
    const { data, scaling } = await readPixels(hdu)
    expect(data).toEqual(Uint16Array.of(0, 32773))
    expect(scaling.blank).toBe(32773)
    expect((await readPlane(hdu)).data).toEqual(Float32Array.of(0, Number.NaN))
  })
})

describe('what is wrong with a compressed image', () => {
  const good = { name: 'COMPRESSED_DATA', heap: [gz(new Uint8Array(4)), gz(new Uint8Array(4))] }
  const file = { bitpix: 16, shape: [2, 2], compression: 'GZIP_1', columns: [good] }
  const wrong = async (change: Partial<TiledFile>) => {
    const hdu = await tiledHdu({ ...file, ...change })
    return failure(() => readPlane(hdu))
  }

  it.each<[string, Partial<TiledFile>, RegExp]>([
    [
      'HCOMPRESS_1',
      { compression: 'HCOMPRESS_1' },
      /^UNSUPPORTED tile compression HCOMPRESS_1; known: RICE_1, RICE_ONE, GZIP_1, GZIP_2, NOCOMPRESS$/,
    ],
    ['toString', { compression: 'toString' }, /^UNSUPPORTED tile compression toString; known/],
    ['no name', { compression: '' }, /^UNSUPPORTED tile compression \(unnamed\); known/],
    [
      'ZQUANTIZ',
      { cards: [['ZQUANTIZ', 'OTHER']] },
      /^UNSUPPORTED ZQUANTIZ OTHER; known: NO_DITHER/,
    ],
    ['ZMASKCMP', { cards: [['ZMASKCMP', 'GZIP_1']] }, /^UNSUPPORTED ZMASKCMP/],
    [
      'rows',
      { shape: [2, 5] },
      /^CORRUPT compressed image of HDU 1: wanted 5 tiles, table has 2 \(at byte \d+\)$/,
    ],
    ['ZTILE', { tile: [0] }, /^BAD_HEADER ZTILE1: wanted a length from 1, got 0$/],
    [
      'empty',
      { columns: [{ ...good, heap: [gz(new Uint8Array(4)), none] }] },
      /^CORRUPT tile 1: the table points to no data$/,
    ],
    [
      'bytes',
      { columns: [{ ...good, heap: [gz(new Uint8Array(4)), gz(new Uint8Array(5))] }] },
      /^CORRUPT tile 1: tile: wanted 1, 2, 4 or 8 times 2 bytes, got 5 \(at byte \d+\)$/,
    ],
    ['floats', { bitpix: -32 }, /^CORRUPT tile \d: tile: wanted 8 bytes, got 4 \(at byte \d+\)$/],
    [
      'gzip',
      { columns: [{ ...good, heap: [gz(new Uint8Array(4)), Uint8Array.of(1, 2, 3)] }] },
      /^CORRUPT tile 1: gzip tile: damaged after 0 bytes/,
    ],
    [
      'huge',
      { shape: [2 ** 30, 2] },
      /^UNSUPPORTED tile \d of 1073741824 pixels; known up to 536870912/,
    ],
  ])('%s', async (name, change, message) => {
    const section = name === 'huge' ? { section: { x: 0, y: 0, width: 1, height: 2 } } : {}
    const hdu = await tiledHdu({ ...file, ...change })
    expect(await failure(() => readPlane(hdu, section))).toMatch(message)
  })

  it('a table that is cut short', async () => {
    const bytes = tiledFile(file)
    const hdu = (await openFits(bufferSource(bytes)))[1]!
    const ended = (size: number) => ({ ...hdu, source: bufferSource(bytes.subarray(0, size)) })
    expect(await failure(() => readPlane(ended(hdu.dataOffset + 10)))).toMatch(
      /^TRUNCATED compressed image of HDU 1: wanted \d+ bytes, the file has 10 \(at byte \d+\)$/,
    )
    const vast = { ...hdu, shape: [1e6, 1e6] }
    expect(await failure(() => readPlane(vast))).toMatch(/wanted 1000000 tiles, table has 2/)
    expect(await failure(() => readPlane(ended(hdu.dataOffset + 20)))).toMatch(
      /^TRUNCATED compressed tiles of HDU 1: wanted \d+ bytes, got 4/,
    )
  })

  it('descriptors and columns that make no sense', async () => {
    const bytes = tiledFile(file)
    const hdu = (await openFits(bufferSource(bytes)))[1]!
    const damaged = bytes.slice()
    damaged[hdu.dataOffset] = 0x80
    expect(await failure(() => readPlane({ ...hdu, source: bufferSource(damaged) }))).toMatch(
      /^CORRUPT table: an array of -\d+ elements at heap offset 0$/,
    )
    const form = { ...hdu, header: hdu.header.clone().set('TFORM1', '1Y') }
    expect(await failure(() => readPlane(form))).toBe('BAD_HEADER TFORM1: not understood: "1Y"')
    const wide = { ...hdu, header: hdu.header.clone().set('TFORM1', '9PB') }
    expect(await failure(() => readPlane(wide))).toBe(
      'BAD_HEADER NAXIS1: columns want 72 bytes, rows have 8',
    )
    expect(
      await wrong({ columns: [{ name: 'COMPRESSED_DATA', numbers: [1, 2], form: 'J' }] }),
    ).toBe('CORRUPT tile 0: the table points to no data')
  })

  it('an aborted signal', async () => {
    const hdu = await tiledHdu(file)
    const signal = AbortSignal.abort(new Error('stop'))
    expect(await failure(() => readPlane(hdu, { signal }))).toBe('undefined stop')
  })
})
