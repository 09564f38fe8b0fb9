import { crc32 } from '../crc32.ts'
import { ModelError } from '../errors.ts'
import { shortened } from './shortened.ts'

/** Inflates raw deflate data to exactly `sizeBytes`; may throw anything where it cannot. */
export type Inflate = (bytes: Uint8Array, sizeBytes: number) => Promise<Uint8Array>

/** One file of a zip, as the central directory tells. */
export interface ZipEntry {
  readonly name: string
  readonly method: 'stored' | 'deflate'
  /** What lies in the zip: a view of its bytes. */
  readonly packed: Uint8Array
  /** Size once unpacked. */
  readonly sizeBytes: number
  readonly crc32: number
}

const endSignature = 0x06054b50
const end64Signature = 0x06064b50
const locator64Signature = 0x07064b50
const centralSignature = 0x02014b50
const localSignature = 0x04034b50
const zip64Field = 1
const maxDeflateRatio = 1032 // what deflate's longest match can do: more is a lie

/**
 * The files of a zip or ZIP64 by name, in the directory's order. Nothing is unpacked.
 * Format: PKWARE APPNOTE 6.3.9.
 * @throws ModelError `BAD_FILE` where offsets or sizes cannot be, files overlap or a name comes twice;
 * `UNSUPPORTED` for several disks, encryption and methods other than stored and deflate
 */
export function readZip(bytes: Uint8Array): Map<string, ZipEntry> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const directory = findDirectory(view)
  const entries = new Map<string, ZipEntry>()
  const spans: Span[] = []
  let at = directory.begin
  for (let i = 0; i < directory.entries; i++) {
    const header = readCentralHeader(view, at, directory.end)
    if (entries.has(header.name)) throw bad(`got '${header.name}' twice`)
    const span = findData(view, header, directory.begin)
    spans.push(span)
    entries.set(header.name, entryOf(header, bytes.subarray(span.data, span.end)))
    at = header.next
  }
  if (at !== directory.end) throw bad(`got a directory to ${directory.end}, wanted ${at}`)
  checkApart(spans)
  return entries
}

/**
 * The bytes of one file: a view of the zip where it is stored, new ones where it is deflated.
 * @throws ModelError `BAD_FILE` where they do not inflate to the stated size or their CRC-32 differs
 */
export async function unpackEntry(
  entry: ZipEntry,
  inflate: Inflate = inflateRaw,
): Promise<Uint8Array> {
  const { name, method, packed, sizeBytes } = entry
  const bytes = method === 'stored' ? packed : await inflated(entry, inflate)
  if (bytes.length !== sizeBytes) {
    throw bad(`'${shortened(name)}': got ${bytes.length} bytes, wanted ${sizeBytes}`)
  }
  const got = crc32(bytes)
  if (got !== entry.crc32) {
    throw bad(
      `'${shortened(name)}': got CRC-32 ${got.toString(16)}, wanted ${entry.crc32.toString(16)}`,
    )
  }
  return bytes
}

async function inflated({ name, packed, sizeBytes }: ZipEntry, inflate: Inflate) {
  try {
    return await inflate(packed, sizeBytes)
  } catch (cause) {
    throw bad(`'${shortened(name)}' does not inflate to ${sizeBytes} bytes`, cause)
  }
}

interface Directory {
  readonly begin: number
  readonly end: number
  readonly entries: number
}

function findDirectory(view: DataView): Directory {
  const at = findEnd(view)
  const directory =
    at >= 20 && view.getUint32(at - 20, true) === locator64Signature
      ? readEnd64(view, at - 20)
      : readEnd(view, at)
  if (directory.begin > directory.end || directory.end > at) {
    throw bad(`got a directory at ${directory.begin} to ${directory.end}, wanted before ${at}`)
  }
  return directory
}

/** The end record is the last thing in the file but for a comment of at most 65535 bytes. */
function findEnd(view: DataView): number {
  const last = view.byteLength - 22
  for (let at = last; at >= Math.max(0, last - 0xffff); at--) {
    if (view.getUint32(at, true) !== endSignature) continue
    if (at + 22 + view.getUint16(at + 20, true) === view.byteLength) return at
  }
  throw bad(`got ${view.byteLength} bytes without an end of a zip's directory`)
}

function readEnd(view: DataView, at: number): Directory {
  if (view.getUint16(at + 4, true) !== 0 || view.getUint16(at + 6, true) !== 0) throw disks()
  const begin = view.getUint32(at + 16, true)
  return {
    begin,
    end: begin + view.getUint32(at + 12, true),
    entries: view.getUint16(at + 10, true),
  }
}

function readEnd64(view: DataView, locator: number): Directory {
  if (view.getUint32(locator + 16, true) > 1) throw disks()
  const at = longAt(view, locator + 8)
  if (at + 56 > locator || view.getUint32(at, true) !== end64Signature) {
    throw bad(`got no ZIP64 end of the directory at ${at}`)
  }
  const begin = longAt(view, at + 48)
  return { begin, end: begin + longAt(view, at + 40), entries: longAt(view, at + 32) }
}

interface CentralHeader {
  readonly name: string
  readonly method: number
  readonly crc32: number
  readonly packedBytes: number
  readonly sizeBytes: number
  readonly local: number
  readonly next: number
}

function readCentralHeader(view: DataView, at: number, end: number): CentralHeader {
  if (at + 46 > end || view.getUint32(at, true) !== centralSignature) {
    throw bad(`got no directory entry at ${at}`)
  }
  const nameBytes = view.getUint16(at + 28, true)
  const extraAt = at + 46 + nameBytes
  const extraEnd = extraAt + view.getUint16(at + 30, true)
  const next = extraEnd + view.getUint16(at + 32, true)
  if (next > end) throw bad(`got a directory entry to ${next}, wanted at most to ${end}`)
  const name = textAt(view, at + 46, nameBytes)
  if (view.getUint16(at + 8, true) & 1) throw unsupported(`'${shortened(name)}' is encrypted`)
  const long = zip64Numbers(view, extraAt, extraEnd)
  const number = (field: number) => {
    const short = view.getUint32(at + field, true)
    return short === 0xffffffff ? (long.next().value ?? short) : short
  }
  // In the order in which ZIP64 lists those that did not fit.
  const sizeBytes = number(24)
  const packedBytes = number(20)
  const local = number(42)
  const method = view.getUint16(at + 10, true)
  return { name, method, crc32: view.getUint32(at + 16, true), packedBytes, sizeBytes, local, next }
}

/** The numbers of a ZIP64 extra field, in turn; none where there is no such field. */
function* zip64Numbers(view: DataView, begin: number, end: number): Generator<number> {
  for (let at = begin; at + 4 <= end; ) {
    const fieldEnd = at + 4 + view.getUint16(at + 2, true)
    if (fieldEnd > end) return
    if (view.getUint16(at, true) === zip64Field) {
      for (let each = at + 4; each + 8 <= fieldEnd; each += 8) yield longAt(view, each)
      return
    }
    at = fieldEnd
  }
}

interface Span {
  readonly name: string
  readonly begin: number
  readonly data: number
  readonly end: number
}

/** Its local header has a name and an extra field of its own length before the data. */
function findData(view: DataView, header: CentralHeader, limit: number): Span {
  const { name, local: begin, packedBytes } = header
  if (begin + 30 > limit || view.getUint32(begin, true) !== localSignature) {
    throw bad(`'${shortened(name)}': got no file at ${begin}`)
  }
  const data = begin + 30 + view.getUint16(begin + 26, true) + view.getUint16(begin + 28, true)
  const end = data + packedBytes
  if (end > limit) throw bad(`'${shortened(name)}': got data to ${end}, wanted at most to ${limit}`)
  return { name, begin, data, end }
}

/** Files that share bytes are how a small zip unpacks to a huge one. */
function checkApart(spans: Span[]): void {
  spans.sort((a, b) => a.begin - b.begin)
  for (let i = 1; i < spans.length; i++) {
    const { name, begin } = spans[i]
    const { name: before, end } = spans[i - 1]
    if (begin < end)
      throw bad(`'${shortened(name)}' begins at ${begin}, inside '${shortened(before)}'`)
  }
}

function entryOf({ name, method, sizeBytes, crc32 }: CentralHeader, packed: Uint8Array): ZipEntry {
  if (method !== 0 && method !== 8) {
    throw unsupported(
      `'${shortened(name)}': got method ${method}, wanted 0 (stored) or 8 (deflate)`,
    )
  }
  const most = method === 0 ? packed.length : packed.length * maxDeflateRatio
  if (sizeBytes > most || (method === 0 && sizeBytes < most)) {
    throw bad(
      `'${shortened(name)}': got a size of ${sizeBytes}, wanted what ${packed.length} bytes can hold`,
    )
  }
  return { name, method: method === 0 ? 'stored' : 'deflate', packed, sizeBytes, crc32 }
}

/** Stops as soon as there is more than was stated, so that memory is bounded by the statement. */
async function inflateRaw(bytes: Uint8Array, sizeBytes: number): Promise<Uint8Array> {
  const stream = new DecompressionStream('deflate-raw')
  const writer = stream.writable.getWriter()
  const writing = writer.write(bytes as Uint8Array<ArrayBuffer>).then(() => writer.close())
  // The reader meets the same error; this keeps it from being reported as unhandled.
  writing.catch(() => {})
  const whole = new Uint8Array(sizeBytes)
  let length = 0
  const reader = stream.readable.getReader()
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    if (length + part.value.length > sizeBytes) {
      reader.cancel().catch(() => {})
      throw new RangeError(`got more than ${sizeBytes} bytes`)
    }
    whole.set(part.value, length)
    length += part.value.length
  }
  return whole.subarray(0, length)
}

function textAt(view: DataView, at: number, length: number): string {
  return new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at, length))
}

function longAt(view: DataView, at: number): number {
  const value = Number(view.getBigUint64(at, true))
  if (!Number.isSafeInteger(value)) throw bad(`got the number ${value} at ${at}`)
  return value
}

function bad(what: string, cause?: unknown): ModelError {
  return new ModelError('BAD_FILE', `zip: ${what}`, { cause })
}

function unsupported(what: string): ModelError {
  return new ModelError('UNSUPPORTED', `zip: ${what}`)
}

function disks(): ModelError {
  return unsupported('got one of several disks, wanted a whole zip')
}
