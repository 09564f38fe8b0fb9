import type { Plane } from '../plane.ts'
import { growthCurve, radiusOfLight, skyAlongBorder, skyAround, steadyShare } from './aperture.ts'
import { type Star, StarFlag } from './catalog.ts'
import type { Peaks } from './peaks.ts'
import { describeEllipse, fwhmPerSigma, type GaussianShape, matchGaussian } from './shape.ts'
import type { TypicalStar } from './typical.ts'

/**
 * Why a peak is no star: sharper than any star, drawn out like a trail, or not an object of this scale.
 * The first two are objects all the same, and nothing else is to be sought there.
 */
export type Rejection = 'sharp' | 'ridge' | 'ripple'

/** Of a frame's stars none is sharper than this share of the typical one in any direction. */
const sharpestShare = 0.55
/** Above this many typical widths an object is no star. */
const extendedShare = 1.6
const mostElongated = 6
/** An iteration that runs away along a line has met a trail; one that grows on all sides a larger object. */
const elongatedFlight = 3
/** Fainter than this no shape can be told: the frame's typical one is taken. */
const shapelessSnr = 10
/** A ring of sky is seldom off by more than this, in units of the pixel noise, … */
const leastSky = 0.25
/** … nor its spread by more than this. */
const usualSpread = 0.2
const apertureFwhm = 2
const smallestAperture = 2.5
/** Wings of stars with a higher centre stand above the noise far beyond a Gaussian. */
const brightAmplitude = 10

/** What is known of a frame when its peaks are looked at one by one. */
export interface StarQuest {
  readonly residual: Plane
  readonly peaks: Peaks
  readonly typical: TypicalStar
  /** Signal to noise from which a star counts. */
  readonly threshold: number
}

/** Measures the star under a peak of the matched filter, in units of the pixel noise. */
export function measureStar(quest: StarQuest, i: number): Star | Rejection {
  const { residual, peaks, typical } = quest
  const [x, y, snr, level] = [peaks.x[i], peaks.y[i], peaks.snr[i], peaks.level[i]]
  const sigma = level > typical.level ? 2 ** level : typical.fwhmPx / fwhmPerSigma
  const sky = skyUnder(quest, i, sigma)
  if (sky === undefined) return 'ripple'
  const drift = 1.5 * sigma + 2 ** level
  const limits = { sigma, largestSigma: 4 * sigma + 2, drift, sky }
  const shape = matchGaussian(residual, x, y, limits)
  const { fwhmPx, axisRatio } = describeEllipse(shape)
  const canTell = snr > shapelessSnr
  if (!shape.converged && canTell) return axisRatio > elongatedFlight ? 'ridge' : 'ripple'
  if (axisRatio > mostElongated) return 'ridge'
  const shortFwhm = fwhmPx / Math.sqrt(axisRatio)
  if (shape.converged && shortFwhm * (1 + 3 / snr) < sharpestShare * typical.fwhmPx) return 'sharp'
  const isExtended = fwhmPx > extendedShare * typical.fwhmPx
  // A faint coarse peak without a shape is an unevenness of the sky.
  if (level > typical.level && !canTell && (isExtended || !shape.converged)) return 'ripple'
  const round = { ...shape, xx: sigma ** 2, xy: 0, yy: sigma ** 2 }
  const star = describeStar(residual, shape.converged ? shape : round, sky, snr)
  if (isExtended && canTell) star.flags |= StarFlag.extended
  return star
}

/**
 * Level under an object, 0 where that is the frame's; undefined where the peak does not stand out from its
 * surroundings: on a bright star's wing, a nebula or a stray light's edge every ripple stands above the
 * frame's noise.
 */
function skyUnder(
  { residual, peaks, threshold }: StarQuest,
  i: number,
  sigma: number,
): number | undefined {
  const [x, y, snr, level] = [peaks.x[i], peaks.y[i], peaks.snr[i], peaks.level[i]]
  const around = skyAround(residual, x, y, 3 * sigma + 1, 4.5 * sigma + 2)
  const border = skyAlongBorder(residual, x, y, 3 * sigma)
  const near = Math.max(around.level, border)
  const lifted = near > leastSky ? near : 0
  const remaining = snr - (lifted * 2 ** level) / peaks.noise[level]
  if (remaining < threshold * Math.max(around.spread - usualSpread, 1)) return undefined
  // A bright star's own wings fill the near ring: what it stands on shows farther out.
  const far = lifted && skyAround(residual, x, y, 5.5 * sigma + 2, 7 * sigma + 3).level
  return Math.max(Math.min(lifted, far), 0)
}

function describeStar(residual: Plane, shape: GaussianShape, sky: number, snr: number): Star {
  const { x, y, amplitude } = shape
  const { fwhmPx, eccentricity, thetaDeg } = describeEllipse(shape)
  const aperture = Math.max(apertureFwhm * fwhmPx, smallestAperture)
  const growth = growthCurve(residual, x, y, aperture, sky)
  const width = fwhmPx / fwhmPerSigma
  // Where a Gaussian sinks to half the pixel noise; the wings of bright stars reach farther.
  const radius = width * Math.sqrt(2 * Math.log(Math.max(2 * amplitude, 1.5)))
  const isBright = amplitude > brightAmplitude
  return {
    x,
    y,
    flux: growth.flux,
    peak: Math.max(growth.peak, 0),
    snr,
    fwhmPx,
    hfrPx: growth.halfRadius,
    eccentricity,
    thetaDeg,
    radiusPx: isBright ? radiusOfLight(residual, x, y, radius, 0.5, steadyShare) : radius,
    flags: growth.cut ? StarFlag.edge : 0,
  }
}
