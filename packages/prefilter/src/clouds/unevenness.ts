import type { CellMap } from '../frame/measurement.ts'
import { quantile } from '../statistics/robust.ts'

const TERMS = 6

/**
 * How far the sky departs from any smooth bowl or slope: the spread (2 % to 98 %) of the coarse cells around
 * the best second-degree surface, as a share of their level. The Moon, light pollution and vignetting
 * leave a few percent; the edge of stray light, of a dome or of thick cloud leaves much more.
 */
export function unevenness({ columns, rows, values }: CellMap): number {
  if (columns < 4 || rows < 4) return 0
  const basis = values.map((_, i) => {
    const x = (2 * (i % columns)) / (columns - 1) - 1
    const y = (2 * Math.floor(i / columns)) / (rows - 1) - 1
    return [1, x, y, x * x, x * y, y * y]
  })
  const surface = solve(
    products(basis, (row) => row),
    products(basis, (_, i) => [values[i]]).map(([value]) => value),
  )
  const rest = values.map((value, i) =>
    basis[i].reduce((left, term, k) => left - term * surface[k], value),
  )
  const level = quantile(values, 0.5)
  return level > 0 ? (quantile(rest, 0.98) - quantile(rest, 0.02)) / level : 0
}

/** Sums over all cells of each basis term times each of the numbers that belong to the cell. */
function products(
  basis: readonly number[][],
  numbers: (row: number[], i: number) => readonly number[],
): number[][] {
  return Array.from({ length: TERMS }, (_, k) => {
    const sums: number[] = []
    basis.forEach((row, i) => {
      numbers(row, i).forEach((n, j) => {
        sums[j] = (sums[j] ?? 0) + row[k] * n
      })
    })
    return sums
  })
}

/** Gauss–Jordan with pivots; a term that the cells cannot tell from the others is left at zero. */
function solve(matrix: number[][], right: number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]])
  for (let k = 0; k < TERMS; k++) {
    const pivot = rows
      .slice(k)
      .reduce((best, row, i) => (Math.abs(row[k]) > Math.abs(rows[best][k]) ? k + i : best), k)
    ;[rows[k], rows[pivot]] = [rows[pivot], rows[k]]
    if (Math.abs(rows[k][k]) < 1e-9) continue
    for (let i = 0; i < TERMS; i++) {
      if (i === k) continue
      const factor = rows[i][k] / rows[k][k]
      rows[i] = rows[i].map((v, j) => v - factor * rows[k][j])
    }
  }
  return rows.map((row, k) => (Math.abs(row[k]) < 1e-9 ? 0 : row[TERMS] / row[k]))
}
