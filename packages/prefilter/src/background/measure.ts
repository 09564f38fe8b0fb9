import { type Kernels, kernels, scratch } from '../kernels.ts'
import type { Plane } from '../plane.ts'
import { median, quantileInPlace, sigmaPerMad } from '../statistics/robust.ts'
import { estimateSky } from './histogram.ts'
import { fillMissing, medianFilter } from './mesh.ts'
import type { BackgroundModel } from './model.ts'
import { findQuantum } from './quantum.ts'

export interface BackgroundOptions {
  /**
   * Side of a mesh cell in pixels. Default 64 as in SExtractor: larger than stars, smaller than clouds;
   * a quarter of the shorter side where that is less, but at least 16.
   */
  cellPx?: number
}

interface CountKernels extends Kernels {
  countCell(
    pixels: number,
    stride: number,
    width: number,
    height: number,
    low: number,
    perBin: number,
    bins: number,
    counts: number,
  ): void
}

interface Grid {
  readonly cellPx: number
  readonly columns: number
  readonly rows: number
}

interface Cells {
  readonly level: Float32Array
  readonly rms: Float32Array
}

const defaultCellPx = 64
const smallestCellPx = 16
const bins = 192
const binsPerSigma = 8
/** Values drawn from a cell to place its histogram. */
const drawn = 144
/** A cell with a smaller share of usable pixels is filled from its neighbours. */
const smallestShare = 0.2
/** Rounding to steps of q leaves a noise of q / sqrt(12). */
const rmsPerQuantum = 1 / Math.sqrt(12)
/** Noise ascribed to a frame that has none: one part in ten thousand of its range. */
const noiseFreeShare = 1e-4

/**
 * The smooth sky under the stars, as in SExtractor (Bertin & Arnouts 1996): clipped mode and noise in the
 * cells of a mesh, then a median over 3 x 3 cells. NaN pixels and empty borders do not count. The noise is never
 * below the rounding of quantised data; it is 0 only where the whole frame is constant.
 */
export function measureBackground(plane: Plane, options: BackgroundOptions = {}): BackgroundModel {
  const { width, height } = plane
  const grid = layGrid(width, height, options.cellPx)
  const quantum = findQuantum(plane)
  let cells = measureCells(plane, grid, quantum)
  const blank = findBlank(cells)
  if (blank !== undefined) cells = measureCells(plane, grid, quantum, blank)
  const { level, rms } = smoothCells(plane, grid, cells, quantum)
  return {
    width,
    height,
    ...grid,
    level,
    rms,
    globalLevel: median(level),
    globalRms: median(rms),
    ...(blank === undefined ? {} : { blank }),
  }
}

function layGrid(width: number, height: number, wanted?: number): Grid {
  const quarter = Math.round(Math.min(width, height) / 4)
  const cellPx = wanted ?? Math.min(defaultCellPx, Math.max(smallestCellPx, quarter))
  const side = Math.max(1, Math.round(cellPx))
  const along = (length: number) => Math.max(1, Math.round(length / side))
  return { cellPx: side, columns: along(width), rows: along(height) }
}

function measureCells(plane: Plane, grid: Grid, quantum: number, blank?: number): Cells {
  const { data, width, height } = plane
  const { cellPx, columns, rows } = grid
  const level = new Float32Array(columns * rows)
  const rms = new Float32Array(columns * rows)
  const tallest = Math.max(height - (rows - 1) * cellPx, Math.min(cellPx, height))
  const [band = 0, counts = 0] = scratch(width * tallest * 4, (bins + 2) * 4)
  const wasm = kernels<CountKernels>()
  for (let row = 0; row < rows; row++) {
    const y0 = row * cellPx
    const y1 = row === rows - 1 ? height : y0 + cellPx
    const rowsOfBand = data.subarray(y0 * width, y1 * width)
    new Float32Array(wasm.memory.buffer, band).set(rowsOfBand)
    for (let column = 0; column < columns; column++) {
      const x0 = column * cellPx
      const x1 = column === columns - 1 ? width : x0 + cellPx
      const place = placeHistogram(rowsOfBand, width, x0, x1, quantum, blank)
      const i = row * columns + column
      level[i] = place.centre
      rms[i] = 0
      if (!(place.binWidth > 0)) continue
      const low = Math.fround(place.low)
      wasm.countCell(band + x0 * 4, width, x1 - x0, y1 - y0, low, 1 / place.binWidth, bins, counts)
      const sky = estimateSky({
        counts: new Uint32Array(wasm.memory.buffer, counts, bins + 2),
        low,
        binWidth: place.binWidth,
        quantum,
      })
      const enough = sky.count >= smallestShare * (x1 - x0) * (y1 - y0)
      level[i] = enough ? sky.level : Number.NaN
      rms[i] = enough ? sky.rms : Number.NaN
    }
  }
  return { level, rms }
}

const sample = new Float32Array(4 * drawn)

/** Centre and width of bins for a cell, from a few of its values; `binWidth` 0 where they are all alike. */
function placeHistogram(
  band: Float32Array,
  width: number,
  x0: number,
  x1: number,
  quantum: number,
  blank?: number,
): { centre: number; low: number; binWidth: number } {
  const count = drawSample(band, width, x0, x1, blank)
  const centre = quantileInPlace(sample, 0.5, count)
  for (let i = 0; i < count; i++) sample[i] = Math.abs(sample[i] - centre)
  const sigma = quantileInPlace(sample, 0.5, count) * sigmaPerMad
  if (quantum === 0) {
    const binWidth = sigma / binsPerSigma
    return { centre, low: centre - (bins / 2) * binWidth, binWidth }
  }
  // Whole steps to a bin, and bin edges between two steps.
  const steps = Math.max(1, Math.round(sigma / binsPerSigma / quantum))
  const binWidth = steps * quantum
  return { centre, low: centre - quantum / 2 - (bins / 2) * binWidth, binWidth }
}

/** Draws about `drawn` values along shifted rows, so that no pattern of rows or columns is favoured. */
function drawSample(
  band: Float32Array,
  width: number,
  x0: number,
  x1: number,
  blank?: number,
): number {
  const height = band.length / width
  const across = x1 - x0
  const step = Math.max(1, Math.sqrt((across * height) / drawn))
  const stepX = Math.max(1, Math.floor(step))
  const stepY = Math.max(1, Math.round((across * height) / drawn / stepX))
  let count = 0
  for (let y = stepY >> 1, shift = 0; y < height; y += stepY, shift += 3) {
    for (let x = shift % stepX; x < across && count < sample.length; x += stepX) {
      const value = band[y * width + x0 + x]
      if (Math.abs(value) < Number.POSITIVE_INFINITY && value !== blank) sample[count++] = value
    }
  }
  return count
}

/** The one value that whole cells consist of, while the sky elsewhere is noisy and far away from it. */
function findBlank({ level, rms }: Cells): number | undefined {
  const flat = level.filter((_, i) => rms[i] === 0)
  if (flat.length === 0 || flat.length === level.length) return undefined
  const noisy = level.map((value, i) => (rms[i] > 0 ? value : Number.NaN))
  const noise = median(rms.filter((value) => value > 0))
  const value = median(flat)
  const alike = flat.every((other) => other === value || Number.isNaN(other))
  return alike && Math.abs(value - median(noisy)) > 5 * noise ? value : undefined
}

function smoothCells(plane: Plane, grid: Grid, cells: Cells, quantum: number): Cells {
  const { columns, rows } = grid
  const mesh = (values: Float32Array) => ({ values, columns, rows })
  const level = medianFilter(
    mesh(centreLastCells(plane, grid, fillMissing(mesh(cells.level)))),
    true,
  )
  // Few flat cells in a noisy frame (clipped shadows, a burnt-out patch) tell no noise.
  const noiseFree = !(median(cells.rms) > 0)
  const noise = noiseFree ? cells.rms : cells.rms.map((value) => value || Number.NaN)
  const rms = medianFilter(mesh(fillMissing(mesh(noise))), false)
  const range = noiseFree ? rangeOf(plane.data) : Number.POSITIVE_INFINITY
  const least = quantum > 0 ? quantum * rmsPerQuantum : noiseFree ? noiseFreeShare * range : 0
  return {
    level: level.map((value) => value || 0),
    rms: range === 0 ? rms.fill(0) : rms.map((value) => Math.max(value || 0, least)),
  }
}

/** The last column and row are not of the common size: their level is moved to where their centre should be. */
function centreLastCells(plane: Plane, grid: Grid, level: Float32Array): Float32Array {
  const { cellPx, columns, rows } = grid
  const moved = Float32Array.from(level)
  const moveAlong = (length: number, cells: number, index: (k: number) => number) => {
    if (cells < 2) return
    const excess = (length - cells * cellPx) / 2
    const last = moved[index(cells - 1)]
    const slope = (last - moved[index(cells - 2)]) / (cellPx + excess)
    moved[index(cells - 1)] = last - slope * excess
  }
  for (let row = 0; row < rows; row++) moveAlong(plane.width, columns, (k) => row * columns + k)
  for (let c = 0; c < columns; c++) moveAlong(plane.height, rows, (k) => k * columns + c)
  return moved
}

function rangeOf(data: Float32Array): number {
  let least = Number.POSITIVE_INFINITY
  let most = Number.NEGATIVE_INFINITY
  for (let i = 0; i < data.length; i++) {
    const value = data[i]
    if (value < least && value > Number.NEGATIVE_INFINITY) least = value
    if (value > most && value < Number.POSITIVE_INFINITY) most = value
  }
  return most > least ? most - least : 0
}
