import { FitsError } from './errors.ts'
import { Header } from './header/header.ts'
import type { ByteSource } from './source/source.ts'

/**
 * What an HDU holds. Images and compressed images can be read; the others are recognised.
 * `groups` are random groups; `unknown` an extension of a private type, or one whose header is broken.
 */
export type HduKind = 'image' | 'compressed-image' | 'table' | 'ascii-table' | 'groups' | 'unknown'

/** Bits per pixel; negative for floating point. */
export type Bitpix = 8 | 16 | 32 | 64 | -32 | -64

/** How stored values become physical ones: `bzero + bscale * stored`. */
export interface Scaling {
  readonly bscale: number
  readonly bzero: number
  /** Stored integer that means "no value"; undefined where there is none. */
  readonly blank: number | bigint | undefined
}

/** One header and data unit of a file. Its data stay in the source until they are read. */
export interface Hdu {
  /** Place in the file, 0 for the primary HDU. */
  readonly index: number
  readonly kind: HduKind
  /** EXTNAME; `PRIMARY` for an unnamed first HDU, otherwise empty. */
  readonly name: string
  /** As in the file: for a compressed image that of its table (`imageHeader` gives the image's own). */
  readonly header: Header
  /** Length of each axis of the array, the fastest first; of the image itself where it is compressed. */
  readonly shape: readonly number[]
  /** Type of the pixels; of the image itself where it is compressed. */
  readonly bitpix: Bitpix
  readonly scaling: Scaling
  /** Where the data begin in the source, in bytes. */
  readonly dataOffset: number
  /** Length of the data in the file without the padding, in bytes. */
  readonly dataBytes: number
  readonly source: ByteSource
}

const bitpixValues: readonly number[] = [8, 16, 32, 64, -32, -64]

/** Reads the layout of the data out of a header. @throws FitsError `BAD_HEADER` naming the keyword */
export function describeHdu(
  header: Header,
  place: Pick<Hdu, 'index' | 'dataOffset' | 'source'>,
): Hdu {
  const kind = kindOf(header, place.index)
  const axes = readShape(header, 'NAXIS')
  const stored =
    axes.length === 0 ? (header.getNumber('BITPIX') ?? 8) : readBitpix(header, 'BITPIX')
  const compressed = kind === 'compressed-image'
  return {
    ...place,
    kind,
    name: header.getString('EXTNAME') ?? (place.index === 0 ? 'PRIMARY' : ''),
    header,
    shape: compressed ? readShape(header, 'ZNAXIS') : kind === 'groups' ? axes.slice(1) : axes,
    bitpix: (compressed ? readBitpix(header, 'ZBITPIX') : stored) as Bitpix,
    scaling: readScaling(header, compressed),
    dataBytes: dataBytesOf(header, axes, Math.abs(stored) / 8, kind, place),
  }
}

/** An HDU whose header cannot be understood, kept so that what stands before it can be used. */
export function brokenHdu(
  header: Header,
  place: Pick<Hdu, 'index' | 'dataOffset' | 'source'>,
  reason: string,
): Hdu {
  return {
    ...place,
    kind: 'unknown',
    name: header.getString('EXTNAME') ?? '',
    header: new Header(header.cards, [...header.problems, `this HDU cannot be used: ${reason}`]),
    shape: [],
    bitpix: 8,
    scaling: { bscale: 1, bzero: 0, blank: undefined },
    dataBytes: 0,
  }
}

/** The first HDU with an image of at least two axes and one pixel; undefined where there is none. */
export function findImage(hdus: readonly Hdu[]): Hdu | undefined {
  return hdus.find(
    ({ kind, shape }) =>
      (kind === 'image' || kind === 'compressed-image') &&
      shape.length >= 2 &&
      shape.every((length) => length > 0),
  )
}

function kindOf(header: Header, index: number): HduKind {
  if (index === 0) {
    if (header.get('SIMPLE') !== true) return 'unknown'
    return header.get('GROUPS') === true && header.get('NAXIS1') === 0 ? 'groups' : 'image'
  }
  switch (header.getString('XTENSION')) {
    case 'IMAGE':
    case 'IUEIMAGE':
      return 'image'
    case 'BINTABLE':
    case 'A3DTABLE':
      return header.get('ZIMAGE') === true ? 'compressed-image' : 'table'
    case 'TABLE':
      return 'ascii-table'
    default:
      return 'unknown'
  }
}

function readShape(header: Header, keyword: 'NAXIS' | 'ZNAXIS'): number[] {
  const axes = readCount(header, keyword)
  if (axes > 999) throw badHeader(keyword, 'at most 999 axes', axes)
  return Array.from({ length: axes }, (_, axis) => readCount(header, `${keyword}${axis + 1}`))
}

function readBitpix(header: Header, keyword: string): number {
  const value = header.getNumber(keyword)
  if (value === undefined || !bitpixValues.includes(value)) {
    throw badHeader(keyword, `one of ${bitpixValues.join(', ')}`, header.get(keyword))
  }
  return value
}

/** A count that the header must have, or `absent` where it may be left out. */
export function readCount(header: Header, keyword: string, absent?: number): number {
  const value = header.has(keyword) ? header.getNumber(keyword) : absent
  if (value === undefined || !Number.isSafeInteger(value) || value < 0) {
    throw badHeader(keyword, 'a whole number from 0', header.get(keyword))
  }
  return value
}

function badHeader(keyword: string, wanted: string, got: unknown): FitsError {
  return new FitsError('BAD_HEADER', `${keyword}: wanted ${wanted}, got ${got ?? 'none'}`)
}

function readScaling(header: Header, compressed: boolean): Scaling {
  const blank = header.get('BLANK') ?? (compressed ? header.get('ZBLANK') : undefined)
  return {
    bscale: header.getNumber('BSCALE') ?? 1,
    bzero: header.getNumber('BZERO') ?? 0,
    blank: typeof blank === 'bigint' || Number.isSafeInteger(blank) ? (blank as number) : undefined,
  }
}

/** Length of the data by the rule of the standard: all axes, GCOUNT times, with PCOUNT extra elements. */
function dataBytesOf(
  header: Header,
  axes: readonly number[],
  elementBytes: number,
  kind: HduKind,
  { index, source, dataOffset }: Pick<Hdu, 'index' | 'dataOffset' | 'source'>,
): number {
  if (index === 0 && kind === 'unknown') return Math.max(0, source.size - dataOffset)
  if (axes.length === 0) return 0
  const plain = index === 0 && kind !== 'groups'
  const parameters = plain ? 0 : readCount(header, 'PCOUNT', 0)
  const groups = plain ? 1 : readCount(header, 'GCOUNT', 1)
  const elements = (kind === 'groups' ? axes.slice(1) : axes).reduce((a, b) => a * b, 1)
  const bytes = elementBytes * groups * (parameters + elements)
  if (!Number.isSafeInteger(bytes)) {
    throw new FitsError('BAD_HEADER', `data of ${axes.join(' x ')} elements: ${bytes} bytes`)
  }
  return bytes
}
