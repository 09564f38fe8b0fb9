import type { Point } from './transform.ts'

/** Buckets points by square cells so that the nearest within one cell's side is found by looking at nine. */
export function neighbourIndex(points: readonly Point[], cellPx: number) {
  const buckets = new Map<number, number[]>()
  const key = (column: number, row: number) => column * 65_536 + row
  points.forEach((p, i) => {
    const k = key(Math.floor(p.x / cellPx), Math.floor(p.y / cellPx))
    const bucket = buckets.get(k)
    if (bucket) bucket.push(i)
    else buckets.set(k, [i])
  })

  /** Index of the nearest point within `radiusPx` (at most `cellPx`), or -1. */
  return function nearest({ x, y }: Point, radiusPx: number): number {
    const column = Math.floor(x / cellPx)
    const row = Math.floor(y / cellPx)
    let best = -1
    let bestSquare = radiusPx * radiusPx
    for (let c = column - 1; c <= column + 1; c++)
      for (let r = row - 1; r <= row + 1; r++)
        for (const i of buckets.get(key(c, r)) ?? []) {
          const square = (points[i].x - x) ** 2 + (points[i].y - y) ** 2
          if (square <= bestSquare) {
            bestSquare = square
            best = i
          }
        }
    return best
  }
}
