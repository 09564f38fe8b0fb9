import { kernelsBase64 } from './kernels.generated.ts'

/** What assembly/index.ts exports; each feature narrows it to the functions it calls. */
export interface Kernels {
  readonly memory: WebAssembly.Memory
  heapBase(): number
  ensureMemory(bytes: number): void
}

let instance: Kernels | undefined

/**
 * The package's WebAssembly kernels, one instance per thread. Linear memory is scratch: a caller lays it
 * out with `scratch`, copies in, calls, copies out; nothing in it outlives that.
 */
export function kernels<Exports extends Kernels>(): Exports {
  if (!instance) {
    const bytes = Uint8Array.from(atob(kernelsBase64), (character) => character.charCodeAt(0))
    const compiled = new WebAssembly.Module(bytes)
    instance = new WebAssembly.Instance(compiled, {
      env: {
        abort() {
          throw new Error('internal: a prefilter kernel aborted')
        },
      },
    }).exports as unknown as Kernels
  }
  return instance as Exports
}

/** Offsets of consecutive 16-byte aligned blocks of the given sizes (bytes), memory grown to hold them. */
export function scratch(...sizes: readonly number[]): number[] {
  const base = kernels()
  let end = (base.heapBase() + 15) & ~15
  const offsets = sizes.map((size) => {
    const offset = end
    end = (end + size + 15) & ~15
    return offset
  })
  base.ensureMemory(end)
  return offsets
}
