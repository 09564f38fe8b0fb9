import type { Plane } from '../plane.ts'

/** A Gaussian that matches an object: centre and covariance, pixels. */
export interface GaussianShape {
  readonly x: number
  readonly y: number
  readonly xx: number
  readonly xy: number
  readonly yy: number
  /** Its height, in the plane's units. */
  readonly amplitude: number
  /** False where no Gaussian fits: the iteration ran away. */
  readonly converged: boolean
}

export const fwhmPerSigma = 2.3548200450309493
const mostRounds = 16
/** The weight is cut off at this many of its deviations. */
const weightReach = 3
/** A narrower weight would fall between the pixels. */
const narrowestWeight = 1
/** Variance below which nothing can be told from a single pixel. */
const smallestVariance = 0.02

export interface ShapeLimits {
  /** Deviation to begin with. */
  readonly sigma: number
  /** Deviations beyond this mean that there is no object of interest. */
  readonly largestSigma: number
  /** Farthest the centre may move. */
  readonly drift: number
  /** Level under the object. */
  readonly sky: number
}

/**
 * Adaptive moments (Bernstein & Jarvis 2002, section 3.1): second moments under an elliptical Gaussian
 * weight which is changed until it has the object's own centre and shape.
 */
export function matchGaussian(
  plane: Plane,
  startX: number,
  startY: number,
  limits: ShapeLimits,
): GaussianShape {
  const { sky, largestSigma, drift } = limits
  let x = startX
  let y = startY
  let xx = limits.sigma ** 2
  let xy = 0
  let yy = xx
  let amplitude = 0
  for (let round = 0; round < mostRounds; round++) {
    const weight = widen(xx, xy, yy)
    const m = weightedMoments(plane, x, y, weight, sky)
    const failed = { x: startX, y: startY, xx, xy, yy, amplitude: m.amplitude, converged: false }
    if (!(m.sum > 0)) return failed
    // The weight holds the centre back, by half if it is as wide as the object.
    const pull = 1 + Math.min(1, (xx + yy) / (weight.xx + weight.yy))
    const dx = pull * m.x
    const dy = pull * m.y
    x += dx
    y += dy
    const next = unweighted(m, weight)
    if (!next || Math.hypot(x - startX, y - startY) > drift) return failed
    const change = Math.abs(next.xx - xx) + Math.abs(next.yy - yy) + 2 * Math.abs(next.xy - xy)
    const size = xx + yy
    xx = next.xx
    xy = next.xy
    yy = next.yy
    amplitude = m.amplitude
    if (longAxis(xx, xy, yy) > largestSigma) return { ...failed, xx, xy, yy }
    if (change < 0.002 * size && Math.abs(dx) + Math.abs(dy) < 0.01) break
  }
  return { x, y, xx, xy, yy, amplitude, converged: true }
}

interface Moments {
  sum: number
  x: number
  y: number
  xx: number
  xy: number
  yy: number
  amplitude: number
}

function weightedMoments(
  { data, width, height }: Plane,
  x: number,
  y: number,
  { xx, xy, yy }: Covariance,
  sky: number,
): Moments {
  const determinant = xx * yy - xy * xy
  const a = (-0.5 * yy) / determinant
  const b = xy / determinant
  const c = (-0.5 * xx) / determinant
  const reachX = weightReach * Math.sqrt(xx)
  const reachY = weightReach * Math.sqrt(yy)
  const x0 = Math.max(0, Math.ceil(x - reachX))
  const x1 = Math.min(width - 1, Math.floor(x + reachX))
  const y0 = Math.max(0, Math.ceil(y - reachY))
  const y1 = Math.min(height - 1, Math.floor(y + reachY))
  let sum = 0
  let sumX = 0
  let sumY = 0
  let sumXX = 0
  let sumXY = 0
  let sumYY = 0
  let squares = 0
  const bend = Math.exp(2 * a)
  for (let j = y0; j <= y1; j++) {
    const dy = j - y
    // Along a row the weight grows by a factor that itself grows by a constant factor.
    let dx = x0 - x
    let weight = Math.exp(a * dx * dx + b * dx * dy + c * dy * dy)
    let factor = Math.exp(a * (2 * dx + 1) + b * dy)
    let row = 0
    let rowX = 0
    let rowXX = 0
    for (let at = j * width + x0; at <= j * width + x1; at++, dx++) {
      const light = weight * (data[at] - sky)
      row += light
      rowX += light * dx
      rowXX += light * dx * dx
      squares += weight * weight
      weight *= factor
      factor *= bend
    }
    sum += row
    sumX += rowX
    sumY += row * dy
    sumXX += rowXX
    sumXY += rowX * dy
    sumYY += row * dy * dy
  }
  const meanX = sumX / sum
  const meanY = sumY / sum
  return {
    sum,
    x: meanX,
    y: meanY,
    xx: sumXX / sum - meanX * meanX,
    xy: sumXY / sum - meanX * meanY,
    yy: sumYY / sum - meanY * meanY,
    amplitude: sum / squares,
  }
}

interface Covariance {
  readonly xx: number
  readonly xy: number
  readonly yy: number
}

/** The covariance with both axes at least as long as the narrowest weight. */
function widen(xx: number, xy: number, yy: number): Covariance {
  const middle = (xx + yy) / 2
  const half = Math.hypot((xx - yy) / 2, xy)
  const least = narrowestWeight ** 2
  if (middle - half >= least) return { xx, xy, yy }
  const long = Math.max(middle + half, least)
  const newMiddle = (long + least) / 2
  const turn = half > 0 ? (long - least) / 2 / half : 0
  return {
    xx: newMiddle + (turn * (xx - yy)) / 2,
    xy: turn * xy,
    yy: newMiddle - (turn * (xx - yy)) / 2,
  }
}

/** The object's own covariance, from that of object times weight: inverse covariances of Gaussians add. */
function unweighted(m: Moments, { xx, xy, yy }: Covariance): Covariance | undefined {
  const determinant = m.xx * m.yy - m.xy * m.xy
  if (!(m.xx + m.yy > 0)) return undefined
  // A single pixel has no moments at all.
  if (!(determinant > 1e-6)) return { xx: smallestVariance, xy: 0, yy: smallestVariance }
  const weight = xx * yy - xy * xy
  const a = m.yy / determinant - yy / weight
  const b = -m.xy / determinant + xy / weight
  const c = m.xx / determinant - xx / weight
  const inverse = a * c - b * b
  // Broader than any Gaussian can explain: take a step outwards instead.
  if (!(inverse > 0) || !(a > 0)) return { xx: 2 * m.xx + xx, xy: 2 * m.xy + xy, yy: 2 * m.yy + yy }
  // No more than fourfold at a time, so that a noisy step is not the end.
  const growth = Math.min(1, (4 * (xx + yy)) / ((a + c) / inverse)) / inverse
  return {
    xx: Math.max(growth * c, smallestVariance),
    xy: growth * -b,
    yy: Math.max(growth * a, smallestVariance),
  }
}

function longAxis(xx: number, xy: number, yy: number): number {
  return Math.sqrt((xx + yy) / 2 + Math.hypot((xx - yy) / 2, xy))
}

/** Full width at half maximum (geometric mean of both axes), eccentricity and direction. */
export function describeEllipse({ xx, xy, yy }: Pick<GaussianShape, 'xx' | 'xy' | 'yy'>): {
  fwhmPx: number
  eccentricity: number
  axisRatio: number
  thetaDeg: number
} {
  const middle = (xx + yy) / 2
  const half = Math.hypot((xx - yy) / 2, xy)
  const long = middle + half
  const short = Math.max(middle - half, 1e-6)
  const thetaDeg = (Math.atan2(2 * xy, xx - yy) * 90) / Math.PI
  return {
    fwhmPx: fwhmPerSigma * (long * short) ** 0.25,
    eccentricity: Math.sqrt(Math.max(0, 1 - short / long)),
    axisRatio: Math.sqrt(long / short),
    thetaDeg: thetaDeg < 0 ? thetaDeg + 180 : thetaDeg,
  }
}
