import { levels, type Peaks } from './peaks.ts'

/** Two maxima closer than this many deviations of the coarser one's filter are the same object. */
const reach = 2.5

/**
 * One peak per object above `leastSnr`, `most` at the most: of peaks that lie within each other's reach the
 * most significant one stays.
 */
export function linkPeaks(
  peaks: Peaks,
  frame: { width: number; height: number },
  leastSnr: number,
  most: number,
): number[] {
  const taken = new PlaceGrid(frame)
  const kept: number[] = []
  for (let i = 0; i < peaks.count && kept.length < most && peaks.snr[i] >= leastSnr; i++) {
    if (taken.isTaken(peaks.x[i], peaks.y[i], peaks.level[i])) continue
    taken.take(peaks.x[i], peaks.y[i], peaks.level[i])
    kept.push(i)
  }
  return kept
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

const squarePx = 32

/** Places of objects, listed by squares of the frame. */
export class PlaceGrid {
  private readonly columns: number
  private readonly rows: number
  /** First object of each square, then the next one of each object; -1 ends a list. */
  private readonly first: Int32Array
  private readonly next: number[] = []
  private readonly places: { x: number; y: number; level: number; snr: number }[] = []

  constructor({ width, height }: { width: number; height: number }) {
    this.columns = Math.ceil(width / squarePx)
    this.rows = Math.ceil(height / squarePx)
    this.first = new Int32Array(this.columns * this.rows).fill(-1)
  }

  take(x: number, y: number, level: number, snr = 0): void {
    const square = this.row(y) * this.columns + this.column(x)
    this.next.push(this.first[square])
    this.first[square] = this.places.length
    this.places.push({ x, y, level, snr })
  }

  /** Whether an object stands within the reach of the coarser of both scales. */
  isTaken(x: number, y: number, level: number): boolean {
    let taken = false
    this.visit(x, y, reach * 2 ** (levels - 1), (distance, other) => {
      taken ||= distance < reach * 2 ** Math.max(level, other)
    })
    return taken
  }

  /** Signal to noise that objects around would show in a filter of a coarser scale. */
  explained(x: number, y: number, level: number): number {
    const wide = 4 ** level
    let sum = 0
    this.visit(x, y, 3 * 2 ** level, (distance, other, snr) => {
      const narrow = 4 ** other
      const share = (2 * Math.sqrt(wide * narrow)) / (wide + narrow)
      sum += snr * share * Math.exp((-0.5 * distance * distance) / (wide + narrow))
    })
    return sum
  }

  private visit(
    x: number,
    y: number,
    limit: number,
    see: (distance: number, level: number, snr: number) => void,
  ): void {
    const lastColumn = this.column(x + limit)
    const lastRow = this.row(y + limit)
    for (let row = this.row(y - limit); row <= lastRow; row++) {
      for (let column = this.column(x - limit); column <= lastColumn; column++) {
        for (let i = this.first[row * this.columns + column]; i >= 0; i = this.next[i]) {
          const place = this.places[i]
          see(Math.hypot(place.x - x, place.y - y), place.level, place.snr)
        }
      }
    }
  }

  private column(x: number): number {
    return Math.min(Math.max(Math.floor(x / squarePx), 0), this.columns - 1)
  }

  private row(y: number): number {
    return Math.min(Math.max(Math.floor(y / squarePx), 0), this.rows - 1)
  }
}
