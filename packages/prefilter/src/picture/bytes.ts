import { type Kernels, kernels, scratch } from '../kernels.ts'
import type { Plane } from '../plane.ts'
import type { PictureRange, Stretch } from './range.ts'

interface StretchKernels extends Kernels {
  stretchToBytes(
    pixels: number,
    count: number,
    low: number,
    scale: number,
    midtones: number,
    out: number,
  ): void
}

const chunk = 1 << 18

/**
 * Grey levels 0..255 of a plane, in its row order; NaN is black. A range alone is shown linearly. A range
 * without extent shows as black up to `low` and white above.
 */
export function toBytes(
  plane: Plane,
  stretch: PictureRange | Stretch,
): Uint8ClampedArray<ArrayBuffer> {
  const { data } = plane
  const { low, high } = stretch
  const midtones = 'midtones' in stretch ? stretch.midtones : 0.5
  const scale = Math.min(1 / Math.max(high - low, 0), 1e30)
  const out = new Uint8ClampedArray(data.length)
  const [pixels = 0, bytes = 0] = scratch(chunk * 4, chunk)
  const wasm = kernels<StretchKernels>()
  const source = new Float32Array(wasm.memory.buffer, pixels, chunk)
  for (let start = 0; start < data.length; start += chunk) {
    const part = data.subarray(start, start + chunk)
    source.set(part)
    wasm.stretchToBytes(pixels, part.length, low, scale, midtones, bytes)
    out.set(new Uint8Array(wasm.memory.buffer, bytes, part.length), start)
  }
  return out
}
