import type { Dirent } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { CliError, describeError, errorCode } from '../errors.ts'

export interface FoundFile {
  /** Path relative to the folder searched, with `/`. */
  readonly file: string
  /** The real file: symbolic links are resolved. */
  readonly path: string
  /** The folder holds only a symbolic link to it. */
  readonly isLink: boolean
}

export interface FileFailure {
  readonly file: string
  /** One line for people. */
  readonly error: string
}

export interface Found {
  /** In the order people expect: `frame2` before `frame10`. */
  readonly files: readonly FoundFile[]
  /** Folders that could not be read. */
  readonly unreadable: readonly FileFailure[]
}

export interface DiscoverOptions {
  /** Also search folders inside. Default false. */
  readonly recursive?: boolean
  /** A folder (the output) whose files are never input. */
  readonly exclude?: string
}

const frameName = /\.(fits?|fts)(\.gz|\.fz)?$/i
const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })

/** Numbers in names count as numbers; ties are broken so that the order is always the same. */
export function compareNatural(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0)
}

/** Whether a name is that of a FITS file, plain or compressed. Hidden files are not frames. */
export const isFrameName = (name: string): boolean => !name.startsWith('.') && frameName.test(name)

/** The folder as the system knows it; one clear line when it is no folder. */
export async function resolveFolder(folder: string): Promise<string> {
  try {
    const path = await realpath(folder)
    if ((await stat(path)).isDirectory()) return path
  } catch (error) {
    const missing = errorCode(error) === 'ENOENT'
    throw new CliError(`${folder}: ${describeError(error)}`, {
      exitCode: missing ? 2 : 1,
      cause: error,
    })
  }
  throw new CliError(`${folder} is a file, not a folder`, { exitCode: 2 })
}

/** All FITS files in a folder. Symbolic links to files count; those to folders are not followed. */
export async function discoverFrames(
  folder: string,
  options: DiscoverOptions = {},
): Promise<Found> {
  const { recursive = false, exclude } = options
  const root = await resolveFolder(folder)
  const excluded = exclude && (await realpath(exclude).catch(() => undefined))
  const files: FoundFile[] = []
  const unreadable: FileFailure[] = []
  const walk = async (inside: string): Promise<void> => {
    const entries = await list(inside).catch((error: unknown) => {
      if (inside === root)
        throw new CliError(`${folder}: ${describeError(error)}`, { cause: error })
      unreadable.push({ file: portable(relative(root, inside)), error: describeError(error) })
      return []
    })
    for (const entry of entries) {
      const path = join(inside, entry.name)
      if (entry.isDirectory()) {
        if (recursive && path !== excluded && !entry.name.startsWith('.')) await walk(path)
      } else if (isFrameName(entry.name) && (await isFile(entry, path))) {
        const isLink = entry.isSymbolicLink()
        const real = isLink ? await realpath(path).catch(() => path) : path
        files.push({ file: portable(relative(root, path)), path: real, isLink })
      }
    }
  }
  await walk(root)
  files.sort((a, b) => compareNatural(a.file, b.file))
  return { files, unreadable }
}

const list = (folder: string): Promise<Dirent[]> => readdir(folder, { withFileTypes: true })

/** A broken link counts as a file: it is reported when it cannot be opened. */
async function isFile(entry: Dirent, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isFile()
  return stat(path).then(
    (stats) => stats.isFile(),
    () => true,
  )
}

const portable = (path: string): string => (sep === '/' ? path : path.replaceAll(sep, '/'))
