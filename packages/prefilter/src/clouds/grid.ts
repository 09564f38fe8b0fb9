import type { CellMap } from '../frame/measurement.ts'
import type { StarSight } from '../session/transparency.ts'
import { median } from '../statistics/robust.ts'
import type { LocalGrid } from '../verdict/assessment.ts'

export interface GridSize {
  readonly columns: number
  readonly rows: number
}

/**
 * Stars a cell needs, its neighbours' included, before anything is said of it. A few in a hundred are lost to
 * blends and defects: of five the median then fails once in a thousand cells.
 */
const ENOUGH_STARS = 5
/** A cell that loses more than this share of its light is covered. */
export const COVERED_BELOW = 0.7

/** Cells as square as the frame allows, with about `starsPerCell` stars each; at most 8 along the longer side. */
export function gridSize(width: number, height: number, stars: number, starsPerCell = 7): GridSize {
  const cells = Math.max(1, Math.min(48, stars / starsPerCell))
  const aspect = width / height
  const columns = Math.round(Math.sqrt(cells * aspect))
  const rows = Math.round(Math.sqrt(cells / aspect))
  return { columns: clamp(columns, 1, 8), rows: clamp(rows, 1, 8) }
}

export interface GridFrame extends GridSize {
  readonly width: number
  readonly height: number
  /** Ratio of a star seen through clear sky. */
  readonly clear: number
}

/** Transparency of each cell from the reference stars that lie in it, pooled with its neighbours where few. */
export function transparencyGrid(
  sights: readonly StarSight[],
  frame: GridFrame,
): (number | null)[] {
  const { columns, rows, clear } = frame
  const cells: number[][] = Array.from({ length: columns * rows }, () => [])
  for (const { x, y, ratio } of sights) {
    const column = clamp(Math.floor((x / frame.width) * columns), 0, columns - 1)
    const row = clamp(Math.floor((y / frame.height) * rows), 0, rows - 1)
    cells[row * columns + column].push(ratio / clear)
  }
  return cells.map((own, i) => {
    if (own.length >= ENOUGH_STARS) return median(own)
    const pool = neighbourhood(i, columns, rows).flatMap((j) => cells[j])
    return pool.length >= ENOUGH_STARS ? median(pool) : null
  })
}

/** Indices of a cell and the up to eight around it. */
export function neighbourhood(index: number, columns: number, rows: number): number[] {
  const column = index % columns
  const row = Math.floor(index / columns)
  const around: number[] = []
  for (let r = Math.max(0, row - 1); r <= Math.min(rows - 1, row + 1); r++)
    for (let c = Math.max(0, column - 1); c <= Math.min(columns - 1, column + 1); c++)
      around.push(r * columns + c)
  return around
}

/** Reads a coarse map at the centres of another grid's cells, bilinearly. */
export function resample(map: CellMap, { columns, rows }: GridSize): number[] {
  return Array.from({ length: columns * rows }, (_, i) => {
    const u = ((i % columns) + 0.5) / columns
    const v = (Math.floor(i / columns) + 0.5) / rows
    return sampleMap(map, u, v)
  })
}

function sampleMap({ columns, rows, values }: CellMap, u: number, v: number): number {
  const x = clamp(u * columns - 0.5, 0, columns - 1)
  const y = clamp(v * rows - 0.5, 0, rows - 1)
  const x0 = Math.floor(x)
  const y0 = Math.floor(y)
  const x1 = Math.min(x0 + 1, columns - 1)
  const y1 = Math.min(y0 + 1, rows - 1)
  const top = values[y0 * columns + x0] * (1 - x + x0) + values[y0 * columns + x1] * (x - x0)
  const bottom = values[y1 * columns + x0] * (1 - x + x0) + values[y1 * columns + x1] * (x - x0)
  return top * (1 - y + y0) + bottom * (y - y0)
}

/** The grid as published, and the share of its measured cells that are covered against a clear cell's level. */
export function describeGrid(
  cells: Omit<LocalGrid, 'covered'>,
  clearLevel: number,
): { grid: LocalGrid; coverage: number } {
  const limit = COVERED_BELOW * clearLevel
  const covered = cells.transparency.map((t): number => (t !== null && t < limit ? 1 : 0))
  const measured = cells.transparency.filter((t) => t !== null).length
  const coverage = measured === 0 ? 0 : covered.reduce((a, b) => a + b, 0) / measured
  return { grid: { ...cells, covered }, coverage }
}

const clamp = (v: number, low: number, high: number): number => Math.min(high, Math.max(low, v))
