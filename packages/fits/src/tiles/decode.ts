import { FitsError } from '../errors.ts'
import type { Bitpix, Hdu } from '../hdu.ts'
import type { Header } from '../header/header.ts'
import { type PixelData, storedType } from '../image/stored.ts'
import { columnNumber, heapArray, type TableLayout, tableLayout } from './columns.ts'
import { decoderFor, type TileDecoder, type TileParameters } from './decoders.ts'
import { type Tile, tileCount } from './grid.ts'
import { type Dither, dequantize } from './quantize.ts'

/** Where the bytes of a tile are, and how to undo what was done to them. */
export interface TilePart {
  readonly tile: Tile
  /** Offset in the source, in bytes. */
  readonly offset: number
  readonly bytes: number
  /** By ZCMPTYPE, by gzip (floats that could not be quantised), or not compressed at all. */
  readonly form: 'compressed' | 'gzip' | 'raw'
  /** Letter of the elements in the heap. */
  readonly letter: string
  /** Undefined where the values were not quantised. */
  readonly scale: number | undefined
  readonly zero: number
  readonly blank: number
}

/** Knows how the tiles of one image are kept. */
export interface TileReader {
  readonly table: TableLayout
  locate(tile: Tile, row: DataView): TilePart
  decode(part: TilePart, bytes: Uint8Array): Promise<PixelData>
}

/** More pixels in one tile than this are not decoded: they would not fit into memory with their image. */
const MAX_TILE_PIXELS = 2 ** 29

/** Blank integer of quantised floats where the file names none: the customary one. */
const DEFAULT_BLANK = -(2 ** 31)

const bitpixOfLetter: Readonly<Record<string, Bitpix>> = {
  B: 8,
  I: 16,
  J: 32,
  K: 64,
  E: -32,
  D: -64,
}

/**
 * Checks the whole of what the header promises before memory is asked for.
 * @throws FitsError `UNSUPPORTED` for a compression that is not known, `BAD_HEADER`, `CORRUPT`, `TRUNCATED`
 */
export async function tileReader(hdu: Hdu): Promise<TileReader> {
  const { header } = hdu
  const decode = await decoderFor(header.getString('ZCMPTYPE') ?? '')
  const dither = ditherOf(header)
  if (header.has('ZMASKCMP')) {
    throw new FitsError('UNSUPPORTED', 'ZMASKCMP: a compressed mask of null pixels is not read')
  }
  const parameters = readParameters(header)
  const table = tableLayout(hdu)
  requireTable(hdu, table)
  const ditherStart = (header.getNumber('ZDITHER0') ?? 1) - 1
  return {
    table,
    locate: (tile, row) => locate(hdu, table, tile, row),
    decode: async (part, bytes) => {
      const values = await unpack(part, bytes, { hdu, decode, parameters })
      if (values.length !== part.tile.pixels) {
        const got = `wanted ${part.tile.pixels} pixels, got ${values.length}`
        throw new FitsError('CORRUPT', `tile ${part.tile.row}: ${got}`, { offset: part.offset })
      }
      if (hdu.bitpix > 0 || part.scale === undefined) return inType(values, hdu.bitpix)
      const quantization = {
        scale: part.scale,
        zero: part.zero,
        blank: part.blank,
        dither,
        ditherTile: part.tile.row + ditherStart,
      }
      const out = storedType(hdu.bitpix).make(values.length) as Float32Array | Float64Array
      return dequantize(inType(values, 32) as Int32Array, quantization, out)
    },
  }
}

function requireTable(hdu: Hdu, { rows, rowBytes }: TableLayout): void {
  const wanted = tileCount(hdu)
  if (wanted > rows) {
    const message = `compressed image of HDU ${hdu.index}: wanted ${wanted} tiles, table has ${rows}`
    throw new FitsError('CORRUPT', message, { offset: hdu.dataOffset })
  }
  const got = Math.max(0, hdu.source.size - hdu.dataOffset)
  if (got < rows * rowBytes) {
    const message = `compressed image of HDU ${hdu.index}: wanted ${hdu.dataBytes} bytes, the file has ${got}`
    throw new FitsError('TRUNCATED', message, { offset: hdu.dataOffset })
  }
}

function locate({ header, bitpix }: Hdu, table: TableLayout, tile: Tile, row: DataView): TilePart {
  const { columns, heap } = table
  const number = (name: string) => columnNumber(columns.get(name), row) ?? header.getNumber(name)
  const compressed = heapArray(columns.get('COMPRESSED_DATA'), row)
  const gzip = heapArray(columns.get('GZIP_COMPRESSED_DATA'), row)
  const raw = heapArray(columns.get('UNCOMPRESSED_DATA'), row)
  const array = compressed ?? gzip ?? raw
  if (!array) throw new FitsError('CORRUPT', `tile ${tile.row}: the table points to no data`)
  const lossless = bitpix > 0 || header.getString('ZQUANTIZ') === 'NONE' || !compressed
  return {
    tile,
    offset: heap + array.offset,
    bytes: array.bytes,
    form: compressed ? 'compressed' : gzip ? 'gzip' : 'raw',
    letter: array.letter,
    scale: lossless ? undefined : number('ZSCALE'),
    zero: number('ZZERO') ?? 0,
    blank: number('ZBLANK') ?? DEFAULT_BLANK,
  }
}

async function unpack(
  { tile, form, letter, scale, offset }: TilePart,
  bytes: Uint8Array,
  {
    hdu,
    decode,
    parameters,
  }: {
    readonly hdu: Hdu
    readonly decode: TileDecoder
    readonly parameters: ReadonlyMap<string, number>
  },
): Promise<PixelData> {
  if (tile.pixels > MAX_TILE_PIXELS) {
    const most = `known up to ${MAX_TILE_PIXELS}`
    throw new FitsError('UNSUPPORTED', `tile ${tile.row} of ${tile.pixels} pixels; ${most}`)
  }
  const bitpix = form === 'raw' ? (bitpixOfLetter[letter] ?? hdu.bitpix) : hdu.bitpix
  const described: TileParameters = {
    pixels: tile.pixels,
    parameters,
    bitpix: scale === undefined ? bitpix : 32,
  }
  const undo =
    form === 'compressed' ? decode : await decoderFor(form === 'gzip' ? 'GZIP_1' : 'NOCOMPRESS')
  try {
    return await undo(bytes, described)
  } catch (error) {
    if (!(error instanceof FitsError)) throw error
    throw new FitsError(error.code, `tile ${tile.row}: ${error.message}`, { offset, cause: error })
  }
}

/** Values in the array type of a BITPIX. Compressors may keep integers in fewer or more bytes. */
function inType(values: PixelData, bitpix: Bitpix): PixelData {
  const type = storedType(bitpix)
  const target = type.make(0)
  if (Object.getPrototypeOf(values) === Object.getPrototypeOf(target)) return values
  const converted = type.make(values.length)
  if (converted instanceof BigInt64Array) {
    for (let i = 0; i < values.length; i++) converted[i] = BigInt(values[i]!)
  } else {
    for (let i = 0; i < values.length; i++) converted[i] = Number(values[i])
  }
  return converted
}

function readParameters(header: Header): Map<string, number> {
  const parameters = new Map<string, number>()
  for (let i = 1; header.has(`ZNAME${i}`); i++) {
    const value = header.getNumber(`ZVAL${i}`)
    if (value !== undefined) parameters.set(header.getString(`ZNAME${i}`) ?? '', value)
  }
  return parameters
}

function ditherOf(header: Header): Dither {
  const name = header.getString('ZQUANTIZ') ?? 'NO_DITHER'
  switch (name) {
    case 'SUBTRACTIVE_DITHER_1':
    case 'SUBTRACTIVE_DITHER_2':
    case 'NO_DITHER':
      return name
    case 'NONE':
      return 'NO_DITHER'
    default:
      throw new FitsError(
        'UNSUPPORTED',
        `ZQUANTIZ ${name}; known: NO_DITHER, SUBTRACTIVE_DITHER_1, SUBTRACTIVE_DITHER_2, NONE`,
      )
  }
}
