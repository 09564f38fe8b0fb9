import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeFits } from '@nebulift/fits'
import { maskStreaks, type Streak } from '@nebulift/prefilter'
import { describeError, isDiskFull } from '../errors.ts'
import { markOf } from '../files/identity.ts'
import { createInto } from '../files/place.ts'
import type { Layout } from '../night/layout.ts'
import { baseName, maskName, uniqueNames } from '../night/names.ts'
import { type Placed, readPlaced, removePlaced, stateOf, writePlaced } from '../night/placed.ts'
import { version } from '../version.ts'

/** A frame whose trails are to be masked; without trails an earlier mask of it goes. */
export interface MaskableFrame {
  readonly file: string
  readonly width: number
  readonly height: number
  readonly streaks: readonly Streak[]
}

export interface MaskOptions {
  readonly layout: Layout
  readonly onFailure: (file: string, error: string) => void
  /** Told of masks that somebody changed: they stay. */
  readonly onNote: (message: string) => void
  /** Leaves the masks that are not yet written for the next run. */
  readonly signal?: AbortSignal | undefined
}

/** The bytes of a trail mask: one byte a pixel, 1 on a trail, as large as the frame. */
export function encodeMask({ file, width, height, streaks }: MaskableFrame): Uint8Array {
  return encodeFits([
    {
      data: maskStreaks(streaks, { width, height }),
      width,
      height,
      header: [
        ['EXTNAME', 'MASK'],
        ['CREATOR', `nebulift ${version}`],
        ['SOURCE', printableAscii(baseName(file)).slice(0, 60), 'frame this mask belongs to'],
        ['NTRAILS', streaks.length, 'trails masked'],
        ['COMMENT', '1 = light of a trail, 0 = sky'],
        ['HISTORY', `Trails of ${printableAscii(file)} found and masked by nebulift ${version}`],
      ],
    },
  ])
}

/** Writes masks of frames with trails; returns where each lies, relative to the output folder. */
export async function writeMasks(
  frames: readonly MaskableFrame[],
  { layout, onFailure, onNote, signal }: MaskOptions,
): Promise<Map<string, string>> {
  const placed = await readPlaced(layout)
  const book = new Map(placed.filter(({ how }) => how === 'mask').map((e) => [e.file, e]))
  const others = placed.filter(({ how }) => how !== 'mask')
  const files = frames.map(({ file }) => file)
  const earlier = new Map([...book].map(([file, { place }]) => [file, baseName(place)]))
  const names = uniqueNames(files, maskName, earlier)
  const masks = new Map<string, string>()
  for (const entry of [...book.values()].filter(({ file }) => !files.includes(file))) {
    if (!(await removePlaced(layout, entry, ''))) book.delete(entry.file)
  }
  const renew = async (frame: MaskableFrame, place: string) => {
    const known = book.get(frame.file)
    if (known && (await stateOf(layout, known)) === 'foreign') {
      onNote(`${known.place} was changed since nebulift made it; it stays`)
      masks.set(frame.file, known.place)
      return
    }
    const entry = await renewMask(layout, { frame, place, entry: known })
    if (!entry) book.delete(frame.file)
    else {
      book.set(frame.file, entry)
      masks.set(frame.file, place)
    }
  }
  try {
    for (const frame of frames) {
      if (signal?.aborted) break
      const place = `masks/${names.get(frame.file)}`
      await renew(frame, place).catch((error: unknown) => {
        if (isDiskFull(error)) throw error
        onFailure(frame.file, `no mask written to ${place}: ${describeError(error)}`)
      })
    }
  } finally {
    await writePlaced(layout, [...others, ...book.values()])
  }
  return masks
}

interface Renewal {
  readonly frame: MaskableFrame
  readonly place: string
  readonly entry: Placed | undefined
}

async function renewMask(
  layout: Layout,
  { frame, place, entry }: Renewal,
): Promise<Placed | undefined> {
  const { file, width, height, streaks } = frame
  const basis = hashOf(JSON.stringify([version, file, width, height, streaks]))
  if (entry && streaks.length > 0 && entry.basis === basis) {
    if ((await stateOf(layout, entry)) === 'ours') return entry
  }
  if (entry) await removePlaced(layout, entry, '')
  if (streaks.length === 0) return undefined
  const bytes = encodeMask(frame)
  const sha256 = hashOf(bytes)
  const made: Placed = { place, file, how: 'mask', sha256, basis }
  await mkdir(layout.masks, { recursive: true })
  // After a crash the very same mask may be there already, not yet in the book.
  if ((await stateOf(layout, made)) !== 'ours') await createInto(join(layout.root, place), bytes)
  const mark = await markOf(join(layout.root, place))
  return { ...made, ...(mark && { mark }) }
}

const hashOf = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex')

/** Header cards hold nothing else. */
const printableAscii = (text: string) => text.replaceAll(/[^\x20-\x7e]/g, '?')
