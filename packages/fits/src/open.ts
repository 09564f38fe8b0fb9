import { FitsError } from './errors.ts'
import { brokenHdu, describeHdu, type Hdu } from './hdu.ts'
import { CARD_LENGTH } from './header/card.ts'
import { BLOCK_BYTES, findEnd, parseHeader } from './header/codec.ts'
import type { Header } from './header/header.ts'
import { isGzip, requireFits } from './sniff.ts'
import { inflate } from './source/gzip.ts'
import { type ByteSource, bufferSource, readExactly } from './source/source.ts'

export interface OpenFitsOptions {
  readonly signal?: AbortSignal
  /**
   * Largest size a whole-file `.gz` may inflate to, in bytes; a larger one is refused. Default 1 GiB:
   * four times a 26-megapixel image of doubles, and still within a small machine's memory.
   */
  readonly maxInflatedBytes?: number
}

/** Bytes asked for at a time while reading headers: ten blocks, 360 cards, more than most headers. */
const CHUNK_BYTES = 10 * BLOCK_BYTES

/** A header longer than this is a damaged file: 400,000 cards. */
const MAX_HEADER_BYTES = 32_000_000

/**
 * Reads the headers of a FITS file and where its data lie, but no data. A file compressed whole by gzip
 * is inflated into memory first. A file that was cut short opens as far as its headers go; junk after the
 * last HDU is left alone.
 * @throws FitsError `NOT_FITS` for an empty file or one of another kind, `BAD_HEADER`, `TRUNCATED` where
 * even the first header is cut short, `CORRUPT` for a damaged `.gz`, `IO`
 */
export async function openFits(
  source: ByteSource,
  options: OpenFitsOptions = {},
): Promise<readonly Hdu[]> {
  const { signal, maxInflatedBytes = 2 ** 30 } = options
  signal?.throwIfAborted()
  const reader = headerReader(source, signal)
  const start = await reader.bytes(0, CHUNK_BYTES)
  if (isGzip(start)) {
    const whole = await readExactly(source, 0, source.size, 'gzip file', signal)
    const inflated = await inflate(whole, { maxBytes: maxInflatedBytes, what: 'gzip file' })
    if (isGzip(inflated)) throw new FitsError('NOT_FITS', 'not FITS: compressed by gzip twice')
    return openFits(bufferSource(inflated), { ...options })
  }
  requireFits(start)
  return readHdus(source, reader)
}

async function readHdus(source: ByteSource, reader: HeaderReader): Promise<readonly Hdu[]> {
  const hdus: Hdu[] = []
  for (let offset = 0; offset < source.size; ) {
    const index = hdus.length
    if (index > 0 && !(await beginsExtension(reader, offset))) break
    const { header, bytes, complete } = await reader.header(offset)
    if (!complete && index === 0) {
      throw new FitsError('TRUNCATED', `header: no END card, the file ends after ${bytes} bytes`)
    }
    const place = { index, dataOffset: offset + bytes, source }
    if (!complete) {
      hdus.push(brokenHdu(header, place, 'the file ends within this header'))
      break
    }
    try {
      hdus.push(describeHdu(header, place))
    } catch (error) {
      if (index === 0 || !(error instanceof FitsError)) throw error
      hdus.push(brokenHdu(header, place, error.message))
      break
    }
    const { dataOffset, dataBytes } = hdus[index]!
    offset = dataOffset + Math.ceil(dataBytes / BLOCK_BYTES) * BLOCK_BYTES
  }
  return hdus
}

async function beginsExtension(reader: HeaderReader, offset: number): Promise<boolean> {
  const start = await reader.bytes(offset, CARD_LENGTH)
  return String.fromCharCode(...start.subarray(0, 9)) === 'XTENSION='
}

interface HeaderReader {
  bytes(offset: number, length: number): Promise<Uint8Array>
  header(offset: number): Promise<{ header: Header; bytes: number; complete: boolean }>
}

/** Reads ahead in chunks, so that neighbouring small HDUs share a request. */
function headerReader(source: ByteSource, signal: AbortSignal | undefined): HeaderReader {
  let chunk: Uint8Array = new Uint8Array(0)
  let chunkOffset = 0

  const bytes = async (offset: number, length: number): Promise<Uint8Array> => {
    const end = Math.min(offset + length, source.size)
    if (offset < chunkOffset || end > chunkOffset + chunk.length) {
      const ahead = Math.min(Math.max(length, CHUNK_BYTES), source.size - offset)
      chunk = await source.read(offset, Math.max(0, ahead), signal)
      chunkOffset = offset
    }
    return chunk.subarray(offset - chunkOffset, end - chunkOffset)
  }

  const header = async (offset: number) => {
    let searched = 0
    for (let length = BLOCK_BYTES; length <= MAX_HEADER_BYTES; length *= 2) {
      const part = await bytes(offset, length)
      const end = findEnd(part, searched)
      if (end >= 0) {
        const blocks = Math.ceil((end + CARD_LENGTH) / BLOCK_BYTES)
        return { header: parseHeader(part), bytes: blocks * BLOCK_BYTES, complete: true }
      }
      if (part.length < length) {
        return { header: parseHeader(part), bytes: part.length, complete: false }
      }
      searched = part.length
    }
    throw new FitsError('BAD_HEADER', `no END card within ${MAX_HEADER_BYTES} bytes`, { offset })
  }
  return { bytes, header }
}
