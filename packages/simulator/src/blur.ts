import { cos, exp, pi, radians, sin } from './math.ts'
import type { TrackingSpec, WindSpec } from './types.ts'

/** What spreads the light of a star image. Lengths in pixels; the mean shift is zero. */
export type Blur = PointBlur | DiscBlur

/** Weighted shifts; the weights sum to 1. */
export interface PointBlur {
  readonly kind: 'points'
  readonly x: Float64Array
  readonly y: Float64Array
  readonly weight: Float64Array
  /** Greatest length of a shift. */
  readonly reachPx: number
}

/** Even discs laid over each other; a negative level cuts a hole. */
export interface DiscBlur {
  readonly kind: 'discs'
  readonly discs: readonly {
    readonly radiusPx: number
    readonly x: number
    readonly level: number
  }[]
  readonly reachPx: number
}

function blurOf(points: readonly (readonly [number, number, number])[]): PointBlur {
  let total = 0
  let meanX = 0
  let meanY = 0
  for (const [x, y, weight] of points) {
    total += weight
    meanX += weight * x
    meanY += weight * y
  }
  const x = Float64Array.from(points, (point) => point[0] - meanX / total)
  const y = Float64Array.from(points, (point) => point[1] - meanY / total)
  const reachPx = points.reduce(
    (reach, _, i) => Math.max(reach, Math.sqrt(x[i]! * x[i]! + y[i]! * y[i]!)),
    0,
  )
  return {
    kind: 'points',
    x,
    y,
    weight: Float64Array.from(points, (point) => point[2] / total),
    reachPx,
  }
}

/**
 * The shadow of the aperture out of focus: a disc, or with a central obstruction a ring. The rim is somewhat brighter
 * (spherical aberration), and the hole sits a little off centre, as real collimation leaves it. Within `detailPx`
 * none of that can be seen, and an even disc will do.
 */
export function defocusBlur(radiusPx: number, obstruction: number, detailPx: number): DiscBlur {
  const discs = [{ radiusPx, x: 0, level: 1 }]
  if (radiusPx > detailPx) {
    const hole = radiusPx * obstruction
    discs.push({ radiusPx: 0.75 * radiusPx, x: 0, level: -0.15 })
    if (hole > 0) discs.push({ radiusPx: hole, x: 0.1 * hole, level: -0.85 })
  }
  return { kind: 'discs', discs, reachPx: radiusPx }
}

/** The path of a star over the pixels while the tracking erred. */
export function trackingBlur(spec: TrackingSpec, stepPx: number): PointBlur {
  const { lengthPx, angleDeg, sagittaPx = 0, periodic = false } = spec
  const count = Math.max(3, Math.ceil(lengthPx / stepPx))
  const c = cos(radians(angleDeg))
  const s = sin(radians(angleDeg))
  return blurOf(
    Array.from({ length: count }, (_, i) => {
      const even = (i + 0.5) / count - 0.5
      const along = (periodic ? 0.5 * sin(pi * even) : even) * lengthPx
      const across = sagittaPx * (1 - (4 * along * along) / (lengthPx * lengthPx))
      return [along * c - across * s, along * s + across * c, 1] as const
    }),
  )
}

/** Gaussian shake along one direction, less across: what guiding leaves, in pixels. */
export function shakeBlur(
  alongPx: number,
  acrossPx: number,
  angleDeg: number,
  stepPx: number,
): PointBlur {
  const c = cos(radians(angleDeg))
  const s = sin(radians(angleDeg))
  const points: [number, number, number][] = []
  for (const [along, weightAlong] of gaussian(alongPx, stepPx)) {
    for (const [across, weightAcross] of gaussian(acrossPx, stepPx)) {
      points.push([along * c - across * s, along * s + across * c, weightAlong * weightAcross])
    }
  }
  return blurOf(points)
}

/** Places and weights of a Gaussian out to three sigma, in steps no longer than `stepPx`. */
function gaussian(sigmaPx: number, stepPx: number): [number, number][] {
  const count = Math.ceil((3 * sigmaPx) / stepPx)
  if (count === 0) return [[0, 1]]
  return Array.from({ length: 2 * count + 1 }, (_, i) => {
    const u = (3 * (i - count)) / count
    return [u * sigmaPx, exp(-0.5 * u * u)]
  })
}

/** Wind: shake along one direction, a third of it across, and perhaps a second place. */
export function windBlurs(spec: WindSpec, stepPx: number): PointBlur[] {
  const { jitterPx, angleDeg, jumpPx = 0, jumpShare = 0.35 } = spec
  const blurs = [shakeBlur(jitterPx, jitterPx / 3, angleDeg, stepPx)]
  if (jumpPx > 0) {
    const x = jumpPx * cos(radians(angleDeg))
    const y = jumpPx * sin(radians(angleDeg))
    blurs.push(
      blurOf([
        [0, 0, 1 - jumpShare],
        [x, y, jumpShare],
      ]),
    )
  }
  return blurs
}

/** Coma: a tail of light away from the frame centre. */
export function comaBlur(lengthPx: number, angleRad: number): PointBlur {
  const c = cos(angleRad)
  const s = sin(angleRad)
  return blurOf(
    [0, 0.33, 0.66, 1].map((t) => [t * lengthPx * c, t * lengthPx * s, 1 - 0.6 * t] as const),
  )
}
