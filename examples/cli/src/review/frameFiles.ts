import { lstat, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { hashFile, markOf, sameStamp } from '../files/identity.ts'
import { readFrame } from '../frame/readFrame.ts'
import { findEntries, knownHashes } from '../night/cache.ts'
import { type MovedFrame, settleJournal } from '../night/journal.ts'
import type { Layout } from '../night/layout.ts'
import { type Placed, readPlaced } from '../night/placed.ts'
import { resortFrame, type SortAction } from '../night/sortFrames.ts'
import type { Manifest, ManifestFrame } from '../output/manifest.ts'
import { type Preview, previewWebp } from '../picture/index.ts'

/** Where a frame is now and what it holds. */
interface FrameFile {
  readonly path: string
  /** The input folder holds only a symbolic link to it. */
  readonly isLink: boolean
  /** Absent where no book knows it. */
  readonly sha256: string | undefined
  readonly moved: ReadonlyMap<string, MovedFrame>
  /** The link or copy of it in the output folder. */
  readonly entry: Placed | undefined
}

/** Finds a frame of a night on the disk, wherever batches have put it. */
export async function findFrameFile(
  layout: Layout,
  manifest: Manifest,
  file: string,
): Promise<FrameFile> {
  const moved = await settleJournal(layout)
  const entry = (await readPlaced(layout)).find((e) => e.file === file && e.how !== 'mask')
  const away = moved.get(file)
  if (away && typeof away.place === 'string') {
    const path = join(layout.root, away.place)
    return { path, isLink: false, sha256: away.sha256, moved, entry }
  }
  const named = join(manifest.input, file)
  const isLink = await lstat(named).then(
    (stats) => stats.isSymbolicLink(),
    () => false,
  )
  const path = isLink ? await realpath(named).catch(() => named) : named
  const mark = await markOf(path)
  const known = mark && (await knownHashes(layout.cache))(mark)
  const isSame = mark !== undefined && entry?.mark !== undefined && sameStamp(mark, entry.mark)
  return { path, isLink, sha256: known ?? (isSame ? entry?.sha256 : undefined), moved, entry }
}

/**
 * Puts a sorted frame into the folder of its verdict, the way it was sorted before. Returns where it lies now, `null` where
 * it is nowhere; `onFailure` hears why it is not where it should be.
 */
export async function moveToVerdict(
  { layout, manifest }: { readonly layout: Layout; readonly manifest: Manifest },
  frame: ManifestFrame,
  onFailure: (error: string) => void,
): Promise<string | null> {
  const { file, verdict, sorted } = frame
  const { path, isLink, moved, entry, ...found } = await findFrameFile(layout, manifest, file)
  const isMoved = typeof moved.get(file)?.place === 'string'
  const action: SortAction | undefined = isMoved ? 'move' : wayOf(entry)
  if (action === undefined) {
    onFailure(`not sorted into ${verdict}: nebulift did not put it into ${sorted}`)
    return sorted
  }
  const sha256 = found.sha256 ?? (await hashFile(path))
  const place = await resortFrame(
    { file, path, isLink, sha256, verdict },
    {
      ...{ layout, input: manifest.input, action, moved },
      onFailure: (_, error) => onFailure(error),
    },
  )
  return place ?? null
}

const wayOf = (entry: Placed | undefined) =>
  entry === undefined || entry.how === 'mask' ? undefined : entry.how

/** The picture that the batch made of a frame; where it is gone, a new one. */
export async function findPicture(
  layout: Layout,
  manifest: Manifest,
  { file, width, height }: ManifestFrame,
): Promise<Preview> {
  const { path, sha256 } = await findFrameFile(layout, manifest, file)
  const entries = sha256 === undefined ? [] : await findEntries(layout.cache, sha256)
  const entry = entries.find((e) => e.width === width && e.height === height && e.preview)
  return entry?.preview ?? previewWebp((await readFrame(path)).plane)
}
