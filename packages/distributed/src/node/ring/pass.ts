import type { Kernels } from '../../kernels.ts'

/** Elements of a block: what a pass touches of it stays in a core's own cache, also where that is small. */
const blockElements = 16_384

/** Elements that travel: where they lie, and bytes of each. */
export interface Row {
  readonly at: number
  readonly width: number
}

export interface Pass {
  /** What has its checksum taken before it is worked on. */
  readonly before?: Row
  work(start: number, count: number): void
  /** What has its checksum taken afterwards. */
  readonly after?: Row
}

/** Works on `count` elements and takes checksums of them, going through memory once. */
export function pass(kernels: Kernels, count: number, { before, work, after }: Pass) {
  const add = (which: 0 | 1, row: Row | undefined, start: number) =>
    row && kernels.addCrc(which, row.at + start * row.width, blockElements * row.width)
  const end = (which: 0 | 1, row: Row | undefined, start: number) =>
    row ? kernels.endCrc(which, row.at + start * row.width, (count - start) * row.width) >>> 0 : 0
  kernels.beginCrc(0)
  kernels.beginCrc(1)
  let start = 0
  // A checksum ends with as many bytes as it looks back on, or more.
  for (; count - start >= 2 * blockElements; start += blockElements) {
    add(0, before, start)
    work(start, blockElements)
    add(1, after, start)
  }
  const first = end(0, before, start)
  work(start, count - start)
  return { before: first, after: end(1, after, start) }
}
