/** Values on a grid, row by row; NaN where nothing could be measured. */
export interface Mesh {
  readonly values: Float32Array
  readonly columns: number
  readonly rows: number
}

/** Fills cells that hold NaN from their neighbours, ring by ring outwards from the known ones. */
export function fillMissing({ values, columns, rows }: Mesh): Float32Array {
  let current = Float32Array.from(values)
  for (;;) {
    const next = Float32Array.from(current)
    let filled = 0
    let missing = 0
    for (let i = 0; i < current.length; i++) {
      if (!Number.isNaN(current[i])) continue
      const mean = meanOfNeighbours({ values: current, columns, rows }, i)
      next[i] = mean
      if (Number.isNaN(mean)) missing++
      else filled++
    }
    current = next
    if (filled === 0 || missing === 0) return current
  }
}

function meanOfNeighbours({ values, columns, rows }: Mesh, index: number): number {
  const column = index % columns
  const row = Math.floor(index / columns)
  let sum = 0
  let count = 0
  for (let y = Math.max(row - 1, 0); y <= Math.min(row + 1, rows - 1); y++) {
    for (let x = Math.max(column - 1, 0); x <= Math.min(column + 1, columns - 1); x++) {
      const value = values[y * columns + x]
      if (Number.isNaN(value)) continue
      sum += value
      count++
    }
  }
  return count ? sum / count : Number.NaN
}

/** Value of a cell that may lie outside the mesh, continued along straight lines or flat. */
export function valueBeyond(mesh: Mesh, column: number, row: number, straight: boolean): number {
  const { values, columns, rows } = mesh
  const c = Math.min(Math.max(column, 0), columns - 1)
  const r = Math.min(Math.max(row, 0), rows - 1)
  const edge = values[r * columns + c]
  if (!straight || (c === column && r === row)) return edge
  const alongX = edge - values[r * columns + inward(c, column, columns)]
  const alongY = edge - values[inward(r, row, rows) * columns + c]
  return edge + alongX * Math.abs(column - c) + alongY * Math.abs(row - r)
}

function inward(edge: number, wanted: number, length: number): number {
  if (wanted === edge || length === 1) return edge
  return wanted < edge ? edge + 1 : edge - 1
}

/** The mesh with `margin` more cells on every side. */
export function padMesh(mesh: Mesh, margin: number, straight: boolean): Mesh {
  const columns = mesh.columns + 2 * margin
  const rows = mesh.rows + 2 * margin
  const values = new Float32Array(columns * rows)
  for (let i = 0; i < values.length; i++) {
    const column = (i % columns) - margin
    values[i] = valueBeyond(mesh, column, Math.floor(i / columns) - margin, straight)
  }
  return { values, columns, rows }
}

/** Median over 3 x 3 cells; at the border the mesh is continued, so that slopes stay slopes. */
export function medianFilter(mesh: Mesh, straight: boolean): Float32Array {
  const { columns } = mesh
  const padded = padMesh(mesh, 1, straight)
  const window = new Float32Array(9)
  return Float32Array.from(mesh.values, (_, i) => {
    const column = i % columns
    const row = Math.floor(i / columns)
    for (let k = 0; k < 9; k++) {
      window[k] = padded.values[(row + Math.floor(k / 3)) * padded.columns + column + (k % 3)]
    }
    return window.sort()[4]
  })
}
