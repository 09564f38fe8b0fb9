import { scratch } from '../kernels.ts'
import type { Plane } from '../plane.ts'
import { streakKernels } from './kernels.ts'

/** The residual summed in squares of `bin` pixels, masked pixels left out. */
export interface BinnedPlane {
  readonly bin: number
  readonly width: number
  readonly height: number
  /** Sum over the unmasked pixels of each square, pixel sigmas. */
  readonly sums: Float32Array
  /** How many pixels were unmasked; set to 0 where a trail was taken out. */
  readonly counts: Float32Array
}

/** With the highest pixel of each square, masked or not. */
export interface ToppedPlane extends BinnedPlane {
  readonly tops: Float32Array
}

/** One pixel counts for no more than this many sigmas, so that no single one makes a line. */
const pixelClipSigma = 5

/** Bytes of frame handed to the kernel at a time: small enough to stay in cache. */
const chunkBytes = 1 << 20

/** Bins a residual in pixel sigmas; `mask` holds 1 where a pixel must not count. */
export function binResidual(residual: Plane, mask: Uint8Array, bin: number): ToppedPlane {
  const { width, height, data } = residual
  const columns = Math.ceil(width / bin)
  const rows = Math.ceil(height / bin)
  const sums = new Float32Array(columns * rows)
  const counts = new Float32Array(columns * rows)
  const tops = new Float32Array(columns * rows)
  const chunkRows = Math.max(1, Math.floor(chunkBytes / (4 * width * bin)))
  const pixels = chunkRows * bin * width
  const binned = 4 * chunkRows * columns
  const row = 4 * width + 16
  const [source = 0, masked = 0, sumsAt = 0, countsAt = 0, topsAt = 0, ...rows3] = scratch(
    4 * pixels,
    pixels + 16,
    binned,
    binned,
    binned,
    row,
    row,
    row,
  )
  const [sumRow = 0, countRow = 0, topRow = 0] = rows3
  const kernel = streakKernels()
  const floats = new Float32Array(kernel.memory.buffer)
  const bytes = new Uint8Array(kernel.memory.buffer)
  for (let top = 0; top < rows; top += chunkRows) {
    const first = top * bin
    const count = Math.min(chunkRows * bin, height - first)
    const used = Math.min(chunkRows, rows - top) * columns
    floats.set(data.subarray(first * width, (first + count) * width), source >> 2)
    bytes.set(mask.subarray(first * width, (first + count) * width), masked)
    const clip = pixelClipSigma
    kernel.streakBin(
      source,
      masked,
      width,
      count,
      bin,
      clip,
      sumsAt,
      countsAt,
      topsAt,
      sumRow,
      countRow,
      topRow,
    )
    sums.set(floats.subarray(sumsAt >> 2, (sumsAt >> 2) + used), top * columns)
    tops.set(floats.subarray(topsAt >> 2, (topsAt >> 2) + used), top * columns)
    counts.set(floats.subarray(countsAt >> 2, (countsAt >> 2) + used), top * columns)
  }
  return { bin, width: columns, height: rows, sums, counts, tops }
}

/** The same plane in squares twice as large: trails wider than a bin gain, at a quarter of the cost. */
export function halve(plane: BinnedPlane): BinnedPlane {
  const width = Math.ceil(plane.width / 2)
  const height = Math.ceil(plane.height / 2)
  const sums = new Float32Array(width * height)
  const counts = new Float32Array(width * height)
  for (let y = 0; y < plane.height; y++) {
    const row = (y >> 1) * width
    for (let x = 0, from = y * plane.width; x < plane.width; x++, from++) {
      sums[row + (x >> 1)]! += plane.sums[from]!
      counts[row + (x >> 1)]! += plane.counts[from]!
    }
  }
  return { bin: plane.bin * 2, width, height, sums, counts }
}
