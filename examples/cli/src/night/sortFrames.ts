import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Verdict } from '@nebulift/prefilter'
import { CliError, describeError, isDiskFull } from '../errors.ts'
import { markOf, sameInode } from '../files/identity.ts'
import { collision, copyInto, linkInto, moveInto } from '../files/place.ts'
import { type MovedFrame, noteMove, pathOf } from './journal.ts'
import type { Layout } from './layout.ts'
import { baseName, uniqueNames } from './names.ts'
import { type Placed, readPlaced, removePlaced, stateOf, writePlaced } from './placed.ts'

/** What becomes of the frames: nothing, hard links, copies, or they themselves move. */
export type SortAction = 'report' | 'link' | 'copy' | 'move'

/** A judged frame that is to be sorted. */
export interface SortableFrame {
  readonly file: string
  readonly path: string
  readonly isLink: boolean
  readonly sha256: string
  readonly verdict: Verdict
}

export interface SortOptions {
  readonly layout: Layout
  readonly input: string
  readonly action: SortAction
  readonly moved: ReadonlyMap<string, MovedFrame>
  /** Called for every frame that could not be sorted. */
  readonly onFailure: (file: string, error: string) => void
  readonly signal?: AbortSignal | undefined
}

/** Sorts frames into folders by verdict. Returns where each lies now; frames lying nowhere are absent. */
export async function sortFrames(
  frames: readonly SortableFrame[],
  options: SortOptions,
): Promise<Map<string, string>> {
  const sorter = new Sorter(frames, options, await readPlaced(options.layout))
  const sorted = new Map<string, string>()
  const sorts = options.action !== 'report'
  if (sorts) await sorter.forgetRenamed()
  if (sorts) await sorter.plan()
  try {
    for (const frame of frames) {
      const stopped = !sorts || options.signal?.aborted
      const place = (stopped ? undefined : await sorter.sort(frame)) ?? (await sorter.find(frame))
      if (place) sorted.set(frame.file, place)
    }
  } finally {
    if (sorts) await sorter.close()
  }
  return sorted
}

/** Sorts one frame anew, as its verdict says now; all others stay where they lie. Returns where it lies. */
export async function resortFrame(
  frame: SortableFrame,
  options: SortOptions,
): Promise<string | undefined> {
  const sorter = new Sorter([frame], options, await readPlaced(options.layout))
  try {
    return (await sorter.sort(frame)) ?? (await sorter.find(frame))
  } finally {
    await sorter.close()
  }
}

class Sorter {
  readonly #frames: readonly SortableFrame[]
  readonly #options: SortOptions
  readonly #masks: readonly Placed[]
  /** Links and copies by frame. */
  readonly #book: Map<string, Placed>
  readonly #names: ReadonlyMap<string, string>

  constructor(frames: readonly SortableFrame[], options: SortOptions, placed: readonly Placed[]) {
    this.#frames = frames
    this.#options = options
    this.#masks = placed.filter(({ how }) => how === 'mask')
    this.#book = new Map(placed.filter(({ how }) => how !== 'mask').map((e) => [e.file, e]))
    const files = frames.map(({ file }) => file)
    this.#names = uniqueNames(files, baseName, earlierNames(this.#book, options.moved))
  }

  /** A frame that has a new name in the input folder is not to lie here under both. */
  async forgetRenamed(): Promise<void> {
    const files = new Set(this.#frames.map(({ file }) => file))
    for (const entry of [...this.#book.values()].filter(({ file }) => !files.has(file))) {
      const twin = this.#frames.find(({ sha256 }) => sha256 === entry.sha256)
      if (twin && !(await removePlaced(this.#options.layout, entry, twin.path))) {
        this.#book.delete(entry.file)
      }
    }
  }

  /** Notes links and copies before they are made, so that after a crash they are known as ours. */
  async plan(): Promise<void> {
    const { action, layout } = this.#options
    const open = action === 'move' ? [] : this.#frames.filter(({ file }) => !this.#isMoved(file))
    for (const frame of open) {
      const { file, sha256 } = frame
      if (this.#book.has(file) || (await markOf(this.#target(frame)))) continue
      this.#book.set(file, { place: this.#wanted(frame), file, how: 'copy', sha256 })
    }
    await writePlaced(layout, [...this.#book.values(), ...this.#masks])
  }

  /** Puts one frame where its verdict says; a problem is reported and costs this frame only. */
  async sort(frame: SortableFrame): Promise<string | undefined> {
    const { action, onFailure } = this.#options
    const wanted = this.#wanted(frame)
    try {
      if (action === 'move' || this.#isMoved(frame.file)) await this.#move(frame, wanted)
      else await this.#place(frame, wanted)
      return wanted
    } catch (error) {
      if (isDiskFull(error)) throw error
      onFailure(frame.file, `not sorted into ${wanted}: ${describeError(error)}`)
      return undefined
    }
  }

  /** Where a frame lies since an earlier run. */
  async find({ file }: SortableFrame): Promise<string | undefined> {
    const entry = this.#book.get(file)
    if (entry && (await stateOf(this.#options.layout, entry)) === 'ours') return entry.place
    return this.#options.moved.get(file)?.place ?? undefined
  }

  /** Writes down what was made, and forgets what was planned only. */
  async close(): Promise<void> {
    const { layout } = this.#options
    const made: Placed[] = []
    for (const entry of this.#book.values()) {
      if (entry.mark || (await markOf(join(layout.root, entry.place)))) made.push(entry)
    }
    await writePlaced(layout, [...made, ...this.#masks])
  }

  async #place(frame: SortableFrame, wanted: string): Promise<void> {
    const { file, path, sha256 } = frame
    const { action, layout } = this.#options
    const target = join(layout.root, wanted)
    const inPlace = (await this.#isInPlace(frame, wanted)) ?? (await this.#takeOver(frame, wanted))
    if (!inPlace) {
      await this.#clear(frame)
      await mkdir(dirname(target), { recursive: true })
    }
    const how = inPlace ?? (action === 'link' ? await linkInto(path, target) : 'copy')
    if (!inPlace && action === 'copy') await copyInto(path, target)
    const mark = await markOf(target)
    this.#book.set(file, { place: wanted, file, how, sha256, ...(mark && { mark }) })
  }

  /** How the frame already lies in the wanted place, if it does and this action wants it so. */
  async #isInPlace(frame: SortableFrame, wanted: string): Promise<'link' | 'copy' | undefined> {
    const { action, layout } = this.#options
    const entry = this.#book.get(frame.file)
    if (entry?.place !== wanted || (await stateOf(layout, entry)) !== 'ours') return undefined
    const [now, source] = [await markOf(this.#target(frame)), await markOf(frame.path)]
    if (now && source && sameInode(now, source)) return action === 'link' ? 'link' : undefined
    return entry.sha256 === frame.sha256 ? 'copy' : undefined
  }

  /**
   * A crash may have come after a frame went from one folder to the other and before the book said so: what lies in the
   * wanted place is then ours, though the book knows the earlier place only.
   */
  async #takeOver(frame: SortableFrame, wanted: string): Promise<'link' | 'copy' | undefined> {
    const { action, layout } = this.#options
    const { file, path, sha256 } = frame
    const entry = this.#book.get(file)
    if (!entry || entry.place === wanted) return undefined
    const [now, source] = [await markOf(this.#target(frame)), await markOf(path)]
    if (!now || !source) return undefined
    const isLink = sameInode(now, source)
    const how = isLink ? 'link' : 'copy'
    const state = await stateOf(layout, { place: wanted, file, how, sha256 })
    if ((action === 'link') !== isLink || state !== 'ours') return undefined
    await this.#clear(frame)
    return how
  }

  async #move(frame: SortableFrame, to: string): Promise<void> {
    const { layout, input, moved } = this.#options
    const { file, sha256 } = frame
    const from = moved.get(file)?.place ?? null
    if (from === to) return
    if (frame.isLink) throw new CliError('is a symbolic link; only real files are moved')
    if (from === null) await this.#clear(frame)
    if (await markOf(this.#target(frame))) throw collision()
    await mkdir(dirname(this.#target(frame)), { recursive: true })
    const move = { file, input, from, to, sha256 }
    await noteMove(layout, move)
    await moveInto(pathOf(layout, move, from), pathOf(layout, move, to), sha256)
  }

  /** Takes away the link or copy of an earlier run. */
  async #clear({ file, path }: SortableFrame): Promise<void> {
    const entry = this.#book.get(file)
    if (!entry) return
    const problem = await removePlaced(this.#options.layout, entry, path)
    if (problem) throw new CliError(problem)
    this.#book.delete(file)
  }

  #wanted({ file, verdict }: SortableFrame): string {
    return `${verdict}/${this.#names.get(file)}`
  }

  #target(frame: SortableFrame): string {
    return join(this.#options.layout.root, this.#wanted(frame))
  }

  #isMoved(file: string): boolean {
    return typeof this.#options.moved.get(file)?.place === 'string'
  }
}

function earlierNames(
  book: ReadonlyMap<string, Placed>,
  moved: ReadonlyMap<string, MovedFrame>,
): Map<string, string> {
  const names = new Map<string, string>()
  for (const { file, place } of book.values()) names.set(file, baseName(place))
  for (const { file, place } of moved.values()) {
    if (typeof place === 'string') names.set(file, baseName(place))
  }
  return names
}
