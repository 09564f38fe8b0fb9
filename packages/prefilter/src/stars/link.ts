import type { Peaks } from './peaks.ts'

/** Two maxima closer than this many deviations of the coarser one's filter are the same object. */
const reach = 2.5

/** One peak per object: of peaks that lie within each other's reach the most significant one stays. */
export function linkPeaks(peaks: Peaks): Uint32Array {
  const taken = new PlaceGrid()
  const kept: number[] = []
  for (let i = 0; i < peaks.count; i++) {
    if (taken.isTaken(peaks.x[i], peaks.y[i], peaks.level[i])) continue
    taken.take(peaks.x[i], peaks.y[i], peaks.level[i])
    kept.push(i)
  }
  return Uint32Array.from(kept)
}

/**
 * Peaks by significance, those of scales coarser than `coarsest` last, so that they count only where no finer one
 * stands: a cluster is its stars, but a galaxy without a bright core is one object. Scales finer than
 * `finest` are left out.
 */
export function inOrder(peaks: Peaks, finest: number, coarsest: number): number[] {
  const fine: number[] = []
  const coarse: number[] = []
  for (let i = 0; i < peaks.count; i++) {
    if (peaks.level[i] < finest) continue
    if (peaks.level[i] <= coarsest) fine.push(i)
    else coarse.push(i)
  }
  return [...fine, ...coarse]
}

/** Places of objects, in squares of one size per scale. */
export class PlaceGrid {
  private readonly squares: Map<number, number[]>[] = []

  take(x: number, y: number, level: number, snr = 0): void {
    this.squares[level] ??= new Map()
    const side = squareOf(level)
    const key = joinKey(Math.floor(x / side), Math.floor(y / side))
    const square = this.squares[level].get(key)
    if (square) square.push(x, y, snr)
    else this.squares[level].set(key, [x, y, snr])
  }

  /** Whether an object stands within the reach of the coarser of both scales. */
  isTaken(x: number, y: number, level: number): boolean {
    return this.squares.some((_, other) => {
      const limit = reach * 2 ** Math.max(level, other)
      return this.around(x, y, other, limit).some(({ distance }) => distance < limit)
    })
  }

  /** Signal to noise that objects around would show in a filter of a coarser scale. */
  explained(x: number, y: number, level: number): number {
    const wide = 4 ** level
    let sum = 0
    for (let other = 0; other < this.squares.length; other++) {
      const narrow = 4 ** other
      const share = (2 * Math.sqrt(wide * narrow)) / (wide + narrow)
      for (const { distance, snr } of this.around(x, y, other, 3 * 2 ** level)) {
        sum += snr * share * Math.exp((-0.5 * distance * distance) / (wide + narrow))
      }
    }
    return sum
  }

  private around(
    x: number,
    y: number,
    level: number,
    limit: number,
  ): { distance: number; snr: number }[] {
    const side = squareOf(level)
    const found: { distance: number; snr: number }[] = []
    const [c0, c1] = [Math.floor((x - limit) / side), Math.floor((x + limit) / side)]
    const [r0, r1] = [Math.floor((y - limit) / side), Math.floor((y + limit) / side)]
    for (let row = r0; row <= r1; row++) {
      for (let column = c0; column <= c1; column++) {
        const places = this.squares[level]?.get(joinKey(column, row)) ?? []
        for (let k = 0; k < places.length; k += 3) {
          found.push({ distance: Math.hypot(places[k] - x, places[k + 1] - y), snr: places[k + 2] })
        }
      }
    }
    return found
  }
}

function squareOf(level: number): number {
  return 4 * 2 ** level
}

function joinKey(column: number, row: number): number {
  return (row + 64) * 0x400000 + column + 64
}
