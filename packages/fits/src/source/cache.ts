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
  const cache = new BlockCache(source, blockBytes, blocks)
  return {
    size: source.size,
    read: async (offset, length, signal) => {
      signal?.throwIfAborted()
      const end = Math.min(offset + length, source.size)
      if (end <= offset) return new Uint8Array(0)
      const first = Math.floor(offset / blockBytes)
      const last = Math.floor((end - 1) / blockBytes)
      if ((last - first + 1) * 2 > blocks) return source.read(offset, length, signal)
      const parts = await Promise.all(cache.take(first, last))
      return join(parts, offset - first * blockBytes, end - offset)
    },
  }
}

class BlockCache {
  readonly #source: ByteSource
  readonly #blockBytes: number
  readonly #blocks: number
  /** In the order of their last use. */
  readonly #kept = new Map<number, Promise<Uint8Array>>()

  constructor(source: ByteSource, blockBytes: number, blocks: number) {
    this.#source = source
    this.#blockBytes = blockBytes
    this.#blocks = blocks
  }

  /** The blocks from `first` to `last`, the missing ones on their way. */
  take(first: number, last: number): Promise<Uint8Array>[] {
    const taken: Promise<Uint8Array>[] = []
    for (let index = first; index <= last; ) {
      const block = this.#kept.get(index)
      let end = index + 1
      if (!block) while (end <= last && !this.#kept.has(end)) end++
      const found = block ? [block] : this.#fetch(index, end - index)
      for (const [i, one] of found.entries()) this.#keep(index + i, one)
      taken.push(...found)
      index = end
    }
    return taken
  }

  /** Neighbouring blocks by one read. */
  #fetch(first: number, count: number): Promise<Uint8Array>[] {
    const bytes = this.#blockBytes
    const offset = first * bytes
    // Not the caller's signal: another reader may be waiting for the same block.
    const run = this.#source.read(offset, Math.min(count * bytes, this.#source.size - offset))
    return Array.from({ length: count }, (_, i) =>
      run.then((whole) => whole.slice(i * bytes, (i + 1) * bytes)),
    )
  }

  /** Makes a block the latest used; forgets it where it fails, and the oldest ones over the limit. */
  #keep(index: number, block: Promise<Uint8Array>): void {
    const known = this.#kept.delete(index)
    this.#kept.set(index, block)
    if (!known) block.catch(() => this.#kept.get(index) === block && this.#kept.delete(index))
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#blocks) break
      this.#kept.delete(oldest)
    }
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
