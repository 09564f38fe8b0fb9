import type { Stretch } from '../../chunks.ts'
import { DistributedError } from '../../errors.ts'
import { growTo } from '../../kernels.ts'

const alignment = 64

/** Shared memory for arrays. What is allocated stays; what is borrowed is given back. */
export interface Arena {
  readonly memory: WebAssembly.Memory
  /** The place of new bytes, zeroed. */
  allocate(bytes: number): number
  /** A place of at least as many bytes, with anything in them. */
  borrow(bytes: number): Stretch
  giveBack(block: Stretch): void
  /** Whether an array lies in it. */
  holds(array: ArrayBufferView): boolean
}

/** @param start where arrays may begin, in bytes */
export function openArena(memory: WebAssembly.Memory, start: number): Arena {
  let end = start
  growTo(memory, start)
  const spare: Stretch[] = []
  // Growing gives a new view of the same memory; the old ones stay good.
  const buffers = new WeakSet<ArrayBufferLike>()
  const allocate = (bytes: number): number => {
    const at = end
    if (!growTo(memory, at + bytes))
      throw new DistributedError(
        'BAD_ARGUMENT',
        `shared memory: got ${bytes} bytes more than ${at}, wanted at most 4 GiB in all`,
      )
    end = Math.ceil((at + bytes) / alignment) * alignment
    buffers.add(memory.buffer)
    return at
  }
  return {
    memory,
    allocate,
    borrow: (bytes) => {
      const fits = spare.findIndex(({ length }) => length >= bytes)
      const [found] = fits < 0 ? [] : spare.splice(fits, 1)
      return found ?? { start: allocate(bytes), length: bytes }
    },
    giveBack: (block) => {
      spare.push(block)
      spare.sort((a, b) => a.length - b.length)
    },
    holds: ({ buffer }) => buffers.has(buffer),
  }
}
