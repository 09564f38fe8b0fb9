import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DistributedError } from '../errors.ts'

/** Ending of files that are being written. */
export const unfinished = '.part'

/**
 * Writes a file whole or not at all, and not only into the memory of the machine: under another name, flushed to the
 * disk and renamed.
 * @throws DistributedError `IO` naming the file
 */
export async function writeWhole(path: string, chunks: readonly Uint8Array[]): Promise<void> {
  const temporary = `${path}.${randomUUID()}${unfinished}`
  try {
    const file = await open(temporary, 'w')
    try {
      for (const chunk of chunks) await file.writeFile(chunk)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
    await syncFolder(dirname(path))
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined)
    failIo(path, cause)
  }
}

/** So that the new name, too, outlives a loss of power. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } catch (error) {
    // Some network file systems know no such thing.
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error
  } finally {
    await handle.close()
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EACCES: 'permission denied',
  EROFS: 'the disk is read-only',
  ENOSPC: 'no space left on the disk',
  EISDIR: 'is a folder',
  ENOTDIR: 'is not a folder',
}

/** @throws DistributedError `IO` naming the file and what is wrong with it */
export function failIo(path: string, cause: unknown): never {
  const { code, message } = cause as NodeJS.ErrnoException
  throw new DistributedError('IO', `${path}: ${reasons[code ?? ''] ?? message}`, { cause })
}
