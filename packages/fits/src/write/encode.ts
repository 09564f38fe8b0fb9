import { FitsError } from '../errors.ts'
import type { Scaling } from '../hdu.ts'
import { BLOCK_BYTES, encodeHeader } from '../header/codec.ts'
import { Header, type HeaderEntry } from '../header/header.ts'
import { valuesToBytes } from '../image/convert.ts'
import { type PixelData, type PixelType, typeOf } from '../image/stored.ts'
import { arrayHeader } from './imageHeader.ts'

/** An image to be written. A `Plane` or what `readPixels` returns is one; so is a header without data. */
export interface ImageInput {
  /**
   * The pixels, whose array type sets BITPIX; unsigned types (and Int8Array) are kept by BZERO. None for
   * an HDU that is only a header.
   */
  readonly data?: PixelData
  /** Length of each axis, the fastest first. Default `[width, height]`, or one axis of all of `data`. */
  readonly shape?: readonly number[]
  readonly width?: number
  readonly height?: number
  /**
   * Cards to write, kept as they stand and in order. Those that describe the array (BITPIX, NAXISn, BZERO,
   * BSCALE, BLANK, those of a table around a compressed image) are written anew from the array instead,
   * and checksums are left out.
   */
  readonly header?: Header | Iterable<HeaderEntry>
  /** EXTNAME. Default what the header says. */
  readonly name?: string
  /** How to get from `data` to physical values: written as BSCALE, BZERO, BLANK. Default as they are. */
  readonly scaling?: Scaling
}

/** Elements turned into bytes at a time. */
const CHUNK = 2 ** 20

/**
 * A FITS file of these images in memory, the first as primary HDU. `writeFits` of `@nebulift/fits/node`
 * writes to disk without building the whole.
 * @throws FitsError `BAD_ARGUMENT` where shape and data disagree or a card cannot be written
 */
export function encodeFits(hdus: readonly ImageInput[]): Uint8Array {
  const sizes = hdus.map((hdu, index) => {
    const { byteLength = 0 } = hdu.data ?? {}
    const header = headerOf(hdu, typeOfData(hdu), index, hdus.length)
    return encodeHeader(header).length + byteLength + padding(byteLength).length
  })
  const file = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0))
  let at = 0
  for (const [index, hdu] of hdus.entries()) {
    for (const chunk of encodeHdu(hdu, index, hdus.length)) {
      file.set(chunk, at)
      at += chunk.length
    }
  }
  return file
}

/** The bytes of one HDU in pieces of a few MB: header, data, padding. */
export function* encodeHdu(hdu: ImageInput, index: number, count: number): Generator<Uint8Array> {
  const { data = new Uint8Array(0) } = hdu
  const type = typeOfData(hdu)
  yield encodeHeader(headerOf(hdu, type, index, count))
  for (let start = 0; start < data.length; start += CHUNK) {
    yield valuesToBytes(data.subarray(start, start + CHUNK), type)
  }
  yield padding(data.byteLength)
}

/** Zero bytes up to the next whole block. */
export function padding(bytes: number): Uint8Array {
  return new Uint8Array((BLOCK_BYTES - (bytes % BLOCK_BYTES)) % BLOCK_BYTES)
}

function headerOf(hdu: ImageInput, type: PixelType, index: number, count: number): Header {
  const { bscale = 1, bzero = 0, blank } = hdu.scaling ?? {}
  const layout = {
    bitpix: type.bitpix,
    shape: shapeOf(hdu),
    scaling: {
      bscale,
      bzero: bzero + bscale * type.bzero,
      blank: blank === undefined ? undefined : storedBlank(blank, type),
    },
  }
  const given = hdu.header instanceof Header ? hdu.header : new Header(hdu.header)
  const primary = index === 0
  const header = arrayHeader(layout, given, { primary, extend: primary && count > 1 })
  return hdu.name === undefined ? header : header.set('EXTNAME', hdu.name)
}

function storedBlank(blank: number | bigint, type: PixelType): number | bigint {
  return typeof blank === 'bigint' ? blank - BigInt(type.bzero) : blank - type.bzero
}

function shapeOf({ data, shape, width, height }: ImageInput): readonly number[] {
  if (!data) return []
  const axes =
    shape ?? (width !== undefined && height !== undefined ? [width, height] : [data.length])
  const pixels = axes.reduce((product, length) => product * length, 1)
  if (axes.length > 0 && pixels === data.length && axes.every(Number.isInteger)) return axes
  throw new FitsError(
    'BAD_ARGUMENT',
    `shape ${axes.join(' x ')} wants ${pixels} pixels, data has ${data.length}`,
  )
}

function typeOfData({ data = new Uint8Array(0) }: ImageInput): PixelType {
  const type = typeOf(data)
  if (type) return type
  const name = Object.prototype.toString.call(data).slice(8, -1)
  throw new FitsError('BAD_ARGUMENT', `data: wanted a typed array, got ${name}`)
}
