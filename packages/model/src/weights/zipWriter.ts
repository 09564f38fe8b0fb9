import { crc32 } from '../crc32.ts'
import { ModelError } from '../errors.ts'

const alignment = 64 // as torch has it, so that data can be mapped and used in place
const utf8Names = 0x0800

/**
 * Writes files into a zip, stored, their data at multiples of 64 bytes, without times: equal files
 * give equal bytes.
 * @throws ModelError `UNSUPPORTED` where there are more than 65534 files or 4 GiB, which ZIP64 is for
 */
export function encodeZip(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const placed = place(files)
  const directoryAt = placed.at(-1)?.end ?? 0
  const directoryBytes = placed.reduce((sum, { name }) => sum + 46 + name.length, 0)
  const total = directoryAt + directoryBytes + 22
  if (placed.length > 0xfffe || total > 0xfffffffe) {
    const got = `${placed.length} files and ${total} bytes`
    throw new ModelError('UNSUPPORTED', `zip: got ${got}, wanted at most 65534 and 4 GiB`)
  }
  const zip = new Uint8Array(total)
  const view = new DataView(zip.buffer)
  let at = directoryAt
  for (const file of placed) {
    writeLocal(zip, file)
    at = writeCentral(zip, at, file)
  }
  view.setUint32(at, 0x06054b50, true)
  view.setUint16(at + 8, placed.length, true)
  view.setUint16(at + 10, placed.length, true)
  view.setUint32(at + 12, directoryBytes, true)
  view.setUint32(at + 16, directoryAt, true)
  return zip
}

interface Placed {
  readonly name: Uint8Array
  readonly bytes: Uint8Array
  readonly crc: number
  readonly begin: number
  readonly data: number
  readonly end: number
}

function place(files: ReadonlyMap<string, Uint8Array>): Placed[] {
  let begin = 0
  return [...files].map(([text, bytes]) => {
    const name = new TextEncoder().encode(text)
    // At least the four bytes that begin an extra field.
    const data = Math.ceil((begin + 30 + name.length + 4) / alignment) * alignment
    const placed = { name, bytes, crc: crc32(bytes), begin, data, end: data + bytes.length }
    begin = placed.end
    return placed
  })
}

function writeLocal(zip: Uint8Array, { name, bytes, crc, begin, data }: Placed): void {
  const view = new DataView(zip.buffer)
  const extra = begin + 30 + name.length
  view.setUint32(begin, 0x04034b50, true)
  writeShared(view, begin + 4, { name, bytes, crc })
  view.setUint16(begin + 28, data - extra, true)
  zip.set(name, begin + 30)
  // The field torch pads with: 'FB', its length, as many Z.
  view.setUint16(extra, 0x4246, true)
  view.setUint16(extra + 2, data - extra - 4, true)
  zip.fill(0x5a, extra + 4, data)
  zip.set(bytes, data)
}

function writeCentral(zip: Uint8Array, at: number, { name, bytes, crc, begin }: Placed): number {
  const view = new DataView(zip.buffer)
  view.setUint32(at, 0x02014b50, true)
  writeShared(view, at + 6, { name, bytes, crc })
  view.setUint32(at + 42, begin, true)
  zip.set(name, at + 46)
  return at + 46 + name.length
}

/** What local headers and the directory say in the same words, from the version needed onwards. */
function writeShared(
  view: DataView,
  at: number,
  { name, bytes, crc }: Pick<Placed, 'name' | 'bytes' | 'crc'>,
): void {
  view.setUint16(at, 10, true)
  view.setUint16(at + 2, utf8Names, true)
  view.setUint32(at + 10, crc, true)
  view.setUint32(at + 14, bytes.length, true)
  view.setUint32(at + 18, bytes.length, true)
  view.setUint16(at + 22, name.length, true)
}
