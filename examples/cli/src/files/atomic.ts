import { randomUUID } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { errorCode } from '../errors.ts'

const mark = '.nebulift-'
const ending = '.part'

/** A name beside `path` for the unfinished file; on the same disk, so that a rename completes it. */
export const partPath = (path: string): string =>
  join(dirname(path), `${mark}${randomUUID()}${ending}`)

/** The folder's entry itself survives a power cut. Not every system lets a folder be synced. */
export async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | undefined
  try {
    handle = await open(folder, 'r')
    await handle.sync()
  } catch (error) {
    if (errorCode(error) === 'ENOSPC' || errorCode(error) === 'EIO') throw error
  } finally {
    await handle?.close()
  }
}

/**
 * Writes a file whole or not at all: a reader sees the old one or the new one, also after a crash.
 * Replaces what is there; callers ask first whose it is.
 */
export async function writeAtomic(path: string, data: string | Uint8Array): Promise<void> {
  const part = partPath(path)
  try {
    const handle = await open(part, 'wx')
    try {
      await handle.writeFile(data)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(part, path)
    await syncFolder(dirname(path))
  } catch (error) {
    await rm(part, { force: true })
    // People know the file they asked for, not the unfinished one beside it.
    if (error instanceof Error && 'path' in error) error.path = path
    throw error
  }
}

/**
 * Makes a folder and those above it. Node's own recursive `mkdir` never returns where the system denies a folder
 * inside an existing one as missing (as in /proc).
 */
export async function makeFolders(folder: string): Promise<void> {
  try {
    await mkdir(folder)
  } catch (error) {
    if (errorCode(error) === 'EEXIST' && (await stat(folder)).isDirectory()) return
    const parent = dirname(folder)
    if (errorCode(error) !== 'ENOENT' || parent === folder || (await isThere(parent))) throw error
    await makeFolders(parent)
    await mkdir(folder)
  }
}

const isThere = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )

/** Removes what a killed run left unfinished in a folder. */
export async function sweepParts(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => [] as string[])
  for (const name of names) {
    if (name.startsWith(mark) && name.endsWith(ending)) await rm(join(folder, name))
  }
}
