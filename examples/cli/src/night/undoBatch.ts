import { mkdir, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CliError, describeError, isDiskFull } from '../errors.ts'
import type { FileFailure } from '../files/discover.ts'
import { resolveFolder } from '../files/discover.ts'
import { markOf } from '../files/identity.ts'
import { moveInto } from '../files/place.ts'
import { readManifest, writeManifest } from '../output/writeOutputs.ts'
import { lock, readNight } from './folders.ts'
import { type MovedFrame, noteMove, pathOf, settleJournal } from './journal.ts'
import { type Layout, layoutOf, verdicts } from './layout.ts'
import { type Placed, readPlaced, removePlaced, writePlaced } from './placed.ts'

export interface UndoResult {
  /** Frames moved back to where they came from. */
  readonly movedBack: readonly string[]
  /** Links and copies taken away, as places in the output folder. */
  readonly removed: readonly string[]
  /** What could not be undone, and why; it stays as it is. */
  readonly failed: readonly FileFailure[]
}

/** Puts back what batches did to a night: moves are reversed, links and copies removed. */
export async function undoBatch(
  output: string,
  { signal }: { signal?: AbortSignal } = {},
): Promise<UndoResult> {
  const layout = layoutOf(await resolveFolder(output))
  const input = await readNight(layout)
  if (input === undefined) {
    throw new CliError(`${output} is not the output of a nebulift batch: nothing to undo`, {
      exitCode: 2,
    })
  }
  const release = await lock(layout)
  try {
    const failed: FileFailure[] = []
    const removed = await removeAll(layout, { input, failed, signal })
    const movedBack = await moveAllBack(layout, { input, failed, signal })
    if (removed.length + movedBack.length > 0) await forgetPlaces(layout)
    for (const verdict of verdicts) await rmdir(join(layout.root, verdict)).catch(() => {})
    return { movedBack, removed, failed }
  } finally {
    await release()
  }
}

interface Undoing {
  readonly input: string
  /** Grows. */
  readonly failed: FileFailure[]
  readonly signal: AbortSignal | undefined
}

async function removeAll(layout: Layout, { input, failed, signal }: Undoing): Promise<string[]> {
  const kept: Placed[] = []
  const removed: string[] = []
  for (const entry of await readPlaced(layout)) {
    if (entry.how === 'mask' || signal?.aborted) {
      kept.push(entry)
      continue
    }
    const problem = await removePlaced(layout, entry, join(input, entry.file)).catch(describeError)
    if (problem === undefined) {
      removed.push(entry.place)
    } else {
      kept.push(entry)
      failed.push({ file: entry.file, error: problem })
    }
  }
  if (removed.length > 0) await writePlaced(layout, kept)
  return removed
}

async function moveAllBack(layout: Layout, { failed, signal }: Undoing): Promise<string[]> {
  const movedBack: string[] = []
  for (const frame of (await settleJournal(layout)).values()) {
    if (signal?.aborted || frame.place === null) continue
    try {
      await moveBack(layout, frame)
      movedBack.push(frame.file)
    } catch (error) {
      if (isDiskFull(error)) throw error
      failed.push({ file: frame.file, error: `not moved back: ${describeError(error)}` })
    }
  }
  return movedBack
}

async function moveBack(layout: Layout, frame: MovedFrame): Promise<void> {
  const { file, input, sha256, place } = frame
  if (typeof place !== 'string') throw new CliError('is gone from where it was moved to')
  const original = pathOf(layout, frame, null)
  if (await markOf(original)) {
    throw new CliError(`${original} is taken by another file; the frame stays in ${place}`)
  }
  await mkdir(dirname(original), { recursive: true })
  await noteMove(layout, { file, input, from: place, to: null, sha256 })
  await moveInto(join(layout.root, place), original, sha256)
}

/** The manifest stays true: what was undone is no longer sorted. */
async function forgetPlaces(layout: Layout): Promise<void> {
  const manifest = await readManifest(layout)
  if (!manifest) return
  const frames = []
  for (const frame of manifest.frames) {
    const there = frame.sorted !== null && (await markOf(join(layout.root, frame.sorted)))
    frames.push(there ? frame : { ...frame, sorted: null })
  }
  await writeManifest(layout, { ...manifest, frames })
}
