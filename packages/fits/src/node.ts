import { type FileHandle, open } from 'node:fs/promises'
import { FitsError } from './errors.ts'
import type { ByteSource } from './source/source.ts'

/** A file on disk. It is open until `close`, or until the end of an `await using` block. */
export interface FileSource extends ByteSource {
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Opens a file for reading. Its size is taken now: what a camera still appends is not seen.
 * @throws FitsError `IO` where the path cannot be opened or is not a file
 */
export async function fileSource(path: string | URL): Promise<FileSource> {
  const file = await open(path, 'r').catch((cause) => fail(path, cause))
  try {
    const stat = await file.stat()
    if (!stat.isFile()) throw new FitsError('IO', `${path}: wanted a file, got a folder or device`)
    const close = () => file.close()
    return {
      size: stat.size,
      read: (offset, length, signal) =>
        readFully(file, path, offset, Math.max(0, Math.min(length, stat.size - offset)), signal),
      close,
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    await file.close()
    throw error
  }
}

async function readFully(
  file: FileHandle,
  path: string | URL,
  offset: number,
  length: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  signal?.throwIfAborted()
  // Not zeroed first: every byte of it is read or cut off.
  const buffer = Buffer.allocUnsafeSlow(length)
  let got = 0
  while (got < length) {
    const { bytesRead } = await file
      .read(buffer, got, length - got, offset + got)
      .catch((cause) => fail(path, cause))
    if (bytesRead === 0) break
    got += bytesRead
  }
  return new Uint8Array(buffer.buffer, 0, got)
}

function fail(path: string | URL, cause: unknown): never {
  const { code, message } = cause as NodeJS.ErrnoException
  throw new FitsError('IO', `${path}: ${reasons[code ?? ''] ?? message}`, { cause })
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EACCES: 'permission denied',
  EISDIR: 'is a folder',
  ENOSPC: 'no space left on the disk',
}
