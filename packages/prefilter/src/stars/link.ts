import type { Peaks } from './peaks.ts'

/** Two maxima closer than this many deviations of the coarser one's filter are the same object. */
const reach = 2.5

/**
 * One peak per object: of peaks that lie within each other's reach the most significant one stays.
 * Scales finer than `finest` do not count. Those coarser than `coarsest` come last, whatever their significance,
 * so that they count only where no finer one stands: a cluster is its stars, but a galaxy without a bright core is
 * one object.
 */
export function linkPeaks(peaks: Peaks, finest: number, coarsest: number): Uint32Array {
  const fine: number[] = []
  const coarse: number[] = []
  for (let i = 0; i < peaks.count; i++) {
    if (peaks.level[i] < finest) continue
    if (peaks.level[i] <= coarsest) fine.push(i)
    else coarse.push(i)
  }
  const grid = new PlaceGrid()
  const kept: number[] = []
  for (const i of [...fine, ...coarse]) {
    if (grid.isTaken(peaks.x[i], peaks.y[i], peaks.level[i])) continue
    grid.take(peaks.x[i], peaks.y[i], peaks.level[i])
    kept.push(i)
  }
  return Uint32Array.from(kept)
}

/** Objects by coarse squares of one size per scale. */
class PlaceGrid {
  private readonly squares: Map<number, number[]>[] = []

  take(x: number, y: number, level: number): void {
    this.squares[level] ??= new Map()
    const key = squareKey(x, y, squareOf(level))
    const square = this.squares[level].get(key)
    if (square) square.push(x, y)
    else this.squares[level].set(key, [x, y])
  }

  /** Whether an object stands within the reach of the coarser of both scales. */
  isTaken(x: number, y: number, level: number): boolean {
    return this.squares.some((squares, other) => {
      const limit = reach * 2 ** Math.max(level, other)
      const side = squareOf(other)
      const around = Math.ceil(limit / side)
      const column = Math.floor(x / side)
      const row = Math.floor(y / side)
      for (let r = row - around; r <= row + around; r++) {
        for (let c = column - around; c <= column + around; c++) {
          const places = squares.get(joinKey(c, r))
          if (places && anyWithin(places, x, y, limit)) return true
        }
      }
      return false
    })
  }
}

function anyWithin(places: readonly number[], x: number, y: number, limit: number): boolean {
  for (let k = 0; k < places.length; k += 2) {
    if (Math.hypot(places[k] - x, places[k + 1] - y) < limit) return true
  }
  return false
}

function squareOf(level: number): number {
  return 4 * 2 ** level
}

function squareKey(x: number, y: number, side: number): number {
  return joinKey(Math.floor(x / side), Math.floor(y / side))
}

function joinKey(column: number, row: number): number {
  return (row + 64) * 0x400000 + column + 64
}
