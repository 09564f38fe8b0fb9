import type { FrameMeasurement } from '../frame/measurement.ts'
import { median } from '../statistics/robust.ts'
import { type GridSize, gridSize, neighbourhood } from './grid.ts'

/** Stars a usual cell must hold before an empty one means anything. */
const USUAL_STARS = 6
/** A cell with less than this share of the usual stars is empty. */
const EMPTY_SHARE = 0.15

export interface StarDesert extends GridSize {
  /** 1 for cells of the largest connected region without stars, row by row. */
  readonly empty: readonly number[]
  /** That region's share of the frame. */
  readonly coverage: number
}

/**
 * Where a lone frame lacks the stars its other parts have. Weaker evidence than photometry: a dark nebula
 * or a large galaxy looks the same, so that it may ask for a look but never reject.
 */
export function starDesert({ catalog, width, height }: FrameMeasurement): StarDesert {
  const size = gridSize(width, height, catalog.x.length, 10)
  const counts = new Array<number>(size.columns * size.rows).fill(0)
  catalog.x.forEach((x, i) => {
    const column = Math.min(size.columns - 1, Math.floor((x / width) * size.columns))
    const row = Math.min(size.rows - 1, Math.floor((catalog.y[i] / height) * size.rows))
    counts[row * size.columns + column]++
  })
  const usual = median(counts)
  if (counts.length < 4 || usual < USUAL_STARS)
    return { ...size, empty: counts.map(() => 0), coverage: 0 }
  const region = largestRegion(
    counts.map((n) => n <= EMPTY_SHARE * usual),
    size,
  )
  const cells = new Set(region)
  return {
    ...size,
    empty: counts.map((_, i) => (cells.has(i) ? 1 : 0)),
    coverage: region.length / counts.length,
  }
}

/** Indices of the largest set of marked cells that touch each other. */
function largestRegion(marked: readonly boolean[], { columns, rows }: GridSize): number[] {
  const seen = new Set<number>()
  let largest: number[] = []
  marked.forEach((mark, start) => {
    if (!mark || seen.has(start)) return
    const region = [start]
    seen.add(start)
    for (const cell of region)
      for (const next of neighbourhood(cell, columns, rows))
        if (marked[next] && !seen.has(next)) {
          seen.add(next)
          region.push(next)
        }
    if (region.length > largest.length) largest = region
  })
  return largest
}
