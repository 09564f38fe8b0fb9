import type { ByteSource } from './source.ts'

export interface BlockCacheOptions {
  /** Size of a block in bytes. Default 65536: a header with its neighbourhood, one HTTP request's worth. */
  readonly blockBytes?: number
  /** How many blocks are kept; the one unused for longest goes first. Default 64, so 4 MiB. */
  readonly blocks?: number
}

/**
 * The same source with its latest blocks kept in memory. Missing neighbours are fetched in one read, two
 * readers that want the same block share one fetch, and a read longer than half the cache goes past it.
 */
export function withBlockCache(source: ByteSource, options: BlockCacheOptions = {}): ByteSource {
  const { blockBytes = 65536, blocks = 64 } = options
  const kept = new Map<number, Promise<Uint8Array>>()

  const keep = (index: number, block: Promise<Uint8Array>) => {
    kept.delete(index)
    kept.set(index, block)
    block.catch(() => kept.get(index) === block && kept.delete(index))
    for (const oldest of kept.keys()) {
      if (kept.size <= blocks) break
      kept.delete(oldest)
    }
  }
  const fetchRun = (first: number, count: number) => {
    const offset = first * blockBytes
    // Not the caller's signal: another reader may be waiting for the same block.
    const run = source.read(offset, Math.min(count * blockBytes, source.size - offset))
    for (let i = 0; i < count; i++) {
      keep(
        first + i,
        run.then((bytes) => bytes.slice(i * blockBytes, (i + 1) * blockBytes)),
      )
    }
  }
  const fetchMissing = (first: number, last: number) => {
    for (let index = first; index <= last; index++) {
      const block = kept.get(index)
      if (block) {
        keep(index, block)
        continue
      }
      let end = index
      while (end < last && !kept.has(end + 1)) end++
      fetchRun(index, end - index + 1)
      index = end
    }
  }

  return {
    size: source.size,
    read: async (offset, length, signal) => {
      signal?.throwIfAborted()
      const end = Math.min(offset + length, source.size)
      if (end <= offset) return new Uint8Array(0)
      const first = Math.floor(offset / blockBytes)
      const last = Math.floor((end - 1) / blockBytes)
      if ((last - first + 1) * 2 > blocks) return source.read(offset, length, signal)
      fetchMissing(first, last)
      const parts: Promise<Uint8Array>[] = []
      for (let index = first; index <= last; index++) parts.push(kept.get(index)!)
      return join(await Promise.all(parts), offset - first * blockBytes, end - offset)
    },
  }
}

function join(parts: readonly Uint8Array[], skip: number, length: number): Uint8Array {
  const only = parts[0]!
  if (parts.length === 1) return only.subarray(skip, skip + length)
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole.subarray(skip, skip + length)
}
