import { readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode } from '../errors.ts'
import { writeAtomic } from '../files/atomic.ts'
import { type FileMark, hashFile, markOf, sameInode, sameStamp } from '../files/identity.ts'
import type { Layout } from './layout.ts'

/** A file in the output folder that we made. */
export interface Placed {
  /** Path in the output folder. */
  readonly place: string
  /** The frame it belongs to, relative to the input. */
  readonly file: string
  readonly how: 'link' | 'copy' | 'mask'
  /** Of its bytes, which are the frame's own for links and copies. */
  readonly sha256: string
  /** As it was when it was made; absent while it is only planned. */
  readonly mark?: FileMark
  /** Of a mask: what it was drawn from. */
  readonly basis?: string
}

/** The book of all that we made, so that nothing else is ever replaced or removed. */
export async function readPlaced(layout: Layout): Promise<Placed[]> {
  try {
    const { entries } = JSON.parse(await readFile(layout.placed, 'utf8'))
    return Array.isArray(entries) ? entries.filter(isPlaced) : []
  } catch (error) {
    if (error instanceof SyntaxError || errorCode(error) === 'ENOENT') return []
    throw error
  }
}

export async function writePlaced(layout: Layout, entries: readonly Placed[]): Promise<void> {
  const book = { schema: 'nebulift.placed/1', entries }
  await writeAtomic(layout.placed, `${JSON.stringify(book, null, 1)}\n`)
}

function isPlaced(entry: unknown): entry is Placed {
  const { place, file, how, sha256 } = (entry ?? {}) as Record<string, unknown>
  const safe =
    typeof place === 'string' && !place.startsWith('/') && !place.split('/').includes('..')
  return safe && [file, how, sha256].every((text) => typeof text === 'string')
}

/** `gone`: nothing there; `ours`: unchanged since we made it; `foreign`: anything else. */
export async function stateOf(layout: Layout, entry: Placed): Promise<'gone' | 'ours' | 'foreign'> {
  const path = join(layout.root, entry.place)
  const now = await markOf(path)
  if (!now) return 'gone'
  const { mark } = entry
  if (mark && sameInode(now, mark) && (entry.how === 'link' || sameStamp(now, mark))) return 'ours'
  if (mark && now.size !== mark.size) return 'foreign'
  // Moved to another disk, or planned when a crash came: the content decides.
  return (await contentOf(path)) === entry.sha256 ? 'ours' : 'foreign'
}

/** Hash of a file; of what cannot be read, such as a folder, none. */
const contentOf = (path: string) => hashFile(path).catch(() => undefined)

/**
 * Removes a link or copy that is still as we made it, provided the original is there too: the last copy
 * of a frame is never removed. Returns why not, in one line, or `undefined` when it is gone.
 */
export async function removePlaced(
  layout: Layout,
  entry: Placed,
  original: string,
): Promise<string | undefined> {
  const path = join(layout.root, entry.place)
  const state = await stateOf(layout, entry)
  if (state === 'gone') return undefined
  if (state === 'foreign') return `${entry.place} was changed since nebulift made it; it stays`
  if (entry.how !== 'mask') {
    const [now, source] = [await markOf(path), await markOf(original)]
    const same =
      now && source && (sameInode(now, source) || (await contentOf(original)) === entry.sha256)
    if (!source) return `${entry.place} is the only copy left of ${entry.file}; it stays`
    if (!same) return `${entry.place} may be the only copy of an earlier ${entry.file}; it stays`
  }
  await unlink(path)
  return undefined
}
