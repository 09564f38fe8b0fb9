import type { BinnedPlane } from './binning.ts'

/** Side of a normalisation cell in bins: wide enough that a trail is a small part of it. */
const cellBins = 32
/** A bin counts for at most this many of its own sigmas in a line's sum. */
const binClipSigma = 4
/** Values looked at for a cell's first, robust estimate. */
const sampleSize = 129

/**
 * Binned sums in units of locally measured noise, mean zero, clipped; 0 where most pixels are masked.
 * Cells are joined bilinearly: hard seams would be lines of their own.
 */
export function normalizeLocally(plane: BinnedPlane): Float32Array {
  const columns = Math.max(1, Math.round(plane.width / cellBins))
  const rows = Math.max(1, Math.round(plane.height / cellBins))
  const level = new Float32Array(columns * rows)
  const noise = new Float32Array(columns * rows)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const cell = measureCell(plane, column, row, columns, rows)
      level[row * columns + column] = cell.level
      noise[row * columns + column] = cell.noise
    }
  }
  fillEmpty(level, noise)
  return applyCells(plane, level, noise, columns, rows)
}

function measureCell(
  plane: BinnedPlane,
  column: number,
  row: number,
  columns: number,
  rows: number,
): { level: number; noise: number } {
  const x0 = Math.floor((column * plane.width) / columns)
  const x1 = Math.floor(((column + 1) * plane.width) / columns)
  const y0 = Math.floor((row * plane.height) / rows)
  const y1 = Math.floor(((row + 1) * plane.height) / rows)
  const need = leastCount(plane)
  const stride = Math.max(1, Math.floor(((x1 - x0) * (y1 - y0)) / sampleSize)) | 1
  const sample: number[] = []
  for (let i = 0; i < (x1 - x0) * (y1 - y0); i += stride) {
    const at = (y0 + Math.floor(i / (x1 - x0))) * plane.width + x0 + (i % (x1 - x0))
    if (plane.counts[at]! >= need) sample.push(plane.sums[at]! / plane.counts[at]!)
  }
  if (sample.length < 8) return { level: Number.NaN, noise: Number.NaN }
  const sorted = Float32Array.from(sample).sort()
  const median = sorted[sorted.length >> 1]!
  const spread = sorted[Math.floor(sorted.length * 0.75)]! - sorted[sorted.length >> 2]!
  const floor = 0.5 / plane.bin
  const limit = 3 * Math.max(spread / 1.349, floor)
  let count = 0
  let sum = 0
  let squares = 0
  for (let y = y0; y < y1; y++) {
    for (let at = y * plane.width + x0; at < y * plane.width + x1; at++) {
      const pixels = plane.counts[at]!
      if (pixels < need) continue
      const value = plane.sums[at]! / pixels - median
      if (value > limit || value < -limit) continue
      count++
      sum += value
      squares += value * value * pixels
    }
  }
  if (count === 0) return { level: Number.NaN, noise: Number.NaN }
  // Clipping at 3 sigma hides 1.3 % of a Gaussian's spread.
  return { level: median + sum / count, noise: Math.max(1.013 * Math.sqrt(squares / count), 0.5) }
}

function leastCount(plane: BinnedPlane): number {
  return Math.max(1, 0.3 * plane.bin * plane.bin)
}

function fillEmpty(level: Float32Array, noise: Float32Array): void {
  const known = noise.filter((value) => !Number.isNaN(value)).sort()
  const usual = known.length > 0 ? known[known.length >> 1]! : 1
  for (let i = 0; i < noise.length; i++) {
    if (!Number.isNaN(noise[i]!)) continue
    level[i] = 0
    noise[i] = usual
  }
}

function applyCells(
  plane: BinnedPlane,
  level: Float32Array,
  noise: Float32Array,
  columns: number,
  rows: number,
): Float32Array {
  const { width, height, sums, counts } = plane
  const out = new Float32Array(width * height)
  const need = leastCount(plane)
  const across = nodes(width, columns)
  const down = nodes(height, rows)
  const means = new Float32Array(columns)
  const sigmas = new Float32Array(columns)
  for (let y = 0; y < height; y++) {
    const top = down.index[y]! * columns
    const bottom = Math.min(down.index[y]! + 1, rows - 1) * columns
    for (let column = 0; column < columns; column++) {
      means[column] = mix(level[top + column]!, level[bottom + column]!, down.share[y]!)
      sigmas[column] = mix(noise[top + column]!, noise[bottom + column]!, down.share[y]!)
    }
    for (let x = 0, at = y * width; x < width; x++, at++) {
      const pixels = counts[at]!
      if (pixels < need) continue
      const left = across.index[x]!
      const right = left + 1 < columns ? left + 1 : left
      const share = across.share[x]!
      const mean = mix(means[left]!, means[right]!, share)
      const sigma = mix(sigmas[left]!, sigmas[right]!, share)
      const value = (sums[at]! - pixels * mean) / (Math.sqrt(pixels) * sigma)
      out[at] = value > binClipSigma ? binClipSigma : value < -binClipSigma ? -binClipSigma : value
    }
  }
  return out
}

function mix(a: number, b: number, share: number): number {
  return a + share * (b - a)
}

/** For each position the cell centre before it and the share of the next one. */
function nodes(size: number, cells: number): { index: Int32Array; share: Float32Array } {
  const index = new Int32Array(size)
  const share = new Float32Array(size)
  for (let i = 0; i < size; i++) {
    const at = Math.max(0, Math.min(cells - 1, ((i + 0.5) * cells) / size - 0.5))
    index[i] = Math.min(Math.floor(at), cells - 1)
    share[i] = at - index[i]!
  }
  return { index, share }
}
