/** A chord with a gentle parabolic bow: at u in -1..1 along the chord the path lies sagittaPx (1 - u²) off it. */
export interface Path {
  readonly x0: number
  readonly y0: number
  readonly x1: number
  readonly y1: number
  /** Signed towards the normal (-dy, dx) of the chord. */
  readonly sagittaPx: number
}

export function pathLength({ x0, y0, x1, y1 }: Path): number {
  return Math.hypot(x1 - x0, y1 - y0)
}

/** The point `t` pixels from the path's start along the chord and `offset` beside the path. */
export function pointAt(path: Path, t: number, offset = 0): { x: number; y: number } {
  const length = Math.max(1e-9, pathLength(path))
  const ux = (path.x1 - path.x0) / length
  const uy = (path.y1 - path.y0) / length
  const u = (2 * t) / length - 1
  const beside = offset + path.sagittaPx * (1 - u * u)
  return { x: path.x0 + ux * t - uy * beside, y: path.y0 + uy * t + ux * beside }
}

/** Where `t` (along) and `offset` (beside the bow) of a point are. */
export function project(path: Path, x: number, y: number): { t: number; offset: number } {
  const length = Math.max(1e-9, pathLength(path))
  const ux = (path.x1 - path.x0) / length
  const uy = (path.y1 - path.y0) / length
  const t = (x - path.x0) * ux + (y - path.y0) * uy
  const u = (2 * t) / length - 1
  const offset = (y - path.y0) * ux - (x - path.x0) * uy - path.sagittaPx * (1 - u * u)
  return { t, offset }
}

/** The same curve between other ends, given along the old chord. */
export function cutPath(path: Path, t0: number, t1: number): Path {
  const a = pointAt(path, t0)
  const b = pointAt(path, t1)
  const share = (t1 - t0) / Math.max(1e-9, pathLength(path))
  return { x0: a.x, y0: a.y, x1: b.x, y1: b.y, sagittaPx: path.sagittaPx * share * share }
}

/** How far the straight continuation beyond the start and the end stays inside the frame, in pixels. */
export function roomBeyond(path: Path, width: number, height: number): [number, number] {
  const length = Math.max(1e-9, pathLength(path))
  const ux = (path.x1 - path.x0) / length
  const uy = (path.y1 - path.y0) / length
  return [
    roomAlong(path.x0, path.y0, -ux, -uy, width, height),
    roomAlong(path.x1, path.y1, ux, uy, width, height),
  ]
}

function roomAlong(x: number, y: number, ux: number, uy: number, width: number, height: number) {
  const across = ux > 0 ? (width - 1 - x) / ux : ux < 0 ? -x / ux : Number.POSITIVE_INFINITY
  const down = uy > 0 ? (height - 1 - y) / uy : uy < 0 ? -y / uy : Number.POSITIVE_INFINITY
  return Math.max(0, Math.min(across, down))
}

/** Angle of the chord against the row axis, 0 <= angle < 180. */
export function angleOf({ x0, y0, x1, y1 }: Path): number {
  const angle = (Math.atan2(y1 - y0, x1 - x0) * 180) / Math.PI
  return ((angle % 180) + 180) % 180
}

/** Smallest difference of two directions, degrees, 0..90. */
export function angleBetween(a: number, b: number): number {
  const difference = Math.abs(a - b) % 180
  return Math.min(difference, 180 - difference)
}
