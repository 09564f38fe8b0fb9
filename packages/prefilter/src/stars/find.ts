import type { BackgroundModel } from '../background/model.ts'
import { backgroundAt } from '../background/smooth.ts'
import type { Plane } from '../plane.ts'
import { growthCurve, radiusOfLight, skyAround } from './aperture.ts'
import { type Star, StarFlag, type StarSearch } from './catalog.ts'
import { linkPeaks } from './link.ts'
import { removeDuplicates } from './neighbours.ts'
import { findPeaks, type Peaks } from './peaks.ts'
import { findCeiling, markSaturated } from './saturation.ts'
import { describeEllipse, fwhmPerSigma, type GaussianShape, matchGaussian } from './shape.ts'
import { type TypicalStar, typicalStar } from './typical.ts'

export interface FindStarsOptions {
  /** Signal to noise of the matched filter from which a star counts. Default 5: one false star in a few Mpx of noise. */
  threshold?: number
  /** Pixel value at which the detector saturates, image units. Default: found from stars cut off at one height. */
  saturation?: number
  /** Most stars measured, brightest first. Default 50 000, two for each 1000 pixels of a 26-Mpx frame. */
  maxStars?: number
}

/** Of a frame's stars none is sharper than this share of the typical one in any direction. */
const sharpestShare = 0.55
/** Above this many typical widths an object is no star. */
const extendedShare = 1.6
const mostElongated = 6
/** A ring of sky is seldom off by more than this, in units of the pixel noise, … */
const leastSky = 0.25
/** … nor its spread by more than this. */
const usualSpread = 0.2
const apertureFwhm = 2

/**
 * Stars by matched filters at five scales (FWHM 2.4 to 38 pixels), so that focused stars and the rings of
 * defocused ones are each found once; hot pixels and cosmic rays are told apart by their sharpness. `residual`
 * comes from `normaliseByNoise` with the same model.
 */
export function findStars(
  residual: Plane,
  model: BackgroundModel,
  options: FindStarsOptions = {},
): StarSearch {
  const { threshold = 5, maxStars = 50_000 } = options
  const peaks = findPeaks(residual, threshold)
  const typical = typicalStar(residual, peaks)
  if (!typical)
    return toCatalog([], { hotPixels: peaks.spikes.length, cosmicRays: 0, typicalFwhmPx: 0 })
  const linked = linkPeaks(peaks, Math.max(typical.level - 1, 0), typical.level)
  const stars: Star[] = []
  let cosmicRays = 0
  for (const i of linked.subarray(0, maxStars)) {
    const star = measureStar(residual, peaks, i, typical, threshold)
    if (star === 'sharp') cosmicRays++
    else if (star) stars.push(star)
  }
  const kept = removeDuplicates(stars, typical.fwhmPx)
  const ceiling = options.saturation ?? findCeiling(residual, model, kept)
  if (ceiling !== undefined) markSaturated(residual, model, kept, ceiling)
  for (const star of kept) toImageUnits(star, model)
  return toCatalog(kept, {
    hotPixels: peaks.spikes.length,
    cosmicRays,
    typicalFwhmPx: typical.fwhmPx,
    ...(ceiling === undefined ? {} : { saturation: ceiling }),
  })
}

function measureStar(
  residual: Plane,
  peaks: Peaks,
  i: number,
  typical: TypicalStar,
  threshold: number,
): Star | 'sharp' | undefined {
  const snr = peaks.snr[i]
  const isCoarse = peaks.level[i] > typical.level
  const sigma = isCoarse ? 2 ** peaks.level[i] : typical.fwhmPx / fwhmPerSigma
  const [x, y] = [peaks.x[i], peaks.y[i]]
  const around = skyAround(residual, x, y, 3 * sigma + 1, 4.5 * sigma + 2)
  const sky = around.level > leastSky ? around.level : 0
  if (!standsOut(peaks, i, sky, around.spread, threshold)) return undefined
  const shape = matchGaussian(residual, x, y, {
    sigma,
    largestSigma: 4 * sigma + 2,
    drift: 1.5 * sigma + 2 ** peaks.level[i],
    sky,
  })
  const ellipse = describeEllipse(shape)
  const shortFwhm = ellipse.fwhmPx / Math.sqrt(ellipse.axisRatio)
  if (shape.converged && shortFwhm * (1 + 3 / snr) < sharpestShare * typical.fwhmPx) return 'sharp'
  if (!shape.converged && snr > 2 * threshold) return undefined
  if (ellipse.axisRatio > mostElongated) return undefined
  return describeStar(residual, shape, sigma, sky, snr, typical)
}

/**
 * Whether a peak is significant against its surroundings, too: on a bright star's wing, a nebula or a stray
 * light's edge every ripple stands above the frame's noise.
 */
function standsOut(
  peaks: Peaks,
  i: number,
  sky: number,
  spread: number,
  threshold: number,
): boolean {
  const lifted = (sky * 2 ** peaks.level[i]) / peaks.noise[peaks.level[i]]
  return peaks.snr[i] - lifted >= threshold * Math.max(spread - usualSpread, 1)
}

function describeStar(
  residual: Plane,
  shape: GaussianShape,
  sigma: number,
  sky: number,
  snr: number,
  typical: TypicalStar,
): Star {
  const round = { xx: sigma ** 2, xy: 0, yy: sigma ** 2 }
  const { fwhmPx, eccentricity, thetaDeg } = describeEllipse(shape.converged ? shape : round)
  const aperture = Math.max(apertureFwhm * fwhmPx, 2.5)
  const growth = growthCurve(residual, shape.x, shape.y, aperture, sky)
  let flags = 0
  if (growth.cut) flags |= StarFlag.edge
  if (fwhmPx > extendedShare * typical.fwhmPx && snr > 10) flags |= StarFlag.extended
  const width = fwhmPx / fwhmPerSigma
  const gaussian = width * Math.sqrt(2 * Math.log(Math.max(2 * shape.amplitude, 1.5)))
  return {
    x: shape.x,
    y: shape.y,
    flux: growth.flux,
    peak: Math.max(growth.peak, 0),
    snr,
    fwhmPx,
    hfrPx: growth.halfRadius,
    eccentricity,
    thetaDeg,
    radiusPx:
      shape.amplitude > brightAmplitude
        ? radiusOfLight(residual, shape.x, shape.y, gaussian, 0.5)
        : gaussian,
    flags,
  }
}

/** Stars whose wings stand above the noise far beyond a Gaussian. */
const brightAmplitude = 10

function toImageUnits(star: Star, model: BackgroundModel): void {
  const { rms } = backgroundAt(model, star.x, star.y)
  star.flux *= rms
  star.peak *= rms
}

function toCatalog(
  stars: readonly Star[],
  found: Pick<StarSearch, 'hotPixels' | 'cosmicRays' | 'typicalFwhmPx' | 'saturation'>,
): StarSearch {
  const sorted = [...stars].sort((a, b) => b.flux - a.flux)
  const column = (name: keyof Star) => Float32Array.from(sorted, (star) => star[name])
  return {
    count: sorted.length,
    x: column('x'),
    y: column('y'),
    flux: column('flux'),
    peak: column('peak'),
    snr: column('snr'),
    fwhmPx: column('fwhmPx'),
    hfrPx: column('hfrPx'),
    eccentricity: column('eccentricity'),
    thetaDeg: column('thetaDeg'),
    radiusPx: column('radiusPx'),
    flags: Uint8Array.from(sorted, (star) => star.flags),
    ...found,
  }
}
