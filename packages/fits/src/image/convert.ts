import type { Scaling } from '../hdu.ts'
import { kernels, scratch } from '../kernels.ts'
import type { PixelData, PixelType } from './stored.ts'

/** Pixels converted at a time: their bytes and results stay in a core's own cache. */
const BAND = 16_384

/** Slack after a band: kernels finish the last vector. */
const SLACK = 64

/**
 * Stored big-endian bytes to physical floats, `out[at + i] = bzero + bscale * stored[i]`, computed in
 * double; blank integers become NaN.
 */
export function bytesToFloat(
  bytes: Uint8Array,
  type: PixelType,
  scaling: Scaling,
  out: Float32Array,
  at: number,
): void {
  const [from, to] = bandMemory()
  const convert = scaler(type, scaling, from, to)
  forBands(bytes.length / type.bytes, (start, count) => {
    load(bytes.subarray(start * type.bytes, (start + count) * type.bytes), from)
    swap(type.bytes, from, count)
    out.set(new Float32Array(kernels().memory.buffer, convert(count), count), at + start)
  })
}

/** The same for values already in the machine's order. */
export function valuesToFloat(
  values: PixelData,
  type: PixelType,
  scaling: Scaling,
  out: Float32Array,
  at: number,
): void {
  if (values instanceof Float32Array && scaling.bscale === 1 && scaling.bzero === 0) {
    out.set(values, at)
    return
  }
  const bytes = bytesOf(values)
  const [from, to] = bandMemory()
  const convert = scaler(type, scaling, from, to)
  forBands(values.length, (start, count) => {
    load(bytes.subarray(start * type.bytes, (start + count) * type.bytes), from)
    out.set(new Float32Array(kernels().memory.buffer, convert(count), count), at + start)
  })
}

/** Big-endian bytes to the machine's order and the type's signedness, from `out[at]` on. */
export function bytesToValues(
  bytes: Uint8Array,
  type: PixelType,
  out: PixelData,
  at: number,
): void {
  rework(bytes, bytesOf(out).subarray(at * type.bytes), type, (from, count) => {
    swap(type.bytes, from, count)
    flip(type, from, count)
  })
}

/** Values to the bytes a FITS file holds. */
export function valuesToBytes(values: PixelData, type: PixelType): Uint8Array {
  const bytes = new Uint8Array(values.byteLength)
  rework(bytesOf(values), bytes, type, (from, count) => {
    flip(type, from, count)
    swap(type.bytes, from, count)
  })
  return bytes
}

/** Changes the signedness of values in place. */
export function flipInPlace(values: PixelData, type: PixelType): void {
  if (type.flip === 0n) return
  const bytes = bytesOf(values)
  rework(bytes, bytes, type, (from, count) => flip(type, from, count))
}

/** Copies band by band through the kernels' memory, where `alter` works on each band in place. */
function rework(
  bytes: Uint8Array,
  target: Uint8Array,
  type: PixelType,
  alter: (from: number, count: number) => void,
): void {
  if (type.bytes === 1 && type.flip === 0n) {
    target.set(bytes)
    return
  }
  const [from] = bandMemory()
  forBands(bytes.length / type.bytes, (start, count) => {
    const length = count * type.bytes
    load(bytes.subarray(start * type.bytes, start * type.bytes + length), from)
    alter(from, count)
    target.set(stored(from, length), start * type.bytes)
  })
}

function flip(type: PixelType, from: number, count: number): void {
  if (type.flip !== 0n) kernels().flip(from, count * type.bytes, type.flip)
}

function forBands(count: number, convert: (start: number, count: number) => void): void {
  for (let start = 0; start < count; start += BAND) convert(start, Math.min(BAND, count - start))
}

function bandMemory(): [from: number, to: number] {
  const [from, to] = scratch(BAND * 8 + SLACK, BAND * 4 + SLACK)
  return [from!, to!]
}

export function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}

function load(bytes: Uint8Array, to: number): void {
  new Uint8Array(kernels().memory.buffer, to, bytes.length).set(bytes)
}

function stored(at: number, length: number): Uint8Array {
  return new Uint8Array(kernels().memory.buffer, at, length)
}

function swap(bytes: number, at: number, count: number): void {
  if (bytes === 2) kernels().swap16(at, count)
  else if (bytes === 4) kernels().swap32(at, count)
  else if (bytes === 8) kernels().swap64(at, count)
}

/** The routine that scales a band at `from` to floats, and returns where they are. */
function scaler(
  type: PixelType,
  scaling: Scaling,
  from: number,
  to: number,
): (count: number) => number {
  const { bscale, bzero } = scaling
  if (type.bitpix === -32 && bscale === 1 && bzero === 0) return () => from
  const scale = scaleBand(type, scaling)
  return (count) => {
    scale(from, to, count)
    return to
  }
}

type ScaleBand = (from: number, to: number, count: number) => void

function scaleBand({ bitpix, bytes }: PixelType, { bscale, bzero, blank }: Scaling): ScaleBand {
  const run = kernels()
  // Adding negative zero keeps the sign of zeros.
  const shift = bscale === 1 && bzero === 0 ? -0 : bzero
  if (bitpix === -32) return (from, to, n) => run.scaleF32(from, to, n, bscale, shift)
  if (bitpix === -64) return (from, to, n) => run.scaleF64(from, to, n, bscale, shift)
  const marked = blank !== undefined && (bitpix === 64 || isInt32(blank))
  if (bitpix !== 64) {
    const scale = { 8: run.scaleU8, 16: run.scaleI16, 32: run.scaleI32 }[bitpix]
    const mark = marked ? Number(blank) : 0
    return (from, to, n) => scale(from, to, n, bscale, bzero, mark, Number(marked))
  }
  const mark = BigInt.asIntN(64, BigInt(blank ?? 0))
  if (bscale !== 1 || bzero !== 2 ** 63) {
    return (from, to, n) => run.scaleI64(from, to, n, bscale, bzero, mark, Number(marked))
  }
  // BZERO 2^63 means unsigned: taken as that before anything is rounded, since doubles have 53 bits.
  const sign = 1n << 63n
  return (from, to, n) => {
    run.flip(from, n * bytes, sign)
    run.scaleU64(from, to, n, 1, 0, BigInt.asIntN(64, mark ^ sign), Number(marked))
  }
}

function isInt32(value: number | bigint): boolean {
  return value >= -(2 ** 31) && value < 2 ** 31
}
