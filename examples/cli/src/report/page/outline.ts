import type { Cause, CauseKind, Region } from '@nebulift/prefilter'

/** Kinds of causes that are drawn as trails or as cells: a box around them would say it twice. */
const drawnOtherwise: readonly CauseKind[] = [
  'satellite',
  'airplane',
  'meteor',
  'streak',
  'cloud',
  'haze',
]

/** Regions of causes that nothing else shows. */
export function regionsToMark(
  causes: readonly Cause[],
): readonly { readonly kind: CauseKind; readonly region: Region }[] {
  return causes.flatMap(({ kind, region }) =>
    region === undefined || drawnOtherwise.includes(kind) ? [] : [{ kind, region }],
  )
}

/** A point in pixels; the centre of the first pixel is (0, 0). */
export interface Point {
  readonly x: number
  readonly y: number
}

/** What is needed of a trail to draw it. */
export interface Trail {
  readonly x0: number
  readonly y0: number
  readonly x1: number
  readonly y1: number
  readonly sagittaPx: number
}

/** Lines beside a trail, so that the trail itself stays visible, and short bars across its ends. */
export interface TrailOutline {
  readonly sides: readonly [readonly Point[], readonly Point[]]
  readonly ends: readonly [readonly [Point, Point], readonly [Point, Point]]
}

/**
 * Points of the curve that runs `offsetPx` beside a trail: two for a straight one, more for a curved one.
 * The sagitta counts along the normal that lies a quarter turn from x towards y.
 */
export function trailLine(trail: Trail, offsetPx: number): readonly Point[] {
  const dx = trail.x1 - trail.x0
  const dy = trail.y1 - trail.y0
  const length = Math.hypot(dx, dy) || 1
  const normal = { x: -dy / length, y: dx / length }
  const steps = Math.abs(trail.sagittaPx) < 0.5 ? 1 : 24
  return Array.from({ length: steps + 1 }, (_, index) => {
    const along = index / steps
    const away = offsetPx + 4 * trail.sagittaPx * along * (1 - along)
    return {
      x: trail.x0 + dx * along + normal.x * away,
      y: trail.y0 + dy * along + normal.y * away,
    }
  })
}

/** Outline of a trail at a distance of `gapPx` from its axis. */
export function outlineTrail(trail: Trail, gapPx: number): TrailOutline {
  const left = trailLine(trail, -gapPx)
  const right = trailLine(trail, gapPx)
  return {
    sides: [left, right],
    ends: [
      [left[0]!, right[0]!],
      [left.at(-1)!, right.at(-1)!],
    ],
  }
}
