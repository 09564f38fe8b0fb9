import { createHash } from 'node:crypto'
import { lstat, open } from 'node:fs/promises'
import { errorCode } from '../errors.ts'

/** What tells, without reading it, that a file is still the same. */
export interface FileMark {
  readonly dev: string
  readonly ino: string
  readonly size: number
  readonly mtimeNs: string
}

/** `undefined` where nothing is there. Symbolic links are not followed. */
export async function markOf(path: string): Promise<FileMark | undefined> {
  try {
    const stats = await lstat(path, { bigint: true })
    return {
      dev: String(stats.dev),
      ino: String(stats.ino),
      size: Number(stats.size),
      mtimeNs: String(stats.mtimeNs),
    }
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return undefined
    throw error
  }
}

export const sameInode = (a: FileMark, b: FileMark): boolean => a.dev === b.dev && a.ino === b.ino

/** Same size and time of change; a copy may carry its original's. */
export const sameStamp = (a: FileMark, b: FileMark): boolean =>
  a.size === b.size && a.mtimeNs === b.mtimeNs

const chunkBytes = 4 * 1024 * 1024

/** SHA-256 of a file's bytes in hexadecimal, read in pieces. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  const handle = await open(path, 'r')
  try {
    const chunk = Buffer.allocUnsafe(chunkBytes)
    for (;;) {
      const { bytesRead } = await handle.read(chunk, 0, chunkBytes, null)
      if (bytesRead === 0) return hash.digest('hex')
      hash.update(chunk.subarray(0, bytesRead))
    }
  } finally {
    await handle.close()
  }
}
