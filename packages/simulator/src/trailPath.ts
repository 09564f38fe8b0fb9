import type { TrailSpec } from './types.ts'

/** A trail's chord as a line with a direction, and the stretch of it that can touch the frame. */
export interface TrailPath {
  readonly x0: number
  readonly y0: number
  readonly cosine: number
  readonly sine: number
  readonly lengthPx: number
  readonly sagittaPx: number
  /** Stretch along the chord, in pixels from its start, that lies near the frame. */
  readonly from: number
  readonly to: number
}

/** The stretch of a path that lies inside the frame. */
export interface VisiblePart {
  readonly x0: number
  readonly y0: number
  readonly x1: number
  readonly y1: number
  readonly lengthPx: number
  readonly sagittaPx: number
  /** The same ends along the chord, in pixels from its start. */
  readonly from: number
  readonly to: number
}

/** Direction and reach of a trail over a frame; `padPx` is kept around the frame. */
export function trailPath(
  spec: TrailSpec,
  size: { readonly width: number; readonly height: number },
  padPx: number,
): TrailPath {
  const dx = spec.x1 - spec.x0
  const dy = spec.y1 - spec.y0
  const lengthPx = Math.max(1e-6, Math.sqrt(dx * dx + dy * dy))
  const cosine = dx / lengthPx
  const sine = dy / lengthPx
  const cx = (size.width - 1) / 2 - spec.x0
  const cy = (size.height - 1) / 2 - spec.y0
  const middle = cx * cosine + cy * sine
  const sagittaPx = spec.sagittaPx ?? 0
  const reach = Math.sqrt(size.width * size.width + size.height * size.height) / 2 + padPx
  const from = Math.max(-padPx, Math.floor(middle - reach))
  const to = Math.min(lengthPx + padPx, Math.ceil(middle + reach))
  return { x0: spec.x0, y0: spec.y0, cosine, sine, lengthPx, sagittaPx, from, to }
}

/** Distance of the path from its chord, `along` pixels from the start. */
export function bowAt(path: TrailPath, along: number): number {
  const t = along / path.lengthPx
  return 4 * path.sagittaPx * t * (1 - t)
}

/** Place on the path, `along` pixels from the start of the chord. */
export function placeAt(path: TrailPath, along: number): { x: number; y: number } {
  const bow = bowAt(path, along)
  return {
    x: path.x0 + along * path.cosine - bow * path.sine,
    y: path.y0 + along * path.sine + bow * path.cosine,
  }
}

/** Finds the part of the path in the frame (and where `isSeen`), to a quarter of a pixel. */
export function visiblePart(
  path: TrailPath,
  size: { readonly width: number; readonly height: number },
  isSeen: (x: number, y: number) => boolean,
): VisiblePart | undefined {
  const start = Math.max(0, path.from)
  const end = Math.min(path.lengthPx, path.to)
  let from = Number.NaN
  let to = Number.NaN
  const steps = Math.max(1, Math.ceil((end - start) * 4))
  for (let step = 0; step <= steps; step++) {
    const along = start + ((end - start) * step) / steps
    const { x, y } = placeAt(path, along)
    const inside = x >= -0.5 && y >= -0.5 && x <= size.width - 0.5 && y <= size.height - 0.5
    if (!inside || !isSeen(x, y)) continue
    if (Number.isNaN(from)) from = along
    to = along
  }
  if (!(to > from)) return undefined
  const first = placeAt(path, from)
  const last = placeAt(path, to)
  const dx = last.x - first.x
  const dy = last.y - first.y
  // A parabola's bow grows with the square of the stretch.
  const share = (to - from) / path.lengthPx
  return {
    x0: first.x,
    y0: first.y,
    x1: last.x,
    y1: last.y,
    lengthPx: Math.sqrt(dx * dx + dy * dy),
    sagittaPx: Math.abs(path.sagittaPx) * share * share,
    from,
    to,
  }
}
