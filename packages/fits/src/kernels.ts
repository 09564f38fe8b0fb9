import { kernelsBase64 } from './kernels.generated.ts'

type ScaleKernel<Blank> = (
  from: number,
  to: number,
  count: number,
  scale: number,
  zero: number,
  blank: Blank,
  hasBlank: number,
) => void

type RiceKernel = (
  from: number,
  bytes: number,
  bit: number,
  to: number,
  count: number,
  last: number,
  block: number,
) => number

type DequantizeKernel = (
  from: number,
  random: number,
  to: number,
  count: number,
  scale: number,
  zero: number,
  blank: number,
  hasZeroMark: number,
) => void

/** What assembly/index.ts exports. Offsets and counts are in the kernels' linear memory. */
export interface Kernels {
  readonly memory: WebAssembly.Memory
  heapBase(): number
  ensureMemory(bytes: number): void
  swap16(at: number, count: number): void
  swap32(at: number, count: number): void
  swap64(at: number, count: number): void
  flip(at: number, bytes: number, pattern: bigint): void
  scaleU8: ScaleKernel<number>
  scaleI16: ScaleKernel<number>
  scaleI32: ScaleKernel<number>
  scaleI64: ScaleKernel<bigint>
  scaleU64: ScaleKernel<bigint>
  scaleF32(from: number, to: number, count: number, scale: number, zero: number): void
  scaleF64(from: number, to: number, count: number, scale: number, zero: number): void
  rice8: RiceKernel
  rice16: RiceKernel
  rice32: RiceKernel
  riceBit(): number
  riceLast(): number
  dequantizeF32: DequantizeKernel
  dequantizeF64: DequantizeKernel
  splitBayer(
    upper: number,
    lower: number,
    count: number,
    first: number,
    green: number,
    second: number,
    greenFirst: number,
  ): void
  luminance(upper: number, lower: number, count: number, to: number): void
}

let instance: Kernels | undefined

/**
 * The package's WebAssembly kernels, one instance per thread. Linear memory is scratch: a caller lays it
 * out with `scratch`, copies in, calls, copies out; nothing in it outlives that. Callers work in bands, so
 * that it stays within a few MB whatever the image.
 */
export function kernels(): Kernels {
  if (!instance) {
    const bytes = Uint8Array.from(atob(kernelsBase64), (character) => character.charCodeAt(0))
    const compiled = new WebAssembly.Module(bytes)
    instance = new WebAssembly.Instance(compiled, {
      env: {
        abort() {
          throw new Error('internal: a fits kernel aborted')
        },
      },
    }).exports as unknown as Kernels
  }
  return instance
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
