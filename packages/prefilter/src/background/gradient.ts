import type { BackgroundModel } from './model.ts'

/** How unevenly the sky is lit. */
export interface BackgroundGradient {
  /** Brightest minus faintest place of the smooth sky, image units. */
  readonly amplitude: number
  /** Amplitude over the typical level, which may hold a pedestal; over the noise where that is larger. */
  readonly share: number
  /** Where it grows brighter: direction of the steepest rise of a fitted plane against the row axis, 0..360. */
  readonly directionDeg: number
}

/** Unevenness of the sky, from the mesh averaged over 3 x 3 cells. */
export function backgroundGradient(model: BackgroundModel): BackgroundGradient {
  const { columns, rows, level, globalLevel, globalRms } = model
  let least = Number.POSITIVE_INFINITY
  let most = Number.NEGATIVE_INFINITY
  let alongX = 0
  let alongY = 0
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const smooth = meanAround(model, column, row)
      least = Math.min(least, smooth)
      most = Math.max(most, smooth)
      alongX += (column - (columns - 1) / 2) * level[row * columns + column]
      alongY += (row - (rows - 1) / 2) * level[row * columns + column]
    }
  }
  const slopeX = alongX / (rows * sumOfSquares(columns) || 1)
  const slopeY = alongY / (columns * sumOfSquares(rows) || 1)
  const amplitude = most - least
  const directionDeg = (Math.atan2(slopeY, slopeX) * 180) / Math.PI
  return {
    amplitude,
    share: amplitude > 0 ? amplitude / Math.max(globalLevel, globalRms) : 0,
    directionDeg: directionDeg < 0 ? directionDeg + 360 : directionDeg,
  }
}

/** Sum of squared distances of `count` equal steps from their middle. */
function sumOfSquares(count: number): number {
  return (count * (count * count - 1)) / 12
}

function meanAround(
  { level, columns, rows }: BackgroundModel,
  column: number,
  row: number,
): number {
  let sum = 0
  let count = 0
  for (let y = Math.max(row - 1, 0); y <= Math.min(row + 1, rows - 1); y++) {
    for (let x = Math.max(column - 1, 0); x <= Math.min(column + 1, columns - 1); x++) {
      sum += level[y * columns + x]
      count++
    }
  }
  return sum / count
}
