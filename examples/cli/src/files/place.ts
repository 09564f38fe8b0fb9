import { constants } from 'node:fs'
import { copyFile, link, lstat, open, rename, rm, stat, unlink, utimes } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CliError, errorCode } from '../errors.ts'
import { partPath, syncFolder } from './atomic.ts'
import { hashFile, markOf, sameInode } from './identity.ts'

/** Somebody else's file has the name. */
export const collision = (): CliError =>
  new CliError('a file of that name that nebulift did not make is there')

/** Codes that mean "this disk or system cannot hard-link here", not "something is wrong". */
const noLink = new Set(['EXDEV', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EACCES'])

/** Gives a finished file its name without ever replacing another. */
async function claim(part: string, target: string): Promise<void> {
  try {
    await link(part, target)
    await unlink(part)
  } catch (error) {
    if (errorCode(error) === 'EEXIST') throw collision()
    if (!noLink.has(errorCode(error) ?? '')) throw error
    if (await markOf(target)) throw collision()
    await rename(part, target)
  }
}

/** Copies bytes and time of change; the name appears once the copy is complete and on the disk. */
export async function copyInto(source: string, target: string): Promise<void> {
  if (await markOf(target)) throw collision()
  const part = partPath(target)
  try {
    await copyFile(source, part, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
    const { atime, mtime } = await stat(source)
    await utimes(part, atime, mtime)
    const handle = await open(part, 'r+')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
    await claim(part, target)
    await syncFolder(dirname(target))
  } finally {
    await rm(part, { force: true })
  }
}

/** A hard link, or a copy where the two places lie on different disks or cannot be linked. */
export async function linkInto(source: string, target: string): Promise<'link' | 'copy'> {
  try {
    await link(source, target)
    return 'link'
  } catch (error) {
    if (errorCode(error) === 'EEXIST') throw collision()
    if (!noLink.has(errorCode(error) ?? '')) throw error
    await copyInto(source, target)
    return 'copy'
  }
}

/**
 * Moves a file without replacing another. On one disk both names exist for an instant; across disks
 * the copy is complete, on the disk and compared by hash before the original goes.
 */
export async function moveInto(source: string, target: string, sha256: string): Promise<void> {
  if ((await lstat(source)).isSymbolicLink()) {
    throw new CliError('is a symbolic link; only real files are moved')
  }
  const how = await linkInto(source, target)
  if (how === 'copy') await verifyCopy(target, sha256)
  await unlink(source)
  await syncFolder(dirname(target))
  await syncFolder(dirname(source))
}

async function verifyCopy(target: string, sha256: string): Promise<void> {
  if ((await hashFile(target)) === sha256) return
  await unlink(target)
  throw new CliError('the copy on the other disk differs from the original, which stays')
}

/** After a crash between the two steps of a move, finishes it; true when both names are settled. */
export async function finishMove(source: string, target: string, sha256: string): Promise<boolean> {
  const from = await markOf(source)
  const to = await markOf(target)
  if (!from || !to) return to !== undefined
  if (!sameInode(from, to) && (await hashFile(target)) !== sha256) return false
  if (!sameInode(from, to) && (await hashFile(source)) !== sha256) return false
  await unlink(source)
  return true
}

/** Writes a new file whole or not at all, and never over another. */
export async function createInto(target: string, bytes: Uint8Array): Promise<void> {
  if (await markOf(target)) throw collision()
  const part = partPath(target)
  try {
    const handle = await open(part, 'wx')
    try {
      await handle.writeFile(bytes)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await claim(part, target)
    await syncFolder(dirname(target))
  } finally {
    await rm(part, { force: true })
  }
}
