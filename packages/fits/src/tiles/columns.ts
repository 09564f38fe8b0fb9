import { FitsError } from '../errors.ts'
import { type Hdu, readCount } from '../hdu.ts'
import type { Header } from '../header/header.ts'

/** Bytes of one element of a binary table column, by the letter of TFORMn. */
const elementBytes: Readonly<Record<string, number>> = {
  L: 1,
  B: 1,
  I: 2,
  J: 4,
  K: 8,
  A: 1,
  E: 4,
  D: 8,
  C: 8,
  M: 16,
  P: 8,
  Q: 16,
}

/** One column of a binary table. */
export interface Column {
  /** Where it begins in a row, in bytes. */
  readonly offset: number
  /** Letter of TFORMn; P and Q are descriptors of arrays in the heap. */
  readonly letter: string
  /** Letter of the elements of an array in the heap. */
  readonly heapLetter: string
}

/** Where rows, columns and heap of a binary table lie. */
export interface TableLayout {
  readonly rowBytes: number
  readonly rows: number
  readonly columns: ReadonlyMap<string, Column>
  /** Offset of the heap in the source. */
  readonly heap: number
}

/** @throws FitsError `BAD_HEADER` naming the keyword */
export function tableLayout({ header, dataOffset }: Hdu): TableLayout {
  const rowBytes = readCount(header, 'NAXIS1')
  const rows = readCount(header, 'NAXIS2')
  return {
    rowBytes,
    rows,
    columns: readColumns(header, rowBytes),
    heap: dataOffset + readCount(header, 'THEAP', rowBytes * rows),
  }
}

function readColumns(header: Header, rowBytes: number): Map<string, Column> {
  const columns = new Map<string, Column>()
  let offset = 0
  for (let number = 1; number <= readCount(header, 'TFIELDS'); number++) {
    const form = header.getString(`TFORM${number}`) ?? ''
    const match = /^(\d*)([LXBIJKAEDCMPQ])([A-Z]?)/.exec(form)
    if (!match) throw new FitsError('BAD_HEADER', `TFORM${number}: not understood: "${form}"`)
    const [, count = '', letter = '', heapLetter = ''] = match
    const name = header.getString(`TTYPE${number}`)?.toUpperCase() ?? ''
    if (!columns.has(name)) columns.set(name, { offset, letter, heapLetter })
    const repeat = count === '' ? 1 : Number(count)
    offset += letter === 'X' ? Math.ceil(repeat / 8) : repeat * elementBytes[letter]!
  }
  if (offset > rowBytes) {
    throw new FitsError('BAD_HEADER', `NAXIS1: columns want ${offset} bytes, rows have ${rowBytes}`)
  }
  return columns
}

/** Where an array lies in the heap. */
export interface HeapArray {
  /** Offset from the start of the heap, in bytes. */
  readonly offset: number
  readonly bytes: number
  /** Letter of its elements. */
  readonly letter: string
}

/** The array that a P or Q column points to; undefined for an absent column or an empty array. */
export function heapArray(column: Column | undefined, row: DataView): HeapArray | undefined {
  if (!column || (column.letter !== 'P' && column.letter !== 'Q')) return undefined
  const long = column.letter === 'Q'
  const { offset, heapLetter: letter } = column
  const count = long ? Number(row.getBigInt64(offset)) : row.getInt32(offset)
  const start = long ? Number(row.getBigInt64(offset + 8)) : row.getInt32(offset + 4)
  if (count === 0) return undefined
  if (count < 0 || start < 0) {
    throw new FitsError('CORRUPT', `table: an array of ${count} elements at heap offset ${start}`)
  }
  return { offset: start, bytes: count * (elementBytes[letter] ?? 1), letter }
}

/** A number of a scalar column; undefined where there is no such column. */
export function columnNumber(column: Column | undefined, row: DataView): number | undefined {
  switch (column?.letter) {
    case 'B':
      return row.getUint8(column.offset)
    case 'I':
      return row.getInt16(column.offset)
    case 'J':
      return row.getInt32(column.offset)
    case 'K':
      return Number(row.getBigInt64(column.offset))
    case 'E':
      return row.getFloat32(column.offset)
    case 'D':
      return row.getFloat64(column.offset)
    default:
      return undefined
  }
}
