import type { Plane } from '../plane.ts'
import { axialMean } from '../statistics/angles.ts'
import { median } from '../statistics/robust.ts'
import { type StarCatalog, StarFlag } from './catalog.ts'
import { fitMoffat, type MoffatFit, moffatFwhm } from './moffat.ts'

/** The image of a star in one frame: medians over its well-measured stars. */
export interface PsfMeasurement {
  /** Stars the medians rest on; all measures are 0 where it is 0. */
  readonly count: number
  /** Full width at half maximum of elliptical Moffat fits, geometric mean of both axes. */
  readonly fwhmPx: number
  /** Radius that holds half of a star's light. */
  readonly hfrPx: number
  /** sqrt(1 - (b/a)^2), the share that noise adds taken off. */
  readonly eccentricity: number
  /** Common direction of the long axes against the row axis, 0..180. */
  readonly elongationDeg: number
  /** 0: the directions are random; 1: all stars are drawn out in the same direction. */
  readonly elongationCoherence: number
  /** Exponent of the Moffat wings: about 2.5 to 4.5 for seeing, larger for a Gaussian core. */
  readonly beta: number
  /**
   * Brightness in the middle over that of the brightest ring, 0..1: 1 for a star in focus, less than about
   * 0.9 for a ring of light far out of focus.
   */
  readonly centreToRing: number
  /** FWHM in 3 x 3 zones of the frame, row by row; null where too few stars stand. */
  readonly fwhmZones: readonly (number | null)[]
}

export interface MeasurePsfOptions {
  /** Most stars fitted, brightest first. Default 200: the median's error is then below one percent. */
  maxStars?: number
  /** Signal to noise from which a star's shape can be trusted. Default 20; 10 if fewer than 10 stars reach that. */
  minSnr?: number
}

const stampFwhm = 2.5
const smallestStampPx = 4
const usualBeta = 3.5
/** The exponent shows in the wings of this many brightest stars. */
const starsForBeta = 40
const fewStars = 10
const relaxedSnr = 10
/** Below this share of the ring's light in the middle a Moffat profile no longer describes the star. */
const donutRatio = 0.85
/** The middle of smaller stars is a single pixel, which tells no ring. */
const resolvedFwhmPx = 4
const zones = 3
const fewestInZone = 3

interface FittedStar {
  readonly index: number
  readonly fwhmPx: number
  readonly beta: number
  readonly shape: Shape
}

/** Ellipticity as a vector of twice the direction's angle: (a^2 - b^2) / (a^2 + b^2). */
interface Shape {
  readonly along: number
  readonly across: number
  /** Expected noise of either component. */
  readonly noise: number
}

/** The frame's star image, from stars that are neither saturated, cut, blended nor extended. */
export function measurePsf(
  residual: Plane,
  stars: StarCatalog,
  options: MeasurePsfOptions = {},
): PsfMeasurement {
  const { maxStars = 200, minSnr = 20 } = options
  const chosen = chooseStars(stars, maxStars, minSnr)
  const centreToRing = measureDip(residual, stars, chosen)
  const widthPx = median(chosen.map((i) => stars.fwhmPx[i]))
  const isDonut = centreToRing < donutRatio && widthPx > resolvedFwhmPx
  const fits = isDonut ? momentShapes(stars, chosen) : fitStars(residual, stars, chosen)
  if (fits.length === 0) return noPsf
  return {
    count: fits.length,
    fwhmPx: median(fits.map((fit) => fit.fwhmPx)),
    hfrPx: median(fits.map((fit) => stars.hfrPx[fit.index])),
    ...describeElongation(fits.map((fit) => fit.shape)),
    beta: median(fits.map((fit) => fit.beta)),
    centreToRing,
    fwhmZones: zoneMedians(residual, stars, fits),
  }
}

const noPsf: PsfMeasurement = {
  count: 0,
  fwhmPx: 0,
  hfrPx: 0,
  eccentricity: 0,
  elongationDeg: 0,
  elongationCoherence: 0,
  beta: 0,
  centreToRing: 0,
  fwhmZones: new Array<null>(zones * zones).fill(null),
}

function chooseStars(stars: StarCatalog, most: number, minSnr: number): number[] {
  const clean = Array.from(stars.flags.keys()).filter((i) => stars.flags[i] === 0)
  const unblended = StarFlag.saturated | StarFlag.edge | StarFlag.extended
  const usable = Array.from(stars.flags.keys()).filter((i) => (stars.flags[i] & unblended) === 0)
  for (const [candidates, snr] of [
    [clean, minSnr],
    [clean, relaxedSnr],
    [usable, relaxedSnr],
  ] as const) {
    const chosen = candidates.filter((i) => stars.snr[i] >= snr)
    if (chosen.length >= fewStars) return chosen.slice(0, most)
  }
  return usable.filter((i) => stars.snr[i] >= Math.min(minSnr, relaxedSnr)).slice(0, most)
}

function fitStars(residual: Plane, stars: StarCatalog, chosen: readonly number[]): FittedStar[] {
  const first = chosen
    .slice(0, starsForBeta)
    .map((i) => fitOne(residual, stars, i, usualBeta, false))
    .filter((fit) => fit !== undefined)
  const beta = first.length ? median(first.map((fit) => fit.beta)) : usualBeta
  return chosen.flatMap((index) => {
    const fit = fitOne(residual, stars, index, beta, true)
    return fit
      ? [{ index, fwhmPx: moffatFwhm(fit), beta, shape: shapeOf(fit, stars.snr[index]) }]
      : []
  })
}

function fitOne(
  residual: Plane,
  stars: StarCatalog,
  index: number,
  beta: number,
  fixedBeta: boolean,
): MoffatFit | undefined {
  const fwhmPx = Math.max(stars.fwhmPx[index], 1)
  const radiusPx = Math.max(stampFwhm * fwhmPx, smallestStampPx)
  const [x, y] = [stars.x[index], stars.y[index]]
  return fitMoffat(residual, { x, y, fwhmPx, radiusPx, beta, fixedBeta })
}

/** The quadratic form is the inverse of the covariance, up to a factor. */
function shapeOf({ a, b, c }: MoffatFit, snr: number): Shape {
  return { along: (c - a) / (a + c), across: (-2 * b) / (a + c), noise: shapeNoise / snr }
}

/** Noise of an ellipticity component times the signal to noise: Bernstein & Jarvis 2002, equation 3-21. */
const shapeNoise = 2

/** Moments describe a ring of light, which no peaked profile does. */
function momentShapes(stars: StarCatalog, chosen: readonly number[]): FittedStar[] {
  return chosen.map((index) => {
    const ratio = 1 - stars.eccentricity[index] ** 2
    const length = (1 - ratio) / (1 + ratio)
    const doubled = (stars.thetaDeg[index] * Math.PI) / 90
    const noise = shapeNoise / stars.snr[index]
    const shape = { along: length * Math.cos(doubled), across: length * Math.sin(doubled), noise }
    return { index, fwhmPx: stars.fwhmPx[index], beta: 0, shape }
  })
}

function describeElongation(
  shapes: readonly Shape[],
): Pick<PsfMeasurement, 'eccentricity' | 'elongationDeg' | 'elongationCoherence'> {
  const squares = shapes.map(
    ({ along, across, noise }) => along * along + across * across - 2 * noise * noise,
  )
  const length = Math.sqrt(Math.max(median(squares), 0))
  const anglesDeg = shapes.map(({ along, across }) => (Math.atan2(across, along) * 90) / Math.PI)
  const { angleDeg, coherence } = axialMean(anglesDeg)
  // Even random directions leave a mean vector of 1 / sqrt(count).
  const count = shapes.length
  const unbiased = count > 1 ? (count * coherence ** 2 - 1) / (count - 1) : 0
  return {
    eccentricity: Math.sqrt(1 - (1 - length) / (1 + length)),
    elongationDeg: angleDeg,
    elongationCoherence: Math.sqrt(Math.max(unbiased, 0)),
  }
}

const profileBins = 16
/** Of the profile, in units of the FWHM. */
const profileReach = 0.8
const dipStars = 50

/** Middle over brightest ring of the stars' mean radial profile, each star in units of its own FWHM and light. */
function measureDip(residual: Plane, stars: StarCatalog, chosen: readonly number[]): number {
  const sums = new Float64Array(profileBins)
  const counts = new Float64Array(profileBins)
  for (const index of chosen.slice(0, dipStars)) addProfile(residual, stars, index, sums, counts)
  const profile = Array.from(sums, (sum, bin) => (counts[bin] > 0 ? sum / counts[bin] : Number.NaN))
  const middle = median(profile.slice(0, 3))
  const ring = Math.max(...profile.slice(3).filter((value) => !Number.isNaN(value)), 0)
  if (!(ring > 0) || Number.isNaN(middle)) return chosen.length ? 1 : 0
  return Math.min(Math.max(middle / ring, 0), 1)
}

function addProfile(
  { data, width, height }: Plane,
  stars: StarCatalog,
  index: number,
  sums: Float64Array,
  counts: Float64Array,
): void {
  const [x, y, fwhmPx] = [stars.x[index], stars.y[index], stars.fwhmPx[index]]
  const reach = profileReach * fwhmPx
  // Flux over area makes stars of any size and brightness comparable; stars count by their significance.
  const scale = stars.snr[index] / stars.peak[index]
  for (let j = Math.max(Math.ceil(y - reach), 0); j <= Math.min(y + reach, height - 1); j++) {
    for (let i = Math.max(Math.ceil(x - reach), 0); i <= Math.min(x + reach, width - 1); i++) {
      const bin = Math.floor((Math.hypot(i - x, j - y) / reach) * profileBins)
      if (bin >= profileBins) continue
      sums[bin] += data[j * width + i] * scale
      counts[bin] += stars.snr[index]
    }
  }
}

function zoneMedians(
  { width, height }: Plane,
  stars: StarCatalog,
  fits: readonly FittedStar[],
): (number | null)[] {
  const inZone = Array.from({ length: zones * zones }, (): number[] => [])
  for (const { index, fwhmPx } of fits) {
    const column = Math.min(Math.floor(((stars.x[index] + 0.5) / width) * zones), zones - 1)
    const row = Math.min(Math.floor(((stars.y[index] + 0.5) / height) * zones), zones - 1)
    inZone[Math.max(row, 0) * zones + Math.max(column, 0)].push(fwhmPx)
  }
  return inZone.map((values) => (values.length >= fewestInZone ? median(values) : null))
}
