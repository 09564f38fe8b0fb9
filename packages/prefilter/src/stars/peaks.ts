import { measureBackground } from '../background/measure.ts'
import { normaliseByNoise } from '../background/smooth.ts'
import { type Kernels, kernels, scratch } from '../kernels.ts'
import type { Plane } from '../plane.ts'
import { median, quantileInPlace } from '../statistics/robust.ts'

/** Local maxima of the matched filter at several scales, as columns. */
export interface Peaks {
  readonly count: number
  /** Full-resolution pixels. */
  readonly x: Float32Array
  readonly y: Float32Array
  /** Filtered value over its noise at this scale. */
  readonly snr: Float32Array
  /** Binary logarithm of the scale: the filter is a Gaussian of standard deviation 2^level pixels. */
  readonly level: Uint8Array
  /** Single bright pixels, taken out before filtering: places as row * width + column. */
  readonly spikes: Uint32Array
  /** Deviation of the filtered pixel noise at each level, in units where averaging keeps white noise at 1. */
  readonly noise: Float64Array
}

/** Scales 1, 2, 4, 8, 16 pixels: FWHM 2.4 to 38. */
export const levels = 5

interface StarKernels extends Kernels {
  smoothBand(pixels: number, width: number, height: number, row: number, out: number): void
  halveBand(pixels: number, width: number, height: number, scale: number, out: number): void
  findMaxima(
    pixels: number,
    width: number,
    height: number,
    y0: number,
    y1: number,
    threshold: number,
    room: number,
    out: number,
  ): number
  removeSpikes(
    pixels: number,
    width: number,
    height: number,
    y0: number,
    y1: number,
    threshold: number,
    contrast: number,
    room: number,
    out: number,
  ): number
}

/** Deviation of white noise of deviation 1 after the filter: the kernel's root sum of squares. */
const whiteNoise = 0.2873
/**
 * A pixel this far above the noise, and this many times brighter than each of its four neighbours, is no star:
 * one of FWHM 1.4 pixels in the middle of a pixel is 3 times brighter than its neighbours.
 */
const spikeThreshold = 6
const spikeContrast = 4
const bandPixels = 1 << 17
/** Rows beside a band which the filter, the comparison with neighbours and halving need. */
const halo = 8
const room = 1 << 15
/** The sky of the coarse scales is measured in cells of this many of their own pixels. */
const coarseCellPx = 32
/** Below this side a scale has too few pixels to know its noise. */
const smallestSide = 8

/**
 * Maxima above `threshold` times the noise at every scale. `residual` is in units of the pixel noise. The
 * two finest scales are made band by band and never kept; from the third on planes of a sixteenth of the size suffice.
 */
export function findPeaks(residual: Plane, threshold: number): Peaks {
  const found = new PeakList()
  let plane = scanFine(residual, threshold, found)
  for (let level = 2; level < levels; level++) {
    if (Math.min(plane.width, plane.height) < smallestSide) break
    const smooth = smoothPlane(plane)
    const sky = measureBackground(smooth, { cellPx: coarseCellPx })
    found.noise[level] = sky.globalRms || whiteNoise
    normaliseByNoise(smooth, sky, smooth.data)
    maximaOf(smooth, threshold, level, found)
    plane = halvePlane(plane)
  }
  return found.finish()
}

class PeakList {
  private readonly entries: number[] = []
  readonly spikes: number[] = []
  readonly noise = new Float64Array(levels).fill(whiteNoise)

  add(level: number, x: number, y: number, snr: number): void {
    const scale = 2 ** level
    this.entries.push((x + 0.5) * scale - 0.5, (y + 0.5) * scale - 0.5, snr, level)
  }

  /** Brightest first. */
  finish(): Peaks {
    const { entries } = this
    const count = entries.length / 4
    const order = Uint32Array.from({ length: count }, (_, i) => i).sort(
      (a, b) => entries[4 * b + 2] - entries[4 * a + 2],
    )
    return {
      count,
      x: Float32Array.from(order, (i) => entries[4 * i]),
      y: Float32Array.from(order, (i) => entries[4 * i + 1]),
      snr: Float32Array.from(order, (i) => entries[4 * i + 2]),
      level: Uint8Array.from(order, (i) => entries[4 * i + 3]),
      spikes: Uint32Array.from(this.spikes),
      noise: this.noise,
    }
  }
}

interface Workspace {
  readonly wasm: StarKernels
  readonly band: number
  readonly smooth: number
  readonly half: number
  readonly row: number
  readonly maxima: number
}

function layWorkspace(width: number, rows: number): Workspace {
  const bytes = (width * rows + 4) * 4
  const [band = 0, smooth = 0, half = 0, row = 0, maxima = 0] = scratch(
    bytes,
    bytes,
    bytes / 4,
    (width + 8) * 4,
    room * 12,
  )
  return { wasm: kernels<StarKernels>(), band, smooth, half, row, maxima }
}

/** Scans the scales 1 and 2 and returns the plane averaged by 4, in units of white noise. */
function scanFine(residual: Plane, threshold: number, found: PeakList): Plane {
  const { data, width, height } = residual
  const bandRows = 4 * Math.max(2, Math.floor(bandPixels / width / 4))
  const space = layWorkspace(width, bandRows + 2 * halo)
  const noise = fineNoise(residual, space)
  found.noise.set(noise)
  const quarter = { width: width >> 2, height: height >> 2 }
  const averaged = new Float32Array(quarter.width * quarter.height)
  for (let y0 = 0; y0 < height; y0 += bandRows) {
    const y1 = Math.min(y0 + bandRows, height)
    const top = Math.max(y0 - halo, 0)
    const rows = Math.min(y1 + halo, height) - top
    loadBand(space, data, width, top, rows)
    removeSpikes(space, { width, rows, first: y0 - top, end: y1 - top }, (x, y) =>
      found.spikes.push((y + top) * width + x),
    )
    scanBand(
      space,
      { width, rows, first: y0 - top, end: y1 - top },
      threshold,
      noise[0],
      (x, y, v) => found.add(0, x, y + top, v / noise[0]),
    )
    space.wasm.halveBand(space.band, width, rows, 0.5, space.half)
    const half = { ...space, band: space.half }
    const lines = {
      width: width >> 1,
      rows: rows >> 1,
      first: (y0 - top) / 2,
      end: (y1 - top) >> 1,
    }
    scanBand(half, lines, threshold, noise[1], (x, y, v) =>
      found.add(1, x, y + top / 2, v / noise[1]),
    )
    const from = space.half + lines.first * lines.width * 4
    space.wasm.halveBand(from, lines.width, lines.end - lines.first, 0.5, space.smooth)
    const count = ((lines.end - lines.first) >> 1) * quarter.width
    averaged.set(
      new Float32Array(space.wasm.memory.buffer, space.smooth, count),
      (y0 / 4) * quarter.width,
    )
  }
  return { data: averaged, ...quarter }
}

function loadBand(
  space: Workspace,
  data: Float32Array,
  width: number,
  top: number,
  rows: number,
): void {
  const band = new Float32Array(space.wasm.memory.buffer, space.band, width * rows)
  band.set(data.subarray(top * width, (top + rows) * width))
}

function removeSpikes(
  { wasm, band, maxima }: Workspace,
  { width, rows, first, end }: Lines,
  report: (x: number, y: number) => void,
): void {
  const count = wasm.removeSpikes(
    band,
    width,
    rows,
    first,
    end,
    spikeThreshold,
    spikeContrast,
    room,
    maxima,
  )
  const places = new Int32Array(wasm.memory.buffer, maxima, 3 * Math.min(count, room))
  for (let i = 0; i < places.length; i += 3) report(places[i], places[i + 1])
}

interface Lines {
  readonly width: number
  readonly rows: number
  readonly first: number
  readonly end: number
}

function scanBand(
  { wasm, band, smooth, row, maxima }: Workspace,
  { width, rows, first, end }: Lines,
  threshold: number,
  noise: number,
  report: (x: number, y: number, value: number) => void,
): void {
  wasm.smoothBand(band, width, rows, row, smooth)
  const limit = threshold * noise
  const count = wasm.findMaxima(smooth, width, rows, first, end, limit, room, maxima)
  const places = new Int32Array(wasm.memory.buffer, maxima, 3 * Math.min(count, room))
  const values = new Float32Array(wasm.memory.buffer, maxima, places.length)
  for (let i = 0; i < places.length; i += 3) report(places[i], places[i + 1], values[i + 2])
}

/**
 * Noise after the filter at the scales 1 and 2: resampled frames differ from white noise. The median over pieces
 * of a dozen thin bands, so that neither a vignetted corner nor a bright nebula decides.
 */
function fineNoise({ data, width, height }: Plane, space: Workspace): readonly [number, number] {
  const rows = Math.min(16, height)
  const bands = Math.min(12, Math.ceil(height / rows))
  const pieces: [number[], number[]] = [[], []]
  for (let i = 0; i < bands; i++) {
    const top = Math.floor(((height - rows) * (i + 0.5)) / bands)
    loadBand(space, data, width, top, rows)
    sampleNoise(space, width, rows, pieces[0])
    space.wasm.halveBand(space.band, width, rows, 0.5, space.half)
    sampleNoise({ ...space, band: space.half }, width >> 1, rows >> 1, pieces[1])
  }
  const typical = (noises: number[]) => (noises.length ? median(noises) : whiteNoise) || whiteNoise
  return [typical(pieces[0]), typical(pieces[1])]
}

function sampleNoise(space: Workspace, width: number, rows: number, into: number[]): void {
  const { wasm, band, row, smooth } = space
  wasm.smoothBand(band, width, rows, row, smooth)
  const values = new Float32Array(wasm.memory.buffer, smooth, width * rows)
  const piece: number[] = []
  for (let x = 2; x < width - 2; x += 3) {
    // The outermost rows lack neighbours.
    for (let y = 2; y < rows - 2; y++) {
      if (values[y * width + x] !== 0) piece.push(values[y * width + x])
    }
    if (piece.length > 500 || (x + 3 >= width - 2 && piece.length > 50)) {
      into.push(deviationOf(Float32Array.from(piece)))
      piece.length = 0
    }
  }
}

/**
 * Deviation told by the distance of two low quantiles, 0.9704 standard deviations apart: in crowded fields
 * stars spoil the upper side only.
 */
function deviationOf(values: Float32Array): number {
  return (quantileInPlace(values, 0.25) - quantileInPlace(values, 0.05)) / 0.9703641
}

/** The whole plane through the filter, in bands. */
function smoothPlane({ data, width, height }: Plane): Plane {
  const out = new Float32Array(data.length)
  const bandRows = Math.max(8, Math.floor(bandPixels / width))
  const space = layWorkspace(width, bandRows + 4)
  for (let y0 = 0; y0 < height; y0 += bandRows) {
    const y1 = Math.min(y0 + bandRows, height)
    const top = Math.max(y0 - 2, 0)
    const rows = Math.min(y1 + 2, height) - top
    loadBand(space, data, width, top, rows)
    space.wasm.smoothBand(space.band, width, rows, space.row, space.smooth)
    const from = space.smooth + (y0 - top) * width * 4
    out.set(new Float32Array(space.wasm.memory.buffer, from, (y1 - y0) * width), y0 * width)
  }
  return { data: out, width, height }
}

function maximaOf(plane: Plane, threshold: number, level: number, found: PeakList): void {
  const { data, width, height } = plane
  const bandRows = Math.max(8, Math.floor(bandPixels / width))
  const space = layWorkspace(width, bandRows + 2)
  for (let y0 = 0; y0 < height; y0 += bandRows) {
    const y1 = Math.min(y0 + bandRows, height)
    const top = Math.max(y0 - 1, 0)
    const rows = Math.min(y1 + 1, height) - top
    loadBand(space, data, width, top, rows)
    const { wasm, band, maxima } = space
    const count = wasm.findMaxima(band, width, rows, y0 - top, y1 - top, threshold, room, maxima)
    const places = new Int32Array(wasm.memory.buffer, maxima, 3 * Math.min(count, room))
    const values = new Float32Array(wasm.memory.buffer, maxima, places.length)
    for (let i = 0; i < places.length; i += 3) {
      found.add(level, places[i], places[i + 1] + top, values[i + 2])
    }
  }
}

function halvePlane({ data, width, height }: Plane): Plane {
  const half = { width: width >> 1, height: height >> 1 }
  const out = new Float32Array(half.width * half.height)
  const bandRows = 2 * Math.max(4, Math.floor(bandPixels / width / 2))
  const space = layWorkspace(width, bandRows)
  for (let y0 = 0; y0 + 1 < height; y0 += bandRows) {
    const rows = Math.min(bandRows, height - y0)
    loadBand(space, data, width, y0, rows)
    space.wasm.halveBand(space.band, width, rows, 0.5, space.half)
    const count = (rows >> 1) * half.width
    out.set(new Float32Array(space.wasm.memory.buffer, space.half, count), (y0 / 2) * half.width)
  }
  return { data: out, ...half }
}
