import { scratch } from '../kernels.ts'
import { streakKernels } from './kernels.ts'

/** A straight piece that stands out, in bins: from (x0,y0) to (x1,y1). */
export interface LinePiece {
  readonly x0: number
  readonly y0: number
  readonly x1: number
  readonly y1: number
  readonly significance: number
}

export interface LineSearch {
  readonly pieces: LinePiece[]
  /** Number of lines summed: what the threshold is reckoned from. */
  readonly trials: number
  /** More stood out than were kept: search again once the brightest are masked. */
  readonly overflow: boolean
  readonly threshold: number
}

/** Shortest strip whose lines are looked at, in bins: shorter ones say nothing that a star could not. */
const shortestStrip = 7
/** Lines kept for each level and quadrant. */
const capacity = 8192
/** A line's noise may be measured this much below that of independent bins (masked bins), no more. */
const leastNoise = 0.7
/** Clipped bins have a skewed sum: short lines need a little more than a Gaussian would. */
const skewSigma = 1.5

interface Layout {
  readonly rows: number
  readonly columns: number
  readonly stride: number
  readonly pad: number
  readonly maxShift: number
}

/**
 * All straight pieces of an image of unit noise that stand out, over all angles, places and dyadic
 * lengths: the fast discrete Radon transform of Götz & Druckmüller (1996, Pattern Recognition 29, 711) and
 * Brady (1998, SIAM J. Comput. 27, 107), with its intermediate levels searched as by Nir, Zackay & Ofek
 * (2018, AJ 156, 229). The noise of each direction and length is measured from the sums themselves, so banding
 * and correlated noise raise their own threshold. O(n² log n); scratch about 12 bytes a bin of the padded image.
 */
export function searchLines(
  image: Float32Array,
  width: number,
  height: number,
  falseAlarms: number,
): LineSearch {
  const trials = countTrials(width, height)
  const threshold = gaussianThreshold(falseAlarms / Math.max(1, trials))
  const pieces: LinePiece[] = []
  let overflow = false
  if (Math.max(width, height) < shortestStrip) return { pieces, trials, overflow, threshold }
  const layouts = [layoutOf(height, width), layoutOf(width, height)] as const
  const tableBytes = 4 * Math.max(...layouts.map(({ rows, stride }) => rows * stride))
  const side = Math.max(width, height)
  const [imageAt, first, second, statistics, scale, peaks] = scratch(
    4 * width * height,
    tableBytes + 64,
    tableBytes + 64,
    24 * side,
    16 * side,
    16 * capacity,
  ) as [number, number, number, number, number, number]
  const kernel = streakKernels()
  new Float32Array(kernel.memory.buffer).set(image, imageAt >> 2)
  for (let quadrant = 0; quadrant < 4; quadrant++) {
    const layout = layouts[quadrant >> 1]!
    const { rows, columns, stride, pad, maxShift } = layout
    if (rows < shortestStrip) continue
    const depth = Math.floor(Math.log2(rows))
    let table = first
    let other = second
    kernel.streakLoad(imageAt, width, height, quadrant, table, stride, pad)
    new Uint8Array(kernel.memory.buffer, other, 4 * rows * stride).fill(0)
    kernel.streakLeaves(table, rows, columns, stride, pad, depth)
    for (let level = depth - 1; level >= 0; level--) {
      kernel.streakLevel(table, other, rows, columns, stride, pad, level, maxShift)
      ;[table, other] = [other, table]
      if (rows >> level < shortestStrip) continue
      const found = scanLevel(table, layout, level, threshold, { statistics, scale, peaks })
      overflow ||= found.overflow
      for (const line of found.lines) pieces.push(toImage(line, layout, level, quadrant))
    }
  }
  return { pieces, trials, overflow, threshold }
}

function layoutOf(rows: number, columns: number): Layout {
  const maxShift = Math.min(rows - 1, columns)
  const pad = (maxShift + 8 + 3) & ~3
  return { rows, columns, pad, maxShift, stride: (pad + columns + 12 + 3) & ~3 }
}

interface Addresses {
  readonly statistics: number
  readonly scale: number
  readonly peaks: number
}

interface TableLine {
  readonly row: number
  readonly column: number
  readonly significance: number
}

function scanLevel(
  table: number,
  { rows, columns, stride, pad, maxShift }: Layout,
  level: number,
  threshold: number,
  { statistics, scale, peaks }: Addresses,
): { lines: TableLine[]; overflow: boolean } {
  const kernel = streakKernels()
  const length = rows / 2 ** level
  const shifts = Math.min(Math.ceil(length), maxShift + 1)
  const scales = measureNoise(
    table,
    { rows, columns, stride, pad, maxShift },
    level,
    shifts,
    statistics,
  )
  new Float32Array(kernel.memory.buffer, scale, 4 * shifts).set(scales)
  const bar = threshold + skewSigma / Math.sqrt(length)
  const count = kernel.streakPeaks(
    table,
    rows,
    columns,
    stride,
    pad,
    level,
    maxShift,
    scale,
    bar,
    peaks,
    capacity,
  )
  const listed = new Float32Array(kernel.memory.buffer, peaks, 4 * Math.min(count, capacity))
  const lines: TableLine[] = []
  for (let at = 0; at < listed.length; at += 4) {
    const column = listed[at + 1]! + 0.5 * listed[at + 3]!
    lines.push({ row: listed[at]!, column, significance: listed[at + 2]! })
  }
  return { lines, overflow: count > capacity }
}

/**
 * Noise by direction, from sums clipped at 4 sigma of independent bins; where that clips the noise itself
 * (banding, correlated noise), once more with wider limits.
 */
function measureNoise(
  table: number,
  { rows, columns, stride, pad, maxShift }: Layout,
  level: number,
  shifts: number,
  statistics: number,
): Float32Array {
  const kernel = streakKernels()
  const length = rows / 2 ** level
  let scales: Float32Array = new Float32Array(0)
  for (let limit = 4 * Math.sqrt(length); ; limit *= 4) {
    const sums = new Float32Array(kernel.memory.buffer, statistics, 6 * shifts)
    sums.fill(0)
    kernel.streakNoise(table, rows, columns, stride, pad, level, maxShift, limit, statistics)
    scales = scalesOf(sums, shifts, length)
    const widest = scales.reduce(
      (most, value, i) => (i % 4 === 1 ? Math.max(most, 1 / value) : most),
      0,
    )
    if (widest < 0.4 * limit || limit > 1e4 * Math.sqrt(length)) return scales
  }
}

/** Per shift the mean and inverse noise of a line and of a pair, from the clipped moments over all places. */
function scalesOf(sums: Float32Array, shifts: number, length: number): Float32Array {
  const scales = new Float32Array(4 * shifts)
  const least = leastNoise * Math.sqrt(length)
  for (let shift = 0; shift < shifts; shift++) {
    const [count, sum, squares, pairSum, pairSquares] = sums.subarray(6 * shift, 6 * shift + 5)
    // Too few lines in this direction to tell: take bins for independent.
    const enough = count! >= 64
    const mean = enough ? sum! / count! : 0
    const pairMean = enough ? pairSum! / count! : 0
    const sigma = enough ? Math.sqrt(Math.max(0, squares! / count! - mean * mean)) : 0
    const pairSigma = enough ? Math.sqrt(Math.max(0, pairSquares! / count! - pairMean ** 2)) : 0
    const floor = enough ? least : Math.sqrt(length)
    scales[4 * shift] = mean
    scales[4 * shift + 1] = 1 / Math.max(sigma, floor)
    scales[4 * shift + 2] = pairMean
    scales[4 * shift + 3] = 1 / Math.max(pairSigma, Math.SQRT2 * floor)
  }
  return scales
}

/** From a row of the table to the ends of the line in the image. */
function toImage(line: TableLine, { rows, columns }: Layout, level: number, quadrant: number) {
  const strips = 2 ** level
  let strip = Math.floor((line.row * strips) / rows)
  if (Math.floor(((strip + 1) * rows) / strips) <= line.row) strip++
  const first = Math.floor((strip * rows) / strips)
  const last = Math.floor(((strip + 1) * rows) / strips) - 1
  const shift = line.row - first
  const mirror = (x: number) => (quadrant & 1 ? columns - 1 - x : x)
  // Cut to the part inside the image.
  const span = Math.max(1, last - first)
  const slope = shift / span
  const enter = slope > 0 ? Math.max(0, -line.column / slope) : 0
  const leave = slope > 0 ? Math.min(span, (columns - 1 - line.column) / slope) : span
  const a = { x: mirror(line.column + slope * enter), y: first + enter }
  const b = { x: mirror(line.column + slope * leave), y: first + leave }
  const { significance } = line
  return quadrant & 2
    ? { x0: a.y, y0: a.x, x1: b.y, y1: b.x, significance }
    : { x0: a.x, y0: a.y, x1: b.x, y1: b.y, significance }
}

/** Lines summed over all quadrants and the levels looked at. */
function countTrials(width: number, height: number): number {
  const levels = Math.max(1, Math.log2(Math.max(width, height)) - 2)
  return 4 * width * height * levels
}

/** The sigma that Gaussian noise passes with this (small) probability. */
export function gaussianThreshold(probability: number): number {
  // Q(t) = exp(-t²/2) / (t sqrt(2 pi)) for large t, solved by iteration.
  let t = 5
  for (let i = 0; i < 30; i++) {
    t = Math.sqrt(Math.max(1, -2 * Math.log(probability * Math.max(t, 1) * 2.5066)))
  }
  return t
}
