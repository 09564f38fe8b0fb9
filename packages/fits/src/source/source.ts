import { FitsError } from '../errors.ts'

/**
 * Bytes at known offsets: memory, a file, HTTP ranges, an object store. Behaviour is added by wrapping
 * (`withRetry`, `withBlockCache`).
 */
export interface ByteSource {
  /** Length of the whole in bytes. */
  readonly size: number
  /**
   * `length` bytes from `offset`, or fewer only where the source ends. The caller does not write into
   * them: they may be a view of the source's own memory.
   */
  read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array>
}

/** A source that can also fill the caller's memory: large reads then reuse two small buffers. */
export interface DirectSource extends ByteSource {
  /** Fills `target` from `offset` on; resolves to how many bytes there were. */
  readInto(target: Uint8Array, offset: number, signal?: AbortSignal): Promise<number>
}

export function isDirect(source: ByteSource): source is DirectSource {
  return 'readInto' in source && typeof source.readInto === 'function'
}

/** A file that is already in memory. Reads are views: nothing is copied. */
export function bufferSource(bytes: Uint8Array | ArrayBuffer): ByteSource {
  const view = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes)
  return {
    size: view.length,
    read: async (offset, length, signal) => {
      signal?.throwIfAborted()
      return view.subarray(offset, offset + length)
    },
  }
}

/** Exactly `length` bytes of `source`, or a TRUNCATED error that says what they were for. */
export async function readExactly(
  source: ByteSource,
  offset: number,
  length: number,
  what: string,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const available = Math.max(0, source.size - offset)
  if (available < length) throw truncated(what, length, available, offset)
  const bytes = await source.read(offset, length, signal)
  if (bytes.length < length) throw truncated(what, length, bytes.length, offset)
  return bytes.length > length ? bytes.subarray(0, length) : bytes
}

/** The TRUNCATED error of what wanted more bytes than it got. */
export function truncated(what: string, wanted: number, got: number, offset: number): FitsError {
  return new FitsError('TRUNCATED', `${what}: wanted ${wanted} bytes, got ${got}`, { offset })
}
