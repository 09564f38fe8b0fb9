import { join } from 'node:path'
import { hashFile, markOf } from '../files/identity.ts'
import { appendLine, readLines } from '../files/lines.ts'
import { finishMove } from '../files/place.ts'
import type { Layout } from './layout.ts'

/** One move. A place is a path in the output folder; `null` is where the frame came from. */
export interface Move {
  /** Path relative to `input`. */
  readonly file: string
  readonly input: string
  readonly from: string | null
  readonly to: string | null
  readonly sha256: string
}

/** A frame that was moved at least once. */
export interface MovedFrame {
  readonly file: string
  readonly input: string
  readonly sha256: string
  /** Where it is now; `null`: where it came from; `undefined`: it is gone. */
  readonly place: string | null | undefined
}

/** Notes a move and waits until the note is on the disk. To be called before the move. */
export async function noteMove(layout: Layout, move: Move): Promise<void> {
  await appendLine(layout.journal, { ...move, at: new Date().toISOString() })
}

/** The path that a place means. */
export function pathOf(layout: Layout, { input, file }: Move | MovedFrame, place: string | null) {
  return place === null ? join(input, file) : join(layout.root, place)
}

/** Where every frame of the journal is. Moves that a crash cut short are finished. */
export async function settleJournal(layout: Layout): Promise<Map<string, MovedFrame>> {
  const last = new Map<string, Move>()
  for (const line of await readLines(layout.journal)) {
    if (isMove(line)) last.set(line.file, line)
  }
  const settled = new Map<string, MovedFrame>()
  for (const [file, move] of last) {
    const { input, sha256 } = move
    settled.set(file, { file, input, sha256, place: await placeAfter(layout, move) })
  }
  return settled
}

async function placeAfter(layout: Layout, move: Move): Promise<string | null | undefined> {
  const [from, to] = [pathOf(layout, move, move.from), pathOf(layout, move, move.to)]
  const [isAtFrom, isAtTo] = [await markOf(from), await markOf(to)]
  if (!isAtTo) return isAtFrom ? move.from : undefined
  if (!isAtFrom) return move.to
  if (await finishMove(from, to, move.sha256)) return move.to
  // Two files: ours is the one with the noted content, and the other is somebody else's.
  return (await hashFile(to)) === move.sha256 ? move.to : move.from
}

function isMove(line: object): line is Move {
  const { file, input, from, to, sha256 } = line as Record<string, unknown>
  const isPlace = (place: unknown) => place === null || typeof place === 'string'
  const texts = [file, input, sha256]
  return texts.every((text) => typeof text === 'string') && isPlace(from) && isPlace(to)
}
