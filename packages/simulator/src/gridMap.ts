/**
 * A smooth quantity over the frame, known every `cell` pixels and linear between. Node (i, j) lies on pixel
 * (i * cell, j * cell); the last nodes lie on or beyond the last pixels.
 */
export interface GridMap {
  readonly cell: number
  readonly columns: number
  readonly rows: number
  readonly values: Float32Array
}

/** Evaluates `value(x, y)` on the nodes of a grid that covers a frame of the given size in pixels. */
export function makeGridMap(
  size: { readonly width: number; readonly height: number },
  cell: number,
  value: (x: number, y: number) => number,
): GridMap {
  const columns = Math.ceil((size.width - 1) / cell) + 1
  const rows = Math.ceil((size.height - 1) / cell) + 1
  const values = new Float32Array(columns * rows)
  for (let j = 0; j < rows; j++) {
    for (let i = 0; i < columns; i++) values[j * columns + i] = value(i * cell, j * cell)
  }
  return { cell, columns, rows, values }
}

/** Writes row `y` of the map, one value per pixel, into `out`. */
export function fillRow(map: GridMap, y: number, out: Float32Array): void {
  const { cell, columns, values } = map
  const j = Math.min(Math.floor(y / cell), Math.max(0, map.rows - 2))
  const upper = j * columns
  const lower = Math.min(j + 1, map.rows - 1) * columns
  const ty = y / cell - j
  for (let i = 0, x = 0; x < out.length; i++) {
    const next = Math.min(i + 1, columns - 1)
    const left = values[upper + i]! + (values[lower + i]! - values[upper + i]!) * ty
    const right = values[upper + next]! + (values[lower + next]! - values[upper + next]!) * ty
    const step = (right - left) / cell
    for (let k = 0; k < cell && x < out.length; k++, x++) out[x] = left + step * k
  }
}

/** The map at one place inside the frame. */
export function valueAt(map: GridMap, x: number, y: number): number {
  const { cell, columns, rows, values } = map
  const gx = Math.min(Math.max(x / cell, 0), columns - 1)
  const gy = Math.min(Math.max(y / cell, 0), rows - 1)
  const i = Math.min(Math.floor(gx), Math.max(0, columns - 2))
  const j = Math.min(Math.floor(gy), Math.max(0, rows - 2))
  const right = Math.min(i + 1, columns - 1)
  const below = Math.min(j + 1, rows - 1) * columns
  const top = values[j * columns + i]! * (1 - gx + i) + values[j * columns + right]! * (gx - i)
  const bottom = values[below + i]! * (1 - gx + i) + values[below + right]! * (gx - i)
  return top * (1 - gy + j) + bottom * (gy - j)
}

/** Mean of the nodes. */
export function meanOf(map: GridMap): number {
  let sum = 0
  for (const value of map.values) sum += value
  return sum / map.values.length
}

/** Value that the given share of the nodes lies below. */
export function quantileOf(map: GridMap, share: number): number {
  const sorted = Float32Array.from(map.values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
}
