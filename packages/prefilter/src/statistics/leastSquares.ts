/**
 * Coefficients of the terms that come nearest to the values, by the normal equations; rows of `basis` hold the
 * terms at each value. A term that cannot be told from the others gets zero.
 */
export function leastSquares(
  basis: readonly (readonly number[])[],
  values: readonly number[],
  weights?: readonly number[],
): number[] {
  const terms = basis[0]?.length ?? 0
  const matrix = Array.from({ length: terms }, () => new Array<number>(terms + 1).fill(0))
  basis.forEach((row, i) => {
    const weight = weights?.[i] ?? 1
    for (let k = 0; k < terms; k++) {
      for (let j = 0; j < terms; j++) matrix[k][j] += weight * row[k] * row[j]
      matrix[k][terms] += weight * row[k] * values[i]
    }
  })
  return solve(matrix)
}

/** Gauss–Jordan with pivots on rows that end in their right side. */
function solve(rows: number[][]): number[] {
  const terms = rows.length
  const tiny = 1e-9 * Math.max(...rows.map((row, k) => Math.abs(row[k])))
  for (let k = 0; k < terms; k++) {
    let pivot = k
    for (let i = k + 1; i < terms; i++)
      if (Math.abs(rows[i][k]) > Math.abs(rows[pivot][k])) pivot = i
    ;[rows[k], rows[pivot]] = [rows[pivot], rows[k]]
    if (Math.abs(rows[k][k]) <= tiny) continue
    for (let i = 0; i < terms; i++) {
      if (i === k) continue
      const factor = rows[i][k] / rows[k][k]
      rows[i] = rows[i].map((v, j) => v - factor * rows[k][j])
    }
  }
  return rows.map((row, k) => (Math.abs(row[k]) <= tiny ? 0 : row[terms] / row[k]))
}
