import { type Kernels, kernels, scratch } from '../kernels.ts'
import type { Plane } from '../plane.ts'

interface RowKernels extends Kernels {
  addRow(row: number, width: number, weight: number, sums: number, weights: number): void
  raiseToRow(row: number, width: number, most: number): void
}

/**
 * The plane at another size: each new pixel is the mean of the old ones it covers, each weighted by the covered area.
 * Light is kept: the mean over the plane stays the same. Pixels that are not finite do not count; NaN where none does.
 */
export function resizeByAveraging(plane: Plane, width: number, height: number): Plane {
  const { rowAt, sums, weights, wasm, load } = layRows(rowsOf(plane))
  const data = new Float32Array(width * height)
  const tall = plane.height / height
  for (let y = 0; y < height; y++) {
    sums.fill(0)
    weights.fill(0)
    const [from, to] = [y * tall, (y + 1) * tall]
    for (let row = Math.floor(from); row < Math.min(Math.ceil(to), plane.height); row++) {
      const share = Math.min(row + 1, to) - Math.max(row, from)
      if (share < leastShare) continue
      load(row)
      wasm.addRow(rowAt, plane.width, share, sums.byteOffset, weights.byteOffset)
    }
    averageAlong(sums, weights, data.subarray(y * width, (y + 1) * width))
  }
  return { data, width, height }
}

/** A picture that is read row by row; a row may be overwritten when the next one is asked for. */
export interface Rows {
  readonly width: number
  readonly height: number
  row(y: number): Float32Array
}

const rowsOf = ({ data, width, height }: Plane): Rows => ({
  width,
  height,
  row: (y) => data.subarray(y * width, (y + 1) * width),
})

/**
 * The plane at another size: each new pixel is the brightest of the old ones it touches, so that a line one
 * pixel wide survives. NaN does not count; NaN where there is nothing else.
 */
export function resizeByMaximum(plane: Plane, width: number, height: number): Plane {
  return reduceRowsByMaximum(rowsOf(plane), width, height)
}

/** As `resizeByMaximum`, of a picture that needs not be in memory as a whole. */
export function reduceRowsByMaximum(plane: Rows, width: number, height: number): Plane {
  const { rowAt, sums: most, wasm, load } = layRows(plane)
  const data = new Float32Array(width * height)
  const tall = plane.height / height
  const wide = plane.width / width
  for (let y = 0; y < height; y++) {
    most.fill(Number.NEGATIVE_INFINITY)
    const [first, end] = touched(y, tall, plane.height)
    for (let row = first; row < end; row++) {
      load(row)
      wasm.raiseToRow(rowAt, plane.width, most.byteOffset)
    }
    for (let x = 0; x < width; x++) {
      let highest = Number.NEGATIVE_INFINITY
      const [left, right] = touched(x, wide, plane.width)
      for (let i = left; i < right; i++) if (most[i] > highest) highest = most[i]
      data[y * width + x] = highest === Number.NEGATIVE_INFINITY ? Number.NaN : highest
    }
  }
  return { data, width, height }
}

/** Overlaps smaller than this come from rounding, not from geometry. */
const leastShare = 1e-6

function touched(index: number, size: number, length: number): [number, number] {
  const first = Math.floor(index * size + leastShare)
  return [first, Math.min(Math.max(Math.ceil((index + 1) * size - leastShare), first + 1), length)]
}

function layRows({ width, row: read }: Rows) {
  const [rowAt = 0, sumsAt = 0, weightsAt = 0] = scratch(width * 4, width * 4, width * 4)
  const wasm = kernels<RowKernels>()
  const row = new Float32Array(wasm.memory.buffer, rowAt, width)
  return {
    rowAt,
    sums: new Float32Array(wasm.memory.buffer, sumsAt, width),
    weights: new Float32Array(wasm.memory.buffer, weightsAt, width),
    wasm,
    load: (y: number) => row.set(read(y)),
  }
}

function averageAlong(sums: Float32Array, weights: Float32Array, out: Float32Array): void {
  const wide = sums.length / out.length
  for (let x = 0; x < out.length; x++) {
    const [from, to] = [x * wide, (x + 1) * wide]
    let sum = 0
    let weight = 0
    for (let i = Math.floor(from); i < Math.min(Math.ceil(to), sums.length); i++) {
      const share = Math.min(i + 1, to) - Math.max(i, from)
      if (share < leastShare) continue
      sum += sums[i] * share
      weight += weights[i] * share
    }
    out[x] = weight > 0 ? sum / weight : Number.NaN
  }
}
