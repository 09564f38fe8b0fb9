import { join } from 'node:path'
import { CliError } from '../errors.ts'
import {
  compareNatural,
  discoverFrames,
  type FileFailure,
  type FoundFile,
} from '../files/discover.ts'
import type { NightFolders } from './folders.ts'
import { type MovedFrame, settleJournal } from './journal.ts'

/** The frames of a night: those in the input folder, and those moved out of it earlier. */
export interface NightSources {
  readonly frames: readonly FoundFile[]
  readonly moved: ReadonlyMap<string, MovedFrame>
  /** Folders that could not be read, and frames that are gone. */
  readonly failures: readonly FileFailure[]
}

/** Finds every frame, wherever it lies now. */
export async function findSources(
  { input, layout }: NightFolders,
  { recursive = false }: { recursive?: boolean },
): Promise<NightSources> {
  // First, since it may take away one of two names of a frame.
  const moved = await settleJournal(layout)
  const { files, unreadable } = await discoverFrames(input, { recursive, exclude: layout.root })
  const frames = new Map(files.map((found) => [found.file, found]))
  const failures = [...unreadable]
  for (const { file, place } of moved.values()) {
    if (typeof place === 'string' && frames.has(file)) {
      const error = `a new file has the name of a frame moved to ${place} earlier; rename it`
      failures.push({ file, error })
      frames.delete(file)
    } else if (typeof place === 'string') {
      frames.set(file, { file, path: join(layout.root, place), isLink: false })
    } else if (place === undefined && !frames.has(file)) {
      failures.push({ file, error: 'was moved by nebulift and is now gone from both places' })
    }
  }
  if (frames.size === 0 && failures.length === 0) {
    throw new CliError(`${input} holds no FITS files (.fit .fits .fts, also .gz and .fz)`, {
      hint: recursive ? undefined : 'add --recursive to search the folders inside',
    })
  }
  const sorted = [...frames.values()].sort((a, b) => compareNatural(a.file, b.file))
  return { frames: sorted, moved, failures }
}
