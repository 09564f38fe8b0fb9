import type { Streak } from '../verdict/assessment.ts'
import { type Path, pathLength } from './path.ts'

export interface MaskStreaksOptions {
  /** Margin added on each side of the trail's own width, pixels. Default 2. */
  readonly growPx?: number
}

/** Half width of what a trail covers: where a Gaussian of its width has sunk to 1 % (3 sigma). */
const halfWidthsPerFwhm = 3 / 2.3548

/**
 * 1 where a trail covers the pixel, else 0, in row order. Trails are as wide as three sigma of their cross
 * profile plus `growPx` on each side, follow their bow, and reach to the frame's border where they leave it.
 */
export function maskStreaks(
  streaks: readonly Streak[],
  { width, height }: { readonly width: number; readonly height: number },
  { growPx = 2 }: MaskStreaksOptions = {},
): Uint8Array {
  const mask = new Uint8Array(width * height)
  for (const streak of streaks) {
    stampPath(mask, width, height, streak, halfWidthsPerFwhm * streak.widthPx + growPx)
  }
  return mask
}

/** Sets the mask within `half` pixels of a path, round at its ends. */
export function stampPath(
  mask: Uint8Array,
  width: number,
  height: number,
  path: Path,
  half: number,
): void {
  visitPath(width, height, path, half, (row, from, to) => mask.fill(1, row + from, row + to + 1))
}

/**
 * Calls `visit(rowStart, firstColumn, lastColumn)` with runs of pixels that cover everything within `half`
 * pixels of a path: the path is cut into straight links short enough for its bow.
 */
export function visitPath(
  width: number,
  height: number,
  path: Path,
  half: number,
  visit: (rowStart: number, from: number, to: number) => void,
): void {
  const length = pathLength(path)
  // A parabola of sagitta s over n links is off by s / n² at most.
  const links = Math.max(1, Math.ceil(Math.sqrt(Math.abs(path.sagittaPx) / 0.2)))
  const ux = length > 0 ? (path.x1 - path.x0) / length : 1
  const uy = length > 0 ? (path.y1 - path.y0) / length : 0
  const point = (share: number) => {
    const u = 2 * share - 1
    const beside = path.sagittaPx * (1 - u * u)
    return {
      x: path.x0 + ux * length * share - uy * beside,
      y: path.y0 + uy * length * share + ux * beside,
    }
  }
  for (let link = 0; link < links; link++) {
    const a = point(link / links)
    const b = point((link + 1) / links)
    const top = Math.max(0, Math.ceil(Math.min(a.y, b.y) - half))
    const bottom = Math.min(height - 1, Math.floor(Math.max(a.y, b.y) + half))
    for (let row = top; row <= bottom; row++) {
      const run = capsuleRow(a.x, a.y, b.x, b.y, half, row)
      if (!run) continue
      const from = Math.max(0, Math.ceil(run[0]))
      const to = Math.min(width - 1, Math.floor(run[1]))
      if (to >= from) visit(row * width, from, to)
    }
  }
}

/** The stretch of row `y` within `half` of the segment a-b. A capsule is convex, so it is one stretch. */
function capsuleRow(
  ax: number,
  ay: number,
  bx: number,
  by: number,
  half: number,
  y: number,
): [number, number] | undefined {
  let from = Infinity
  let to = -Infinity
  const include = (x0: number, x1: number) => {
    from = Math.min(from, x0)
    to = Math.max(to, x1)
  }
  for (const [x, centre] of [
    [ax, ay],
    [bx, by],
  ] as const) {
    const rise = half * half - (y - centre) ** 2
    if (rise >= 0) include(x - Math.sqrt(rise), x + Math.sqrt(rise))
  }
  // The straight sides: the segment moved by ±half along its normal.
  const length = Math.hypot(bx - ax, by - ay)
  if (length > 0 && by !== ay) {
    const nx = (-(by - ay) / length) * half
    const ny = ((bx - ax) / length) * half
    for (const sign of [-1, 1]) {
      const share = (y - ay - sign * ny) / (by - ay)
      if (share >= 0 && share <= 1) {
        const x = ax + share * (bx - ax) + sign * nx
        include(x, x)
      }
    }
  } else if (length > 0 && Math.abs(y - ay) <= half) {
    include(Math.min(ax, bx), Math.max(ax, bx))
  }
  return to >= from ? [from, to] : undefined
}
