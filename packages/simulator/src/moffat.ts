import { exp, log, pi, pow } from './math.ts'

/** A round star profile of unit flux: a Moffat core and a wide aureole that is a Moffat, too. */
export interface StarProfile {
  readonly alphaPx: number
  readonly beta: number
  readonly aureole: number
  readonly aureolePx: number
}

/** Exponent of the aureole: a fall as r^-2.4 (King 1971 finds r^-2, Slater et al. 2009 up to r^-3). */
const aureoleBeta = 1.2

// Gauss-Legendre, four points on -0.5 .. 0.5, for the mean over a pixel.
const places = [-0.4305681557970263, -0.1699905217924281, 0.1699905217924281, 0.4305681557970263]
const weights = [0.1739274225687269, 0.3260725774312731, 0.3260725774312731, 0.1739274225687269]

/** Surface brightness at squared distance `r2` from the centre, in flux per square pixel. */
export function profileAt(profile: StarProfile, r2: number): number {
  const { alphaPx, beta, aureole, aureolePx } = profile
  const core = moffat(r2, alphaPx, beta)
  return aureole === 0 ? core : (1 - aureole) * core + aureole * moffat(r2, aureolePx, aureoleBeta)
}

function moffat(r2: number, alpha: number, beta: number): number {
  const a2 = alpha * alpha
  return ((beta - 1) / (pi * a2)) * exp(-beta * log(1 + r2 / a2))
}

/** Flux in the square pixel whose centre lies at (x, y) from the star. */
export function pixelFlux(profile: StarProfile, x: number, y: number): number {
  const { alphaPx, beta } = profile
  const r2 = x * x + y * y
  const q = r2 / (alphaPx * alphaPx)
  if (q > 9) {
    // Far out the mean over a pixel is the value in its middle plus 1/24 of the Laplacian.
    const bend = (beta / (6 * alphaPx * alphaPx * (1 + q))) * (((beta + 1) * q) / (1 + q) - 1)
    return profileAt(profile, r2) * (1 + bend)
  }
  let sum = 0
  for (let j = 0; j < 4; j++) {
    const dy = y + places[j]!
    for (let i = 0; i < 4; i++) {
      const dx = x + places[i]!
      sum += weights[j]! * weights[i]! * profileAt(profile, dx * dx + dy * dy)
    }
  }
  return sum
}

/** Finds the profile whose image in the pixels, centred on one, has the wanted width at half maximum. */
export function profileOfWidth(fwhmPx: number, beta: number, aureole: number): StarProfile {
  const alphaOf = (width: number) => width / (2 * Math.sqrt(pow(2, 1 / beta) - 1))
  const withWidth = (width: number): StarProfile => ({
    alphaPx: alphaOf(width),
    beta,
    aureole,
    aureolePx: 4 * fwhmPx,
  })
  // The pixel widens the image, so the optical width lies below the wanted one: bisect.
  let low = 0.3
  let high = Math.max(fwhmPx, 0.4)
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2
    const profile = withWidth(middle)
    const half = pixelFlux(profile, fwhmPx / 2, 0) / pixelFlux(profile, 0, 0)
    if (half < 0.5) low = middle
    else high = middle
  }
  return withWidth((low + high) / 2)
}
