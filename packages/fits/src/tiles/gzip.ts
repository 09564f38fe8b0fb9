import { FitsError } from '../errors.ts'
import type { Bitpix } from '../hdu.ts'
import { bytesToValues } from '../image/convert.ts'
import { type PixelData, storedType } from '../image/stored.ts'
import { inflate } from '../source/gzip.ts'
import type { TileDecoder, TileParameters } from './decoders.ts'

/** GZIP_1: the pixels' bytes, deflated. */
export const decodeGzip: TileDecoder = async (bytes, tile) =>
  toPixels(await inflateTile(bytes, tile), tile)

/** GZIP_2: the first byte of every pixel, then the second of every pixel and so on, deflated. */
export const decodeShuffledGzip: TileDecoder = async (bytes, tile) => {
  const shuffled = await inflateTile(bytes, tile)
  const size = Math.floor(shuffled.length / tile.pixels)
  const plain = new Uint8Array(shuffled.length)
  for (let byte = 0, at = 0; byte < size; byte++) {
    for (let i = byte; i < plain.length; i += size) plain[i] = shuffled[at++]!
  }
  return toPixels(plain, tile)
}

/** NOCOMPRESS: the pixels' bytes. */
export const decodeRaw: TileDecoder = (bytes, tile) => toPixels(bytes, tile)

function inflateTile(bytes: Uint8Array, { pixels }: TileParameters): Promise<Uint8Array> {
  return inflate(bytes, { maxBytes: pixels * 8, what: 'gzip tile' })
}

/**
 * Big-endian bytes to pixels. Integers may be kept in fewer or more bytes than the image's BITPIX says, so
 * their size follows from the length.
 */
function toPixels(bytes: Uint8Array, { pixels, bitpix }: TileParameters): PixelData {
  const size = bytes.length / pixels
  if (![1, 2, 4, 8].includes(size) || (bitpix < 0 && size !== -bitpix / 8)) {
    const wanted = bitpix < 0 ? `${(-bitpix / 8) * pixels}` : `1, 2, 4 or 8 times ${pixels}`
    throw new FitsError('CORRUPT', `tile: wanted ${wanted} bytes, got ${bytes.length}`)
  }
  const type = storedType((bitpix < 0 ? bitpix : size * 8) as Bitpix)
  const values = type.make(pixels)
  bytesToValues(bytes, type, values, 0)
  return values
}
