/* v8 ignore file -- runs in browsers only; the browser tests measure what they reach */
import type { PageFrame } from '../../report/page/model.ts'
import { askPicture } from './talk.ts'

/** Pictures that were asked for, so that stepping back and blinking do not wait. */
export interface Pictures {
  /** Address of a picture that is there; `undefined` where it is not, or not yet. */
  readonly urlOf: (id: number) => string | undefined
  /** Gets a picture; one that cannot be had is `undefined`. */
  readonly load: (frame: PageFrame) => Promise<string | undefined>
  /** Forgets all: another night's frames have other numbers. */
  readonly clear: () => void
}

/** Pictures kept: some 20 MB of them. */
const kept = 240

/** Keeps the pictures that were used last. */
export function createPictures(): Pictures {
  const urls = new Map<number, Promise<string | undefined>>()
  const ready = new Map<number, string>()
  const forget = (id: number) => {
    const url = ready.get(id)
    if (url !== undefined) URL.revokeObjectURL(url)
    ready.delete(id)
    urls.delete(id)
  }
  const fetchPicture = async ({ id, file }: PageFrame) => {
    const blob = await askPicture(file).catch(() => undefined)
    if (blob === undefined) return undefined
    const url = URL.createObjectURL(blob)
    const image = new Image()
    image.src = url
    await image.decode().catch(() => {})
    ready.set(id, url)
    return url
  }
  return {
    urlOf: (id) => ready.get(id),
    load: (frame) => {
      const known = urls.get(frame.id)
      const loading = known ?? fetchPicture(frame)
      // The map's order is that of use: the first is the one that was used longest ago.
      urls.delete(frame.id)
      urls.set(frame.id, loading)
      const oldest = urls.keys().next().value
      if (urls.size > kept && oldest !== undefined) forget(oldest)
      return loading
    },
    clear: () => {
      for (const id of [...urls.keys()]) forget(id)
    },
  }
}
