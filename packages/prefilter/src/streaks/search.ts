import type { Plane } from '../plane.ts'
import { Cover, type Field } from './band.ts'
import { type BinnedPlane, binResidual, halve, type ToppedPlane } from './binning.ts'
import { visitPath } from './mask.ts'
import { normalizeLocally } from './normalize.ts'
import type { Path } from './path.ts'
import { searchLines } from './transform.ts'

/** One resolution of the search: the normalised image and what remains to be found in it. */
export interface Scale {
  readonly bin: number
  readonly width: number
  readonly height: number
  readonly image: Float32Array
  readonly plane: BinnedPlane
}

/** A straight piece in full-resolution pixels, and the bin it was found at. */
export interface Candidate {
  readonly path: Path
  readonly bin: number
  readonly significance: number
}

/** Bins below this many on the longer side say nothing new. */
const smallestScale = 48
/** Widest bin: trails many times broader are sky. */
const widestBinPx = 16

/** The residual at the search's resolution and coarser, each normalised by its own local noise. */
export function makeScales(
  residual: Plane,
  mask: Uint8Array,
  fwhmPx: number,
  searchSizePx: number,
): { scales: Scale[]; base: ToppedPlane } {
  const longer = Math.max(residual.width, residual.height)
  // A bin as wide as a sigma or two of the trail loses little light and halves the work.
  const fine = Math.max(1, Math.min(4, Math.floor(fwhmPx / 2)))
  const bin = Math.max(Math.ceil(longer / searchSizePx), Math.min(fine, Math.floor(longer / 256)))
  const scales: Scale[] = []
  const base = binResidual(residual, mask, Math.max(1, bin))
  let plane: BinnedPlane = base
  for (;;) {
    const { width, height } = plane
    scales.push({
      bin: plane.bin,
      width,
      height,
      image: normalizeLocally(plane),
      plane,
    })
    const next = halve(plane)
    if (next.bin > widestBinPx || Math.max(next.width, next.height) < smallestScale) break
    plane = next
  }
  return { scales, base }
}

/** The residual at a scale's resolution, in units of a bin's noise: broad light is followed here. */
export function coarseField({ plane: { width, height, bin, sums, counts } }: Scale): Field {
  const data = new Float32Array(sums.length)
  const mask = new Uint8Array(sums.length)
  for (let i = 0; i < sums.length; i++) {
    if (counts[i]! < 0.3 * bin * bin) mask[i] = Cover.core
    else data[i] = sums[i]! / Math.sqrt(counts[i]!)
  }
  return { residual: { data, width, height }, mask }
}

export interface CandidateList {
  readonly candidates: Candidate[]
  readonly threshold: number
  readonly trials: number
  readonly overflow: boolean
}

/**
 * Everything that stands out: at the finest scale first, since two close trails are one at a coarse scale, and
 * most significant first within a scale.
 */
export function listCandidates(scales: readonly Scale[], falseAlarms: number): CandidateList {
  const candidates: Candidate[] = []
  let threshold = 0
  let trials = 0
  let overflow = false
  for (const { bin, width, height, image } of scales) {
    const search = searchLines(image, width, height, falseAlarms / scales.length)
    threshold = Math.max(threshold, search.threshold)
    trials += search.trials
    overflow ||= search.overflow
    for (const piece of search.pieces) {
      candidates.push({ path: toPixels(piece, bin), bin, significance: piece.significance })
    }
  }
  candidates.sort((a, b) => a.bin - b.bin || b.significance - a.significance)
  return { candidates, threshold, trials, overflow }
}

/** From bins to pixels; the centre of the first bin lies at (bin - 1) / 2. */
export function toPixels(
  path: Omit<Path, 'sagittaPx'> & { sagittaPx?: number },
  bin: number,
): Path {
  const full = (at: number) => (at + 0.5) * bin - 0.5
  const { x0, y0, x1, y1, sagittaPx = 0 } = path
  return { x0: full(x0), y0: full(y0), x1: full(x1), y1: full(y1), sagittaPx: sagittaPx * bin }
}

/** From pixels to bins. */
export function toBins({ x0, y0, x1, y1, sagittaPx }: Path, bin: number): Path {
  const at = (value: number) => (value + 0.5) / bin - 0.5
  return { x0: at(x0), y0: at(y0), x1: at(x1), y1: at(y1), sagittaPx: sagittaPx / bin }
}

/** Sum of a scale's image along a candidate over the noise of as many bins: what is left of it after peeling. */
export function restOf(candidate: Candidate, scales: readonly Scale[]): number {
  const scale = scales.find(({ bin }) => bin === candidate.bin)!
  const { bin, width, height, image } = scale
  const { x0, y0, x1, y1 } = toBins(candidate.path, bin)
  const steps = Math.max(1, Math.round(Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0))))
  let sum = 0
  for (let i = 0; i <= steps; i++) {
    const x = Math.round(x0 + ((x1 - x0) * i) / steps)
    const y = Math.round(y0 + ((y1 - y0) * i) / steps)
    if (x >= 0 && y >= 0 && x < width && y < height) sum += image[y * width + x]!
  }
  return sum / Math.sqrt(steps + 1)
}

/** Takes a followed trail out of the residual's mask and of all scales, so that the rest can be seen. */
export function peel(
  field: Field,
  scales: readonly Scale[],
  path: Path,
  halfWidthPx: number,
): void {
  const { width, height } = field.residual
  visitPath(width, height, path, halfWidthPx, (row, from, to) => {
    field.mask?.fill(Cover.core, row + from, row + to + 1)
  })
  for (const scale of scales) {
    const binned = toBins(path, scale.bin)
    const half = halfWidthPx / scale.bin + 0.71
    visitPath(scale.width, scale.height, binned, half, (row, from, to) => {
      scale.image.fill(0, row + from, row + to + 1)
      scale.plane.counts.fill(0, row + from, row + to + 1)
    })
  }
}
