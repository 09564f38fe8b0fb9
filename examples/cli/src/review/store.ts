import { CliError, describeError } from '../errors.ts'
import { resolveFolder } from '../files/discover.ts'
import { type FileMark, markOf, sameInode, sameStamp } from '../files/identity.ts'
import { noteCorrection } from '../night/corrections.ts'
import { lock, readNight } from '../night/folders.ts'
import { type Layout, layoutOf } from '../night/layout.ts'
import { type Correction, correctFrame, type Decision } from '../output/correction.ts'
import { type Manifest, type ManifestFrame, manifestSessions } from '../output/manifest.ts'
import { readManifest, writeManifest, writeManifestJson } from '../output/writeOutputs.ts'
import type { Preview } from '../picture/index.ts'
import { findFrameFile, findPicture, moveToVerdict } from './frameFiles.ts'

/** A person's wish about one frame. */
export interface Wish {
  readonly file: string
  /** When the frame the person saw had been corrected; `null`: not yet. */
  readonly seen: string | null
  /** `null` takes the person's word back. */
  readonly decision: (Decision & Pick<Correction, 'causes'>) | null
}

/** What became of a wish. */
export type Answer =
  /** On the disk. `note` tells what else did not work, such as moving the file. */
  | { readonly result: 'saved'; readonly frame: ManifestFrame; readonly note?: string }
  /** Somebody corrected the frame meanwhile: nothing was written. */
  | { readonly result: 'stale'; readonly frame: ManifestFrame }
  /** The night no longer has such a frame. */
  | { readonly result: 'unknown' }

/** The manifest of a night, and a name for its present state. */
export interface NightState {
  readonly manifest: Manifest
  readonly revision: string
}

/** A night under review: reads fresh, writes one wish at a time. */
export interface ReviewStore {
  readonly layout: Layout
  readonly night: () => Promise<NightState>
  /** The stretched picture of a frame of the manifest; `undefined` where there is no such frame. */
  readonly picture: (file: string) => Promise<Preview | undefined>
  readonly correct: (wish: Wish) => Promise<Answer>
}

/** Opens the output of a batch for review; one clear line where there is none. */
export async function openReview(
  output: string,
  { move = true }: { move?: boolean } = {},
): Promise<ReviewStore> {
  const layout = layoutOf(await resolveFolder(output))
  const read = manifestReader(layout)
  if ((await readNight(layout)) === undefined) {
    throw new CliError(`${output} is not the output of a nebulift batch: nothing to review`, {
      exitCode: 2,
      hint: `run first: nebulift batch FRAMES ${output}`,
    })
  }
  await read()
  let last: Promise<unknown> = Promise.resolve()
  // Two tabs may speak at once; each is answered by what the one before has left on the disk.
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work, work)
    last = turn
    return turn
  }
  return {
    layout,
    night: read,
    picture: async (file) => {
      const { manifest } = await read()
      const frame = manifest.frames.find((one) => one.file === file)
      return frame && findPicture(layout, manifest, frame)
    },
    correct: (wish) => inTurn(() => correctInTurn({ layout, read, move }, wish)),
  }
}

/** Reads the manifest, and anew only where it has changed: a large one takes a tenth of a second. */
function manifestReader(layout: Layout): () => Promise<NightState> {
  let known: { readonly mark: FileMark; readonly state: NightState } | undefined
  return async () => {
    const mark = await markOf(layout.manifest)
    if (known && mark && sameInode(mark, known.mark) && sameStamp(mark, known.mark)) {
      return known.state
    }
    const manifest = await readManifest(layout)
    if (!mark || !manifest) {
      throw new CliError(`${layout.manifest}: there is no manifest that can be read`, {
        hint: 'run the batch again: it writes a new one',
      })
    }
    known = { mark, state: { manifest, revision: `${mark.ino}-${mark.size}-${mark.mtimeNs}` } }
    return known.state
  }
}

interface Correcting {
  readonly layout: Layout
  readonly read: () => Promise<NightState>
  readonly move: boolean
}

async function correctInTurn(review: Correcting, wish: Wish): Promise<Answer> {
  // A batch in another process writes the same manifest.
  const release = await lock(review.layout)
  try {
    const { manifest } = await review.read()
    const frame = manifest.frames.find(({ file }) => file === wish.file)
    if (!frame) return { result: 'unknown' }
    if ((frame.corrected?.at ?? null) !== wish.seen) return { result: 'stale', frame }
    return await save(review, { manifest, frame, wish })
  } finally {
    await release()
  }
}

interface Saving {
  readonly manifest: Manifest
  readonly frame: ManifestFrame
  readonly wish: Wish
}

/** The word first, then the file: after a crash in between, the next batch puts the file right. */
async function save(
  { layout, move }: Correcting,
  { manifest, frame, wish }: Saving,
): Promise<Answer> {
  const { file, decision } = wish
  const at = momentAfter(frame.corrected?.at)
  const word = decision && ({ ...decision, by: 'person', at } as const)
  const { sha256 } = await findFrameFile(layout, manifest, file)
  await noteCorrection(layout, { file, ...(sha256 && { sha256 }), at, word })
  const corrected = correctFrame(frame, word ?? undefined)
  const { sorted, verdict } = corrected
  if (!move || sorted === null || sorted.startsWith(`${verdict}/`)) {
    await writeManifest(layout, withFrame(manifest, corrected))
    return { result: 'saved', frame: corrected }
  }
  await writeManifestJson(layout, withFrame(manifest, corrected))
  let note: string | undefined
  const place = await moveToVerdict({ layout, manifest }, corrected, (error) => {
    note = error
  }).catch((error: unknown) => {
    note = `not sorted into ${verdict}: ${describeError(error)}`
    return sorted
  })
  const settled = { ...corrected, sorted: place }
  await writeManifest(layout, withFrame(manifest, settled))
  return { result: 'saved', frame: settled, ...(note !== undefined && { note }) }
}

/** Now, but never the moment of the word before: by it pages tell whether theirs is still the last. */
function momentAfter(before: string | undefined): string {
  const earliest = before === undefined ? 0 : Date.parse(before) + 1
  return new Date(Math.max(Date.now(), earliest)).toISOString()
}

function withFrame(manifest: Manifest, frame: ManifestFrame): Manifest {
  const frames = manifest.frames.map((one) => (one.file === frame.file ? frame : one))
  const counts = new Map(manifestSessions(frames).map((session) => [session.key, session]))
  const sessions = manifest.sessions.map((session) => ({
    ...session,
    verdicts: counts.get(session.key)?.verdicts ?? session.verdicts,
  }))
  return { ...manifest, frames, sessions }
}
