import type { FrameLabel, FrameTruth } from './truth.ts'
import type { FrameSpec } from './types.ts'

/**
 * When a cause is strong enough to be labelled. Weaker ones stay in the truth with their strength; a frame that only
 * has those has no labels, but need not be `clean` (see `cleanLimits`).
 */
export const labelThresholds = {
  /** Trails: matched signal-to-noise; of a steady one, pixelSnr * sqrt(0.75 * widthPx * lengthPx). */
  trailMatchedSnr: 12,
  /** Clouds and haze: mean transparency of the frame at most this ... */
  transparency: 0.9,
  /** ... or that of its worst tenth at most this. */
  worstTransparency: 0.75,
  /** Occlusion: share of the frame at least this. */
  occludedFraction: 0.02,
  /** Defocus: FWHM over the telescope's normal one at least this. */
  defocusRatio: 1.35,
  /** Tracking and wind: a/b at least this; wind also by `defocusRatio`. */
  elongation: 1.25,
  /** Twilight, in units of the dark sky, at least this. Moonlight is never labelled. */
  twilight: 2,
} as const

/**
 * A clean frame holds nothing that a sensitive tool could rightly report, so whatever is reported there is a false
 * alarm. Frames between these limits and the labels are neither clean nor labelled.
 */
const cleanLimits = {
  /** Every trail weaker than this in matched signal-to-noise. */
  trailMatchedSnr: 5,
  /** Mean transparency of cloud and haze above this. */
  transparency: 0.96,
  /** FWHM over the telescope's normal one below this. */
  widthRatio: 1.25,
  /** a/b below this. */
  elongation: 1.18,
  /** Twilight, in units of the dark sky, below this. */
  twilight: 0.2,
} as const

/** Whether a frame holds nothing at all that could be held against it. */
export function isClean(
  labels: readonly FrameLabel[],
  truth: Omit<FrameTruth, 'labels' | 'clean'>,
): boolean {
  return (
    labels.length === 0 &&
    truth.trails.every(({ matchedSnr }) => matchedSnr < cleanLimits.trailMatchedSnr) &&
    truth.cloud.transparency > cleanLimits.transparency &&
    truth.fwhmPx < cleanLimits.widthRatio * truth.normalFwhmPx &&
    truth.elongation < cleanLimits.elongation &&
    truth.occludedFraction === 0 &&
    truth.twilight < cleanLimits.twilight
  )
}

/** Names what is wrong with a frame, from its truth and from what was done to it. */
export function labelFrame(
  spec: FrameSpec,
  truth: Omit<FrameTruth, 'labels' | 'clean'>,
): FrameLabel[] {
  const labels = new Set<FrameLabel>()
  for (const trail of truth.trails) if (trail.labelled) labels.add(trail.kind)
  const haze = spec.haze?.transparency ?? 1
  const { transparency, worstTransparency } = truth.cloud
  if (
    transparency / haze <= labelThresholds.transparency ||
    worstTransparency / haze <= labelThresholds.worstTransparency
  ) {
    labels.add('cloud')
  }
  if (haze <= labelThresholds.transparency) labels.add('haze')
  if (truth.occludedFraction >= labelThresholds.occludedFraction) labels.add('occlusion')
  const wide = truth.fwhmPx >= labelThresholds.defocusRatio * truth.normalFwhmPx
  const long = truth.elongation >= labelThresholds.elongation
  if (wide && (spec.seeing?.defocusPx ?? 0) > 0) labels.add('defocus')
  if (long && spec.seeing?.tracking) labels.add('tracking')
  if ((long || wide) && spec.seeing?.wind) labels.add('wind')
  if (truth.twilight >= labelThresholds.twilight) labels.add('twilight')
  return [...labels]
}
