import { randomUUID } from 'node:crypto'
import { type FileHandle, open, realpath, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FitsError } from './errors.ts'
import type { Hdu } from './hdu.ts'
import { encodeHeader } from './header/codec.ts'
import { type DirectSource, readExactly } from './source/source.ts'
import { encodeHdu, type ImageInput, padding } from './write/encode.ts'

/** A file on disk. It is open until `close`, or until the end of an `await using` block. */
export interface FileSource extends DirectSource {
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
      read: async (offset, length, signal) => {
        const wanted = Math.max(0, Math.min(length, stat.size - offset))
        // Not zeroed first: every byte of it is read or cut off.
        const { buffer } = Buffer.allocUnsafeSlow(wanted)
        const target = new Uint8Array(buffer, 0, wanted)
        return target.subarray(0, await readInto(file, path, target, offset, signal))
      },
      readInto: (target, offset, signal) => readInto(file, path, target, offset, signal),
      close,
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    await file.close()
    throw error
  }
}

async function readInto(
  file: FileHandle,
  path: string | URL,
  target: Uint8Array,
  offset: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  signal?.throwIfAborted()
  let got = 0
  while (got < target.length) {
    const { bytesRead } = await file
      .read(target, got, target.length - got, offset + got)
      .catch((cause) => fail(path, cause))
    if (bytesRead === 0) break
    got += bytesRead
  }
  return got
}

export interface WriteFitsOptions {
  readonly signal?: AbortSignal
}

/** Data of a copied HDU are carried over in pieces of this many bytes. */
const COPY_BYTES = 2 ** 24

/**
 * Writes a FITS file so that at every moment either the old file or the whole new one is there: to a
 * temporary file in the same folder, flushed to disk, then renamed. After an error or an abort nothing is
 * left behind. An `Hdu` of an open file is copied with its header as it is now and its data byte for byte,
 * tables too: to change a header, edit it and write the HDUs (delete CHECKSUM where there is one).
 * @throws FitsError `IO` (disk full, permission), `BAD_ARGUMENT` as `encodeFits`, `TRUNCATED` for a copy
 */
export async function writeFits(
  path: string | URL,
  hdus: readonly (ImageInput | Hdu)[],
  { signal }: WriteFitsOptions = {},
): Promise<void> {
  const asked = path instanceof URL ? fileURLToPath(path) : path
  // A link stays a link: its target is replaced.
  const target = await realpath(asked).catch(() => asked)
  const temporary = join(dirname(target), `.${basename(target)}.${randomUUID()}.part`)
  try {
    const file = await open(temporary, 'wx')
    try {
      for await (const chunk of fileChunks(hdus, signal)) await writeFully(file, chunk)
      await file.sync()
    } finally {
      await file.close()
    }
    signal?.throwIfAborted()
    await rename(temporary, target)
  } catch (error) {
    await rm(temporary, { force: true })
    if (error instanceof FitsError || signal?.aborted) throw error
    fail(asked, error)
  }
  await syncFolder(dirname(target))
}

async function* fileChunks(
  hdus: readonly (ImageInput | Hdu)[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for (const [index, hdu] of hdus.entries()) {
    for await (const chunk of 'source' in hdu
      ? copyHdu(hdu, index, signal)
      : encodeHdu(hdu, index, hdus.length)) {
      signal?.throwIfAborted()
      if (chunk.length > 0) yield chunk
    }
  }
}

async function* copyHdu(
  hdu: Hdu,
  index: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const primary = hdu.header.has('SIMPLE')
  if (primary !== (index === 0)) {
    const kind = primary ? 'a primary HDU' : 'an extension'
    throw new FitsError('BAD_ARGUMENT', `${kind} cannot be copied to place ${index}`)
  }
  yield encodeHeader(hdu.header)
  for (let done = 0; done < hdu.dataBytes; done += COPY_BYTES) {
    const length = Math.min(COPY_BYTES, hdu.dataBytes - done)
    const what = `data of HDU ${hdu.index}`
    yield await readExactly(hdu.source, hdu.dataOffset + done, length, what, signal)
  }
  yield padding(hdu.dataBytes)
}

async function writeFully(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done)).bytesWritten
  }
}

/** Makes the rename itself survive a power cut. Not every system can: then it is left to that system. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined)
  await handle?.sync().catch(() => {})
  await handle?.close()
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
