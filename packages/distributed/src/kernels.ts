import { kernelsBase64 } from './kernels.generated.ts'

/** What assembly/index.ts exports; places are offsets (bytes) in the memory it was opened on. */
export interface Kernels {
  heapBase(): number
  addFloats(target: number, source: number, count: number): void
  addBrains(target: number, source: number, count: number): void
  divide(target: number, count: number, by: number): void
  narrow(source: number, target: number, count: number): void
  widen(source: number, target: number, count: number): void
  /** The checksum of all these bytes, as a signed number; checksum 0 begins anew. */
  crc32c(at: number, length: number): number
  /** Begins checksum 0 or 1 anew: both may be under way at once. */
  beginCrc(which: 0 | 1): void
  /** Adds `length` bytes, a multiple of 16. */
  addCrc(which: 0 | 1, at: number, length: number): void
  /** Adds the last bytes, at least 5275 where there were others before; as a signed number. */
  endCrc(which: 0 | 1, at: number, length: number): number
}

const pageBytes = 65_536

/** The first page is the kernels' own. */
export const firstFreeByte = pageBytes

/** Memory that threads share, and that grows to 4 GiB at most. */
export function sharedMemory(): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: 1, maximum: 65_536, shared: true })
}

/**
 * Grows memory to at least `bytes`.
 * @returns whether there is as much
 */
export function growTo(memory: WebAssembly.Memory, bytes: number): boolean {
  const missing = Math.ceil((bytes - memory.buffer.byteLength) / pageBytes)
  if (missing <= 0) return true
  try {
    memory.grow(missing)
    return true
  } catch {
    return false
  }
}

/** The package's WebAssembly kernels, working on memory that other threads may share. */
export function openKernels(memory: WebAssembly.Memory): Kernels {
  const bytes = Uint8Array.from(atob(kernelsBase64), (character) => character.charCodeAt(0))
  const abort = () => {
    throw new Error('internal: a kernel of the ring aborted')
  }
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    env: { memory, abort },
  })
  const exports = instance.exports as unknown as Kernels & { prepareCrc(): void }
  if (exports.heapBase() > firstFreeByte) throw new Error('internal: kernels larger than a page')
  exports.prepareCrc()
  return exports
}
