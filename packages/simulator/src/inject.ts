import { pixelBits } from './detector.ts'
import { labelThresholds } from './labels.ts'
import { pow } from './math.ts'
import { normalFromBits } from './normal.ts'
import { deriveSeed } from './random.ts'
import { addTrail } from './trails.ts'
import type { TrailTruth } from './truth.ts'
import type { Plane, TrailSpec } from './types.ts'

/** What must be known of a frame to lay a trail over it as if it had been there. */
export interface InjectOptions {
  /** Any whole number; the same seed gives the same pixels. */
  readonly seed: number
  /** RMS noise of a background pixel, in the units of the plane. */
  readonly noise: number
  /** FWHM of the frame's stars as measured in its pixels: a trail is as wide. */
  readonly fwhmPx: number
  /** Electrons per unit of the plane, for the noise of the trail's own photons. */
  readonly gainE: number
  /** Moffat exponent of the frame's stars. Default 3.5, in the middle of what Trujillo et al. 2001 find. */
  readonly beta?: number
  /** Greatest value of a pixel. Default: none. */
  readonly ceiling?: number
}

/** A frame with trails that were not there, and the truth about them. */
export interface InjectedFrame {
  readonly plane: Plane
  /** Of those that touch the frame. */
  readonly trails: readonly TrailTruth[]
}

/** FWHM that a square pixel adds in quadrature to a star's, squared: 8 ln 2 / 12. */
const pixelFwhmSquared = 0.462

/**
 * Lays trails over a frame of any origin, which stays as it is: light with the width of the frame's stars and the noise of its
 * own photons on top of what is there. Frames of whole numbers stay so.
 */
export function injectTrails(
  plane: Plane,
  specs: readonly TrailSpec[],
  { noise, fwhmPx, beta = 3.5, ...options }: InjectOptions,
): InjectedFrame {
  const opticalPx = Math.sqrt(Math.max(0.3, fwhmPx * fwhmPx - pixelFwhmSquared))
  const alphaPx = opticalPx / (2 * Math.sqrt(pow(2, 1 / beta) - 1))
  const light = { ...plane, data: new Float32Array(plane.data.length) }
  const trails = specs.flatMap((spec, index) => {
    const truth = addTrail(light, spec, {
      seed: deriveSeed(options.seed, `trail ${index}`),
      noise,
      star: { alphaPx, beta, aureole: 0, aureolePx: alphaPx },
      defocusPx: 0,
      obstruction: 0,
      transparencyAt: () => 1,
      minimumSnr: labelThresholds.trailMatchedSnr,
    })
    return truth ? [truth] : []
  })
  return { plane: { ...plane, data: exposeOver(plane, light, options) }, trails }
}

function exposeOver(
  { data }: Plane,
  light: Plane,
  { seed, gainE, ceiling = Number.POSITIVE_INFINITY }: Omit<InjectOptions, 'noise' | 'fwhmPx'>,
): Float32Array {
  const keyA = deriveSeed(seed, 'photons a') | 0
  const keyB = deriveSeed(seed, 'photons b') | 0
  const whole = data.every((value) => Number.isNaN(value) || Math.floor(value) === value)
  return data.map((value, i) => {
    const more = light.data[i]!
    if (more <= 0) return value
    const grain = Math.sqrt(more / gainE) * normalFromBits(pixelBits(i, keyA, keyB))
    const sum = Math.min(ceiling, value + more + grain)
    return whole ? Math.floor(sum + 0.5) : sum
  })
}
