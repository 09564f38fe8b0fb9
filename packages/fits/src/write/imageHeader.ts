import type { Bitpix, Hdu, Scaling } from '../hdu.ts'
import type { HeaderValue } from '../header/card.ts'
import { Header, type HeaderEntry } from '../header/header.ts'

/** What describes the array and is therefore written from the array, not from a given header. */
const arrayKeywords =
  /^(SIMPLE|XTENSION|BITPIX|NAXIS\d*|PCOUNT|GCOUNT|GROUPS|EXTEND|BSCALE|BZERO|BLANK|CHECKSUM|DATASUM|END)$/

/** What describes the table around a compressed image. */
const tableKeywords =
  /^(TFIELDS|THEAP|T(TYPE|FORM|UNIT|NULL|SCAL|ZERO|DIM|DISP)\d+|Z(IMAGE|CMPTYPE|BITPIX|SIMPLE|TENSION|EXTEND|PCOUNT|GCOUNT|QUANTIZ|DITHER0|BLANK|SCALE|ZERO|MASKCMP|HECKSUM|DATASUM|BLOCKED)|Z(NAXIS|TILE|NAME|VAL)\d*)$/

/** What an array needs of a header. */
export interface ArrayLayout {
  readonly bitpix: Bitpix
  readonly shape: readonly number[]
  readonly scaling: Scaling
}

/**
 * The header of the image that an HDU holds: for a compressed image the one it had before, without the
 * keywords of the table around it; for others a copy.
 */
export function imageHeader(hdu: Hdu): Header {
  if (hdu.kind !== 'compressed-image') return hdu.header.clone()
  const primary = hdu.header.get('ZSIMPLE') === true
  const header = arrayHeader(hdu, hdu.header, { primary, extend: false })
  // The name that compressors give to what had none.
  if (header.get('EXTNAME') === 'COMPRESSED_IMAGE') header.delete('EXTNAME')
  return header
}

/** The keywords of an array, then every card of `given` that describes something else, as it stands. */
export function arrayHeader(
  layout: ArrayLayout,
  given: Header,
  { primary, extend }: { readonly primary: boolean; readonly extend: boolean },
): Header {
  const table = given.getString('XTENSION') === 'BINTABLE'
  const kept = given.cards.filter(
    ({ keyword }) => !arrayKeywords.test(keyword) && !(table && tableKeywords.test(keyword)),
  )
  const entries = arrayEntries(layout, primary, extend).map(
    ([keyword, value, comment]): HeaderEntry => {
      const own = table ? undefined : given.comment(keyword)
      return [keyword, value, own || comment || '']
    },
  )
  return new Header([...entries, ...kept], given.problems)
}

function arrayEntries(
  { bitpix, shape, scaling }: ArrayLayout,
  primary: boolean,
  extend: boolean,
): HeaderEntry[] {
  const entries: HeaderEntry[] = [
    primary
      ? ['SIMPLE', true, 'conforms to FITS standard']
      : ['XTENSION', 'IMAGE', 'image extension'],
    ['BITPIX', bitpix, 'bits per pixel; negative for floating point'],
    ['NAXIS', shape.length, 'number of axes'],
  ]
  for (const [axis, length] of shape.entries()) entries.push([`NAXIS${axis + 1}`, length])
  if (!primary) entries.push(['PCOUNT', 0], ['GCOUNT', 1])
  if (primary && extend) entries.push(['EXTEND', true])
  const { bscale, bzero, blank } = scaling
  if (bscale !== 1 || bzero !== 0) {
    entries.push(['BSCALE', exact(bscale)])
    entries.push(['BZERO', exact(bzero), 'physical value = BZERO + BSCALE * stored value'])
  }
  if (blank !== undefined && bitpix > 0) entries.push(['BLANK', blank, 'stored value of no value'])
  return entries
}

/** 2^63 as an integer, not in floating point, for readers that compare digits. */
function exact(value: number): HeaderValue {
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? BigInt(value) : value
}
