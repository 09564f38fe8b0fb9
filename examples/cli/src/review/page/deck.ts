/* v8 ignore file -- runs in browsers only; the browser tests measure what they reach */
import type { PageFrame, PageNight } from '../../report/page/model.ts'
import { listFrames, sessionNeighbour } from './choices.ts'

/** The night's frames, those gone through in their order, and the current one of these. */
export interface Deck {
  readonly night: () => PageNight
  readonly list: () => readonly number[]
  readonly at: () => number
  readonly current: () => PageFrame | undefined
  /** The frame so many places further in the list. */
  readonly further: (by: number) => PageFrame | undefined
  readonly neighbour: () => PageFrame | undefined
  readonly find: (file: string | undefined) => PageFrame | undefined
  readonly goTo: (place: number) => void
  /** Goes to a file; one that the filter hides is added to the list. */
  readonly goToFile: (file: string) => void
  /** Lists anew what a filter shows; stays with the current frame where it is among them. */
  readonly choose: (filterId: string) => void
  readonly replace: (frame: PageFrame) => void
  /** Takes the night as it is now; whether it has the same frames as before. */
  readonly take: (night: PageNight) => boolean
}

/** Makes an empty deck. A reload finds the filter and the frame that were last looked at. */
export function createDeck(): Deck {
  let night: PageNight = { sessions: [], frames: [] }
  let list: readonly number[] = []
  let at = 0
  const further = (by: number) => night.frames[list[at + by] ?? -1]
  const current = () => further(0)
  const placeOf = (file: string | null | undefined) =>
    list.findIndex((id) => night.frames[id]?.file === file)
  const goTo = (place: number) => {
    at = Math.min(Math.max(0, place), Math.max(0, list.length - 1))
    const frame = current()
    if (frame) sessionStorage.setItem('file', frame.file)
  }
  const listAnew = (file: string | null | undefined) => {
    list = listFrames(night.frames, sessionStorage.getItem('filter') ?? 'first')
    goTo(placeOf(file))
  }
  return {
    night: () => night,
    list: () => list,
    at: () => at,
    current,
    further,
    neighbour: () => {
      const frame = current()
      return frame && sessionNeighbour(night.frames, frame)
    },
    find: (file) => night.frames.find((frame) => frame.file === file),
    goTo,
    goToFile: (file) => {
      const frame = night.frames.find((one) => one.file === file)
      if (frame && !list.includes(frame.id)) list = [...list, frame.id]
      goTo(placeOf(file))
    },
    choose: (filterId) => {
      sessionStorage.setItem('filter', filterId)
      listAnew(current()?.file)
    },
    replace: (frame) => {
      night = { ...night, frames: night.frames.with(frame.id, frame) }
    },
    take: (next) => {
      const file = current()?.file ?? sessionStorage.getItem('file')
      const isSame =
        next.frames.length === night.frames.length &&
        next.frames.every((frame, id) => frame.file === night.frames[id]?.file)
      night = next
      if (!isSame) listAnew(file)
      return isSame
    },
  }
}
