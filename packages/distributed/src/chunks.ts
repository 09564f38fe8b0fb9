/** A stretch of an array, in elements. */
export interface Stretch {
  readonly start: number
  readonly length: number
}

/** Chunks begin where a vector of four floats may begin. */
const alignment = 4

/** Cuts an array into one chunk for each rank, some of them empty where it is short. */
export function chunksOf(length: number, world: number): Stretch[] {
  const blocks = Math.ceil(length / alignment)
  const bound = (chunk: number) =>
    Math.min(length, Math.floor((blocks * chunk) / world) * alignment)
  return Array.from({ length: world }, (_, chunk) => {
    const start = bound(chunk)
    return { start, length: bound(chunk + 1) - start }
  })
}

/** A lane's part of a chunk. */
export function partOf(
  { start, length }: Stretch,
  { lane, lanes }: { readonly lane: number; readonly lanes: number },
): Stretch {
  const part = chunksOf(length, lanes)[lane]!
  return { start: start + part.start, length: part.length }
}

/** Cuts a stretch into segments of at most `most` elements; an empty one has one empty segment. */
export function segmentsOf({ start, length }: Stretch, most: number): Stretch[] {
  const count = Math.max(1, Math.ceil(length / most))
  return Array.from({ length: count }, (_, segment) => ({
    start: start + segment * most,
    length: Math.min(most, length - segment * most),
  }))
}
