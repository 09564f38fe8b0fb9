import { FitsError } from '../errors.ts'
import { kernels, scratch } from '../kernels.ts'
import type { TileDecoder } from './decoders.ts'

/** Bytes of input and pixels of output that pass through the kernels' memory at a time. */
const WINDOW_BYTES = 2 ** 16
const BAND_PIXELS = 2 ** 15

/** RICE_1 with its parameters BLOCKSIZE (default 32) and BYTEPIX (1, 2 or 4; default 4). */
export const decodeRice: TileDecoder = (bytes, { pixels, parameters }) => {
  const block = parameters.get('BLOCKSIZE') ?? 32
  const bytePix = parameters.get('BYTEPIX') ?? 4
  if (!Number.isInteger(block) || block < 1 || block > BAND_PIXELS / 8) {
    throw new FitsError(
      'UNSUPPORTED',
      `RICE_1 with BLOCKSIZE ${block}; known: 1 to ${BAND_PIXELS / 8}`,
    )
  }
  switch (bytePix) {
    case 1:
      return run(bytes, new Uint8Array(pixels), kernels().rice8, block)
    case 2:
      return run(bytes, new Int16Array(pixels), kernels().rice16, block)
    case 4:
      return run(bytes, new Int32Array(pixels), kernels().rice32, block)
    default:
      throw new FitsError('UNSUPPORTED', `RICE_1 with BYTEPIX ${bytePix}; known: 1, 2, 4`)
  }
}

function run<Out extends Uint8Array | Int16Array | Int32Array>(
  bytes: Uint8Array,
  out: Out,
  decode: ReturnType<typeof kernels>['rice32'],
  block: number,
): Out {
  if (out.length === 0) return out
  const [from, to] = scratch(WINDOW_BYTES + 16, BAND_PIXELS * 4)
  const band = Math.floor(BAND_PIXELS / block) * block
  // The first pixel stands in front of the blocks, as it is.
  let last = firstPixel(bytes, out.BYTES_PER_ELEMENT)
  let at = out.BYTES_PER_ELEMENT
  let bit = 0
  for (let done = 0; done < out.length; ) {
    const length = Math.min(WINDOW_BYTES, Math.max(0, bytes.length - at))
    loadWindow(bytes.subarray(at, at + length), from!)
    const wanted = Math.min(band, out.length - done)
    const got = decode(from!, length, bit, to!, wanted, last, block)
    if (got === 0) {
      const state = `${bytes.length} bytes hold ${done} of ${out.length} pixels`
      throw new FitsError('CORRUPT', `RICE_1 tile ends early: ${state}`)
    }
    out.set(viewAs(out, to!, got), done)
    done += got
    last = kernels().riceLast()
    at += kernels().riceBit() >> 3
    bit = kernels().riceBit() & 7
  }
  return out
}

function firstPixel(bytes: Uint8Array, size: number): number {
  if (bytes.length < size) return 0
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  return size === 1 ? view.getUint8(0) : size === 2 ? view.getInt16(0) : view.getInt32(0)
}

/** Copies a piece of the input in, zeros behind it, as words in the machine's order. */
function loadWindow(bytes: Uint8Array, from: number): void {
  const window = new Uint8Array(kernels().memory.buffer, from, WINDOW_BYTES + 16)
  window.set(bytes)
  window.fill(0, bytes.length, bytes.length + 16)
  kernels().swap32(from, (bytes.length + 19) >> 2)
}

function viewAs<Out extends Uint8Array | Int16Array | Int32Array>(
  like: Out,
  at: number,
  length: number,
): Uint8Array | Int16Array | Int32Array {
  const { buffer } = kernels().memory
  if (like instanceof Uint8Array) return new Uint8Array(buffer, at, length)
  if (like instanceof Int16Array) return new Int16Array(buffer, at, length)
  return new Int32Array(buffer, at, length)
}
