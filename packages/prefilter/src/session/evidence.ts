import { starDesert } from '../clouds/lone.ts'
import { unevenness } from '../clouds/surface.ts'
import type { FrameMeasurement } from '../frame/measurement.ts'
import { elongationOf } from './compare.ts'
import { type ComparedFrame, compareAll } from './compareAll.ts'

/** What a session tells of its frames, for a network beside its picture of each. */
export interface SessionEvidence {
  /** What each number means, in the order of the vectors; the same in every session of one version. */
  readonly names: readonly string[]
  /** For each frame one number a name, -1..1; 0 is typical or unknown. */
  readonly frames: readonly (readonly number[])[]
}

/** Below this many measured stars a width or a shape is chance. */
const ENOUGH_SHAPES = 3

/**
 * Each number and how it is brought to -1..1. Ratios are taken as logarithms, so that half and twice are equally
 * far from zero; what has no end saturates where more changes no judgement.
 */
const measures: Readonly<Record<string, (compared: ComparedFrame) => number>> = {
  /** Whether there were others to compare with: what is relative to the session is 0 without. */
  session: ({ comparison }) => (comparison.frames > 1 ? 1 : 0),
  /** Width of stars against the session's sharp frames: 1 is twice as wide. */
  fwhm: ({ frame, comparison }) =>
    shaped(frame) ? octaves(frame.stars.fwhmPx, comparison.sharpFwhmPx) : 0,
  /** How hollow stars are: rings of a mirror out of focus. */
  ring: ({ frame }) => (shaped(frame) ? bounded(frame.stars.ring) : 0),
  /** Major over minor axis: 1 is twice as long as wide. */
  elongation: ({ frame }) =>
    shaped(frame) ? octaves(elongationOf(frame.stars.eccentricity), 1) : 0,
  /** How well stars agree on the direction of it. */
  elongationCoherence: ({ frame }) =>
    shaped(frame) ? bounded(frame.stars.elongationCoherence) : 0,
  /** Stars found against a usual frame: -1 is an eighth or fewer. */
  stars: ({ frame, comparison }) => octaves(frame.stars.count + 1, comparison.usualStars + 1, 3),
  /** Star light lost against the session's clear frames: about its share, 1 is two thirds or more. */
  lightLoss: ({ comparison: { clouds } }) => lossOf(clouds.transparency),
  /** The same where it is worst. */
  worstLightLoss: ({ comparison: { clouds } }) =>
    lossOf(Math.min(1, ...clouds.grid.transparency.filter((cell) => cell !== null))),
  cloudCoverage: ({ comparison }) => bounded(comparison.clouds.coverage),
  /** Share of the frame that lacks the stars its other parts have. */
  starDesert: ({ frame }) => bounded(starDesert(frame).coverage),
  /** Sky against the session's darker frames: 1 is four times as bright. */
  skyLevel: ({ frame, comparison }) => octaves(frame.background.level, comparison.darkLevel, 2),
  /** Noise against the session's quieter frames: 1 is four times as much. */
  noise: ({ frame, comparison }) => octaves(frame.background.rms, comparison.quietRms, 2),
  /** Growth of the sky's light towards the night's near end: 1 is eightfold within three frames. */
  dawn: ({ comparison }) => octaves(comparison.dawn, 1, 3),
  gradient: ({ frame }) => bounded(frame.background.gradient),
  /** Departure of the sky from any smooth surface, as a share of its level. */
  unevenness: ({ frame: { background } }) => bounded(unevenness(background.cells, background.rms)),
  /** Change of the sky's structure against the session's usual one: 1 is eight times as much. */
  skyStructure: ({ comparison: { skyChange } }) => Math.max(0, octaves(skyChange.ratio || 1, 1, 3)),
  /** Significance of the strongest trail: 1 is 1000 sigma. */
  trailSnr: ({ frame }) => logShare(strongest(frame, 'snr'), 1000),
  /** Brightness of the strongest trail: 1 is 50 times the noise of a pixel. */
  trailPixelSnr: ({ frame }) => logShare(strongest(frame, 'pixelSnr'), 50),
  trails: ({ frame }) => 1 - 1 / (1 + frame.streaks.length),
  /** Square root of the share of pixels at the detector's ceiling. */
  saturation: ({ frame }) => bounded(Math.sqrt(frame.pixels.saturatedShare)),
  /** Hot pixels: 1 is one in a hundred. */
  hotPixels: ({ frame: { pixels, width, height } }) =>
    bounded(Math.sqrt((100 * pixels.hotPixels) / (width * height))),
}

const names: readonly string[] = Object.keys(measures)

/**
 * Numbers about each frame that a small picture of it cannot show: what differs from the frames of its session,
 * and what is smaller than a pixel of that picture. Measures only, no verdict. A lone frame has zeros where a session
 * would be needed, and its `session` is 0.
 */
export function frameEvidence(frames: readonly FrameMeasurement[]): SessionEvidence {
  const vectors = compareAll(frames).map((compared) =>
    names.map((name) => finite(measures[name](compared))),
  )
  return { names, frames: vectors }
}

const shaped = ({ stars }: FrameMeasurement): boolean => stars.measured >= ENOUGH_SHAPES

const bounded = (value: number): number => Math.min(1, Math.max(-1, value))

/** Doublings from `usual` to `value`, in units of `most`; 0 where one of them is unknown. */
function octaves(value: number, usual: number, most = 1): number {
  return value > 0 && usual > 0 ? bounded(Math.log2(value / usual) / most) : 0
}

const lossOf = (transparency: number): number =>
  Math.log(1 / Math.max(1 / Math.E, Math.min(1, transparency)))

const logShare = (value: number, most: number): number =>
  bounded(Math.log1p(Math.max(0, value)) / Math.log1p(most))

function strongest({ streaks }: FrameMeasurement, by: 'snr' | 'pixelSnr'): number {
  return Math.max(0, ...streaks.map((streak) => streak[by]))
}

/** A frame without numbers measures NaN here and there: unknown. */
const finite = (value: number): number => (Number.isFinite(value) ? value : 0)
