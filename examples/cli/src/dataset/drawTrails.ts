import { type FrameContext, measurePsf, separateFrame } from '@nebulift/prefilter'
import {
  type InjectedFrame,
  injectTrails,
  labelThresholds,
  planNight,
  type TrailSpec,
} from '@nebulift/simulator'
import type { Frame } from '../frame/readFrame.ts'

/** Every planned frame has a satellite, some an airplane or a meteor beside it, and nothing else. */
const guests = {
  ...{ satellite: 1.6, airplane: 0.2, meteor: 0.1 },
  ...{ cloud: 0, haze: 0, defocus: 0, tracking: 0, wind: 0, occlusion: 0, twilight: 0 },
}
/** This share of the trails is made faint: near the detection limit a model has most to learn. */
const faintShare = 0.67
/** Matched signal to noise of faint trails, over that of the faintest that counts as a flaw. */
const faintest = 1.05
const leastFaint = 5
/** Width of stars where none could be measured: well sampled. */
const usualFwhmPx = 3
/** Electrons of sky that a frame holds at least, where its level (bias taken away, or sky subtracted) tells nothing. */
const leastSkyE = 100

/** Lays trails drawn from a seed over a frame, as wide as its stars, the strongest strong enough to be a flaw. */
export function drawTrails(
  { plane, factor, get }: Pick<Frame, 'plane' | 'factor' | 'get'>,
  { saturation }: FrameContext,
  seed: number,
): InjectedFrame {
  const layers = separateFrame(plane, saturation === undefined ? {} : { saturation })
  const { globalLevel, globalRms } = layers.model
  const noise = globalRms || 1
  const { width, height } = plane
  const [spec] = planNight({ seed, frames: 1, width, height, mix: guests })
  const drawn = spec?.trails ?? []
  const options = {
    seed,
    noise,
    fwhmPx: measurePsf(layers.residual, layers.stars).fwhmPx || usualFwhmPx,
    gainE: electronsPerUnit(get('EGAIN'), { level: globalLevel, noise, factor }),
    ceiling: plane.data.reduce(
      (most, value) => (value > most ? value : most),
      Number.NEGATIVE_INFINITY,
    ),
  }
  const asDrawn = injectTrails(plane, drawn, options)
  const strongest = Math.max(0, ...asDrawn.trails.map(({ matchedSnr }) => matchedSnr))
  const wanted = wantedSnr(seed, strongest)
  if (strongest === 0 || wanted === strongest) return asDrawn
  const scaled = (trail: TrailSpec) => ({
    ...trail,
    pixelSnr: trail.pixelSnr * (wanted / strongest),
  })
  return injectTrails(plane, drawn.map(scaled), options)
}

/** Even in the logarithm for the faint ones; as drawn, but never too faint to count, for the others. */
function wantedSnr(seed: number, drawn: number): number {
  const least = faintest * labelThresholds.trailMatchedSnr
  const chance = fractionOf(seed)
  if (chance < faintShare) return least * leastFaint ** (chance / faintShare)
  return Math.max(least, drawn)
}

/** A number 0..1 that neighbouring seeds spread evenly (golden ratio). */
const fractionOf = (seed: number): number => (seed * 0.618_033_988_749_895) % 1

/** From the header; else from noise and level, as if all noise were the sky's. */
function electronsPerUnit(
  egain: unknown,
  { level, noise, factor }: { level: number; noise: number; factor: number },
): number {
  if (typeof egain === 'number' && egain > 0) return egain * factor * factor
  return Math.max(level / (noise * noise), Math.sqrt(leastSkyE) / noise)
}
