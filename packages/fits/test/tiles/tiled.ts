import { bufferSource, type Hdu, type HeaderEntry, openFits } from '@nebulift/fits'
import { concat, rawHdu } from '../helpers.ts'

/** A column of a table of tiles: arrays in the heap, or one number for each tile. */
export type TestColumn =
  | { readonly name: string; readonly heap: readonly Uint8Array[]; readonly form?: string }
  | {
      readonly name: string
      readonly numbers: readonly number[]
      readonly form: 'J' | 'D' | 'E' | 'I' | 'K' | 'B'
    }

export interface TiledFile {
  readonly bitpix: number
  readonly shape: readonly number[]
  readonly tile?: readonly number[]
  readonly compression: string
  readonly columns: readonly TestColumn[]
  readonly cards?: readonly HeaderEntry[]
  /** Bytes between table and heap. */
  readonly gap?: number
}

const widths: Readonly<Record<string, number>> = { P: 8, Q: 16, J: 4, D: 8, E: 4, I: 2, K: 8, B: 1 }
const elementBytes: Readonly<Record<string, number>> = { B: 1, I: 2, J: 4, E: 4, D: 8, K: 8 }
const formOf = (column: TestColumn) => column.form ?? 'PB'

/** A file whose second HDU is a compressed image, put together by hand. */
export function tiledFile(file: TiledFile): Uint8Array {
  const { columns, gap = 0, tile = [], shape } = file
  const rows = Math.max(...columns.map((c) => ('heap' in c ? c.heap.length : c.numbers.length)))
  const rowBytes = columns.reduce((sum, column) => sum + widths[formOf(column)[0]!]!, 0)
  const table = new DataView(new ArrayBuffer(rows * rowBytes + gap))
  const heap: Uint8Array[] = []
  let heapBytes = 0
  for (let row = 0; row < rows; row++) {
    let at = row * rowBytes
    for (const column of columns) {
      const form = formOf(column)
      if ('heap' in column) {
        const bytes = column.heap[row]!
        const count = bytes.length / elementBytes[form[1]!]!
        if (form[0] === 'Q') {
          table.setBigInt64(at, BigInt(count))
          table.setBigInt64(at + 8, BigInt(heapBytes))
        } else {
          table.setInt32(at, count)
          table.setInt32(at + 4, heapBytes)
        }
        heap.push(bytes)
        heapBytes += bytes.length
      } else setNumber(table, at, column.form, column.numbers[row]!)
      at += widths[form[0]!]!
    }
  }
  const cards: HeaderEntry[] = [
    ['XTENSION', 'BINTABLE'],
    ['BITPIX', 8],
    ['NAXIS', 2],
    ['NAXIS1', rowBytes],
    ['NAXIS2', rows],
    ['PCOUNT', gap + heapBytes],
    ['GCOUNT', 1],
    ['TFIELDS', columns.length],
    ...columns.flatMap((column, i): HeaderEntry[] => [
      [`TTYPE${i + 1}`, column.name],
      [`TFORM${i + 1}`, `1${formOf(column)}`],
    ]),
    ...(gap > 0 ? [['THEAP', rows * rowBytes + gap] as HeaderEntry] : []),
    ['ZIMAGE', true],
    ['ZCMPTYPE', file.compression],
    ['ZBITPIX', file.bitpix],
    ['ZNAXIS', shape.length],
    ...shape.map((length, axis): HeaderEntry => [`ZNAXIS${axis + 1}`, length]),
    ...tile.map((length, axis): HeaderEntry => [`ZTILE${axis + 1}`, length]),
    ...(file.cards ?? []),
  ]
  const primary = rawHdu([
    ['SIMPLE', true],
    ['BITPIX', 8],
    ['NAXIS', 0],
  ])
  return concat(primary, rawHdu(cards, concat(new Uint8Array(table.buffer), ...heap)))
}

function setNumber(table: DataView, at: number, form: string, value: number): void {
  if (form === 'J') table.setInt32(at, value)
  else if (form === 'I') table.setInt16(at, value)
  else if (form === 'B') table.setUint8(at, value)
  else if (form === 'K') table.setBigInt64(at, BigInt(value))
  else if (form === 'E') table.setFloat32(at, value)
  else table.setFloat64(at, value)
}

export async function tiledHdu(file: TiledFile): Promise<Hdu> {
  return (await openFits(bufferSource(tiledFile(file))))[1]!
}

/** RICE_1 by its definition, bit by bit, with the best split of each block found by trying. */
export function riceEncode(
  values: readonly number[],
  bytePix: 1 | 2 | 4,
  block: number,
): Uint8Array {
  const bits: number[] = []
  const put = (value: number, count: number) => {
    for (let bit = count - 1; bit >= 0; bit--) bits.push((value >>> bit) & 1)
  }
  const width = bytePix * 8
  const splitBits = { 1: 3, 2: 4, 4: 5 }[bytePix]
  const raw = { 1: 6, 2: 14, 4: 25 }[bytePix]
  put(values[0] ?? 0, width)
  let last = values[0] ?? 0
  for (let start = 0; start < values.length; start += block) {
    const folded = values.slice(start, start + block).map((value) => {
      const shift = 32 - width
      const difference = ((value - last) << shift) >> shift
      last = value
      return ((difference << 1) ^ (difference >> 31)) >>> 0
    })
    const cost = (split: number) => folded.reduce((sum, n) => sum + (n >>> split) + 1 + split, 0)
    const splits = Array.from({ length: raw }, (_, split) => split)
    const best = splits.reduce((a, b) => (cost(b) < cost(a) ? b : a))
    if (folded.every((n) => n === 0)) put(0, splitBits)
    else if (cost(best) >= folded.length * width) {
      put(raw + 1, splitBits)
      for (const n of folded) put(n, width)
    } else {
      put(best + 1, splitBits)
      for (const n of folded) {
        for (let i = 0; i < n >>> best; i++) bits.push(0)
        bits.push(1)
        put(n, best)
      }
    }
  }
  while (bits.length % 8 > 0) bits.push(0)
  return Uint8Array.from({ length: bits.length / 8 }, (_, i) =>
    Number.parseInt(bits.slice(i * 8, i * 8 + 8).join(''), 2),
  )
}
