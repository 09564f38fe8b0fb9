import type { FieldSpec, Telescope } from './instrument.ts'
import { cos, exp, log, pi, pow, sin } from './math.ts'
import { type Random, randomStream } from './random.ts'

/** Stars around the field's centre: positions in pixels from it, flux in electrons per exposure. */
export interface StarField {
  readonly count: number
  readonly u: Float64Array
  readonly v: Float64Array
  readonly flux: Float64Array
}

/** Stars are drawn this far below the flux that reaches signal-to-noise 5; the rest is part of the sky. */
const depthBelowLimit = 10

/** Flux in electrons at which a star reaches the signal-to-noise under the given noise, by matched filter. */
export function fluxAtSnr(snr: number, noiseE: number, fwhmPx: number): number {
  // A Gaussian spreads its noise over 4 pi sigma^2 = 2.266 FWHM^2 pixels.
  return snr * noiseE * Math.sqrt(2.266) * fwhmPx
}

/** Noise of one background pixel under the telescope's normal sky, in electrons. */
export function normalNoiseE(telescope: Telescope): number {
  return Math.sqrt(telescope.skyE + telescope.darkE + telescope.readNoiseE * telescope.readNoiseE)
}

/** Draws the stars of a field over a square of the given half side; the same field always holds the same stars. */
export function drawStars(field: FieldSpec, telescope: Telescope, halfSidePx: number): StarField {
  const limit = fluxAtSnr(5, normalNoiseE(telescope), telescope.fwhmPx)
  // d log N / dm = slope means N(> F) ~ F^(-2.5 slope).
  const power = 2.5 * (field.slope ?? 0.3)
  const faintest = limit / depthBelowLimit
  const areaMpx = (4 * halfSidePx * halfSidePx) / 1e6
  const perMpx = (field.starsPerMpx ?? 300) * pow(depthBelowLimit, power)
  const random = randomStream(field.seed, 'stars')
  const inField = random.poisson(perMpx * areaMpx)
  const inCluster = field.cluster?.stars ?? 0
  const extra = field.extraStars ?? []
  const count = inField + inCluster + extra.length
  const stars: StarField = {
    count,
    u: new Float64Array(count),
    v: new Float64Array(count),
    flux: new Float64Array(count),
  }
  for (let i = 0; i < inField; i++) {
    stars.u[i] = random.range(-halfSidePx, halfSidePx)
    stars.v[i] = random.range(-halfSidePx, halfSidePx)
    stars.flux[i] = drawFlux(random, faintest, power)
  }
  if (field.cluster) addCluster(stars, inField, field, limit)
  for (const [i, star] of extra.entries()) {
    stars.u[inField + inCluster + i] = star.dxPx
    stars.v[inField + inCluster + i] = star.dyPx
    stars.flux[inField + inCluster + i] = star.fluxE
  }
  return stars
}

/** Power law, bent down for the very brightest: a magnitude brighter than 2e5 limits is not in one field. */
function drawFlux(random: Random, faintest: number, power: number): number {
  return faintest * Math.min(exp(-log(random.uniform()) / power), 2e6)
}

function addCluster(stars: StarField, from: number, field: FieldSpec, limit: number): void {
  const { kind, radiusPx, dxPx = 0, dyPx = 0 } = field.cluster!
  const random = randomStream(field.seed, 'cluster')
  for (let i = from; i < from + field.cluster!.stars; i++) {
    // Plummer 1911, projected: the share within r is r^2 / (r^2 + a^2).
    const share = random.uniform()
    const r = radiusPx * Math.min(Math.sqrt(share / (1 - share)), 12)
    const angle = 2 * pi * random.uniform()
    stars.u[i] = dxPx + r * cos(angle)
    stars.v[i] = dyPx + r * sin(angle)
    // A globular shows its giant branch (steep, no very bright ones), an open cluster a flat bright end.
    stars.flux[i] =
      kind === 'globular'
        ? limit * 0.3 * Math.min(exp(random.exponential() / 1.3), 400)
        : limit * 0.5 * Math.min(exp(random.exponential() / 0.55), 5000)
  }
}
