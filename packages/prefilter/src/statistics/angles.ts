/**
 * Mean direction of lines without a head (an angle and its opposite are the same), 0 <= angleDeg < 180,
 * and how well they agree: 0 (no common direction) to 1 (all equal). Mardia & Jupp, Directional
 * Statistics (2000), section 9.2: the angles are doubled, averaged as vectors and halved.
 */
export function axialMean(
  anglesDeg: ArrayLike<number>,
  weights?: ArrayLike<number>,
): { angleDeg: number; coherence: number } {
  let cosines = 0
  let sines = 0
  let total = 0
  for (let i = 0; i < anglesDeg.length; i++) {
    const weight = weights ? weights[i] : 1
    const doubled = (anglesDeg[i] * Math.PI) / 90
    cosines += weight * Math.cos(doubled)
    sines += weight * Math.sin(doubled)
    total += weight
  }
  if (!(total > 0)) return { angleDeg: 0, coherence: 0 }
  const length = Math.min(Math.hypot(cosines, sines) / total, 1)
  return { angleDeg: axialDegrees(Math.atan2(sines, cosines) * (90 / Math.PI)), coherence: length }
}

/** The same line with its angle in 0 <= angle < 180. */
export function axialDegrees(angleDeg: number): number {
  const wrapped = angleDeg - 180 * Math.floor(angleDeg / 180)
  return wrapped >= 180 ? 0 : wrapped
}

/** Smallest angle between two lines without a head, 0..90. */
export function axialDistanceDeg(aDeg: number, bDeg: number): number {
  const apart = axialDegrees(aDeg - bDeg)
  return Math.min(apart, 180 - apart)
}
