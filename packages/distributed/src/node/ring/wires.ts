import type { Stretch } from '../../chunks.ts'
import type { Kernels } from '../../kernels.ts'
import { pass } from './pass.ts'

// How floats travel, as they are or as halves, and what is done to them on their way.

export interface SharedBytes {
  readonly kernels: Kernels
  readonly memory: WebAssembly.Memory
}

/** Where a payload lies, and its checksum. */
export interface Payload {
  readonly at: number
  readonly crc: number
}

export interface Wire {
  /** Bytes of an element. */
  readonly width: number
  /** Lays out what is to travel, at `scratch` if need be; its checksum may be known. */
  layOut(stretch: Stretch, scratch: number, known: number | undefined): Payload
  /** Adds what was received. The whole sum is left as the others will read it. */
  sum(from: number, stretch: Stretch, isWhole: boolean): Summed
  /** Takes the sum of another rank; returns the checksum of what was received. */
  store(from: number, stretch: Stretch): number
}

export interface Summed {
  /** The checksum of what was received. */
  readonly crc: number
  /** That of the sum, where it travels as it lies. */
  readonly ofSum: number | undefined
}

export interface WireOptions extends SharedBytes {
  /** Where the array lies. */
  readonly at: number
  /** What whole sums are divided by. */
  readonly by: number
}

export const checksum = ({ kernels }: SharedBytes, at: number, length: number): number =>
  kernels.crc32c(at, length) >>> 0

/** Puts bytes where they belong in shared memory, and returns their checksum. */
export function takeBytes(
  shared: SharedBytes,
  { from, to, length }: { from: number; to: number; length: number },
): number {
  if (from !== to) new Uint8Array(shared.memory.buffer).copyWithin(to, from, from + length)
  return checksum(shared, to, length)
}

export function floatWire(options: WireOptions): Wire {
  const { kernels, at, by } = options
  const placeOf = ({ start }: Stretch) => at + 4 * start
  return {
    width: 4,
    layOut: (stretch, _, known) => {
      const place = placeOf(stretch)
      return { at: place, crc: known ?? checksum(options, place, 4 * stretch.length) }
    },
    sum: (from, stretch, isWhole) => {
      const place = placeOf(stretch)
      const work = (i: number, count: number) => {
        kernels.addFloats(place + 4 * i, from + 4 * i, count)
        if (isWhole && by !== 1) kernels.divide(place + 4 * i, count, by)
      }
      const rows = { before: { at: from, width: 4 }, after: { at: place, width: 4 } }
      const { before, after } = pass(kernels, stretch.length, { ...rows, work })
      return { crc: before, ofSum: after }
    },
    store: (from, stretch) =>
      takeBytes(options, { from, to: placeOf(stretch), length: 4 * stretch.length }),
  }
}

export function halfWire({ kernels, at, by }: WireOptions): Wire {
  const placeOf = ({ start }: Stretch) => at + 4 * start
  return {
    width: 2,
    layOut: (stretch, scratch, known) => {
      const place = placeOf(stretch)
      const work = (i: number, count: number) =>
        kernels.narrow(place + 4 * i, scratch + 2 * i, count)
      const row = known === undefined ? { after: { at: scratch, width: 2 } } : {}
      const { after } = pass(kernels, stretch.length, { ...row, work })
      return { at: scratch, crc: known ?? after }
    },
    sum: (from, stretch, isWhole) => {
      const place = placeOf(stretch)
      const work = (i: number, count: number) => {
        const [to, received] = [place + 4 * i, from + 2 * i]
        kernels.addBrains(to, received, count)
        if (!isWhole) return
        if (by !== 1) kernels.divide(to, count, by)
        kernels.narrow(to, received, count)
        kernels.widen(received, to, count)
      }
      const { before } = pass(kernels, stretch.length, { before: { at: from, width: 2 }, work })
      return { crc: before, ofSum: undefined }
    },
    store: (from, stretch) => {
      const place = placeOf(stretch)
      const work = (i: number, count: number) => kernels.widen(from + 2 * i, place + 4 * i, count)
      return pass(kernels, stretch.length, { before: { at: from, width: 2 }, work }).before
    },
  }
}
