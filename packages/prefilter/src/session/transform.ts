/** A turn and a shift in pixels: x' = cos x - sin y + dx, y' = sin x + cos y + dy. Scale is one within a session. */
export interface Transform {
  readonly cos: number
  readonly sin: number
  readonly dx: number
  readonly dy: number
}

export interface Point {
  readonly x: number
  readonly y: number
}

export const identity: Transform = { cos: 1, sin: 0, dx: 0, dy: 0 }

export function apply({ cos, sin, dx, dy }: Transform, { x, y }: Point): Point {
  return { x: cos * x - sin * y + dx, y: sin * x + cos * y + dy }
}

/** The turn and shift that bring `from` nearest to `to` in the least-squares sense (2-D Procrustes). */
export function fitTransform(from: readonly Point[], to: readonly Point[]): Transform {
  const centreFrom = centroid(from)
  const centreTo = centroid(to)
  let along = 0
  let across = 0
  from.forEach((p, i) => {
    const ax = p.x - centreFrom.x
    const ay = p.y - centreFrom.y
    const bx = to[i].x - centreTo.x
    const by = to[i].y - centreTo.y
    along += ax * bx + ay * by
    across += ax * by - ay * bx
  })
  const length = Math.hypot(along, across)
  const cos = length > 0 ? along / length : 1
  const sin = length > 0 ? across / length : 0
  return {
    cos,
    sin,
    dx: centreTo.x - cos * centreFrom.x + sin * centreFrom.y,
    dy: centreTo.y - sin * centreFrom.x - cos * centreFrom.y,
  }
}

/** The way back. */
export function invert({ cos, sin, dx, dy }: Transform): Transform {
  return { cos, sin: -sin, dx: -(cos * dx + sin * dy), dy: sin * dx - cos * dy }
}

function centroid(points: readonly Point[]): Point {
  const n = Math.max(1, points.length)
  return {
    x: points.reduce((sum, p) => sum + p.x, 0) / n,
    y: points.reduce((sum, p) => sum + p.y, 0) / n,
  }
}
