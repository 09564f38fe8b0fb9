import { FitsError } from '../errors.ts'

export interface InflateOptions {
  /** More than this is refused, in bytes. */
  readonly maxBytes: number
  /** Begins the message of an error. */
  readonly what: string
}

/**
 * Inflates a gzip file: one member or several in a row, with or without zero padding after the last.
 * @throws FitsError `TRUNCATED` where the data end early, `CORRUPT` where they are damaged, `UNSUPPORTED`
 * where they inflate to more than `maxBytes`
 */
export async function inflate(bytes: Uint8Array, options: InflateOptions): Promise<Uint8Array> {
  const whole = await inflateMember(bytes, options)
  if (whole instanceof Uint8Array) return whole
  if (whole.code !== 'CORRUPT') throw whole
  return (await inflateMembers(bytes, options)) ?? Promise.reject(whole)
}

/** One member that fills `bytes`. Returns, not throws, its error: the caller may know better. */
async function inflateMember(
  bytes: Uint8Array,
  { maxBytes, what }: InflateOptions,
): Promise<Uint8Array | FitsError> {
  const stream = new DecompressionStream('gzip')
  const writer = stream.writable.getWriter()
  let allWritten = false
  const writing = (async () => {
    await writer.write(bytes as Uint8Array<ArrayBuffer>)
    allWritten = true
    await writer.close()
  })()
  // The reader meets the same error; this keeps it from being reported as unhandled.
  writing.catch(() => {})
  const parts = new GrowingBytes(inflatedSize(bytes, maxBytes))
  try {
    const reader = stream.readable.getReader()
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (parts.length + part.value.length > maxBytes) {
        reader.cancel().catch(() => {})
        return new FitsError('UNSUPPORTED', `${what}: inflates to more than ${maxBytes} bytes`)
      }
      parts.append(part.value)
    }
    return parts.bytes()
  } catch (cause) {
    if (endsEarly(cause, allWritten)) {
      const got = `ends early: ${bytes.length} bytes inflate to ${parts.length} and no end`
      return new FitsError('TRUNCATED', `${what} ${got}`, { cause })
    }
    return new FitsError('CORRUPT', `${what}: damaged after ${parts.length} bytes`, { cause })
  }
}

/** Node says by code what was wrong; elsewhere damage shows while the bytes go in, a missing end after. */
function endsEarly(cause: unknown, allWritten: boolean): boolean {
  const { code } = cause as { code?: string }
  return code === undefined ? allWritten : code === 'Z_BUF_ERROR'
}

/** Splits where a next member could begin; a split that is none inflates as cut short and is passed over. */
async function inflateMembers(
  bytes: Uint8Array,
  options: InflateOptions,
): Promise<Uint8Array | undefined> {
  const whole = new GrowingBytes(inflatedSize(bytes, options.maxBytes))
  let start = 0
  for (const end of possibleEnds(bytes)) {
    const member = await inflateMember(bytes.subarray(start, end), options)
    if (!(member instanceof Uint8Array)) continue
    if (whole.length + member.length > options.maxBytes) {
      const { what, maxBytes } = options
      throw new FitsError('UNSUPPORTED', `${what}: inflates to more than ${maxBytes} bytes`)
    }
    whole.append(member)
    start = end
  }
  const rest = bytes.subarray(start)
  return start > 0 && rest.every((byte) => byte === 0) ? whole.bytes() : undefined
}

/** Offsets at which a gzip header seems to stand, then those where zero padding could begin. */
function* possibleEnds(bytes: Uint8Array): Generator<number> {
  for (let at = bytes.indexOf(0x1f, 1); at > 0; at = bytes.indexOf(0x1f, at + 1)) {
    if (bytes[at + 1] === 0x8b && bytes[at + 2] === 8 && bytes[at + 3]! < 32) yield at
  }
  let end = bytes.length
  while (end > 0 && bytes[end - 1] === 0) end--
  // The last eight bytes are a checksum and a length, either of which can end in zero bytes.
  for (let zeros = 0; zeros <= 8 && end + zeros <= bytes.length; zeros++) yield end + zeros
}

/** The size that gzip wrote at the end, as far as it can be believed: a hint to allocate by. */
function inflatedSize(bytes: Uint8Array, maxBytes: number): number {
  if (bytes.length < 18) return 0
  const view = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 4, 4)
  // Deflate shrinks at best 1032 to 1.
  return Math.min(view.getUint32(0, true), maxBytes, bytes.length * 1032)
}

class GrowingBytes {
  #bytes: Uint8Array
  length = 0

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity)
  }

  append(part: Uint8Array): void {
    const needed = this.length + part.length
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
      larger.set(this.#bytes.subarray(0, this.length))
      this.#bytes = larger
    }
    this.#bytes.set(part, this.length)
    this.length = needed
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length)
  }
}
