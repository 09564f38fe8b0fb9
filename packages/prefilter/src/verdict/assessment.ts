/** What is in the frame. `review` means the evidence did not suffice: a person should look. */
export type Verdict = 'clean' | 'contaminated' | 'review'

/** What to do with the frame: a trail is masked, a cloud or bad focus rejects. */
export type Action = 'keep' | 'mask' | 'reject' | 'review'

export type CauseKind =
  | 'satellite'
  | 'airplane'
  | 'meteor'
  | 'streak'
  | 'cloud'
  | 'haze'
  | 'occlusion'
  | 'defocus'
  | 'tracking'
  | 'wind'
  | 'no-stars'
  | 'gradient'
  | 'twilight'
  | 'saturation'
  | 'hot-pixels'
  | 'corrupt'

/** A rectangle in pixels; `x1` and `y1` lie just outside it. */
export interface Region {
  readonly x0: number
  readonly y0: number
  readonly x1: number
  readonly y1: number
}

/** One reason, with the numbers it rests on. */
export interface Cause {
  readonly kind: CauseKind
  /** 0 (barely there) to 1 (ruins the frame). */
  readonly severity: number
  /** Measured numbers by name, units in the names (`fwhmPx`, `transparency`, `sessionFwhmPx`). */
  readonly evidence: Readonly<Record<string, number>>
  readonly region?: Region
}

export type StreakKind = 'satellite' | 'airplane' | 'meteor' | 'unknown'

/** One straight or gently curved trail. Ends are where its light ends or the frame does, in 0-based pixels. */
export interface Streak {
  readonly x0: number
  readonly y0: number
  readonly x1: number
  readonly y1: number
  readonly lengthPx: number
  /** Direction from (x0,y0) to (x1,y1) against the row axis, 0 <= angle < 180. */
  readonly angleDeg: number
  /** Full width at half maximum across the trail. */
  readonly widthPx: number
  /** Significance of the whole trail: summed light over its noise. */
  readonly snr: number
  /** Mean of the cross profile's peak over the noise of one pixel. */
  readonly pixelSnr: number
  /** Mean peak surface brightness above the background, image units. */
  readonly brightness: number
  readonly kind: StreakKind
  /** Both ends lie on the frame's border. */
  readonly edgeToEdge: boolean
  /** Share of equal pieces along the trail in which it is seen by itself, 0..1. */
  readonly persistence: number
  /** Greatest distance of the trail from its chord, signed; 0 for a straight one. */
  readonly sagittaPx: number
}

export interface BackgroundSummary {
  /** Typical sky level, image units. */
  readonly level: number
  /** Noise of one pixel, image units. */
  readonly rms: number
  /** Greatest difference of the smooth background over the frame, as a share of the level above the floor. */
  readonly gradient: number
}

export interface StarSummary {
  readonly count: number
  /** Stars bright and lonely enough to be measured: what the medians rest on. */
  readonly measured: number
  /** Medians over well-measured stars; NaN-free: 0 where no star could be measured. */
  readonly fwhmPx: number
  readonly hfrPx: number
  readonly eccentricity: number
  /** Direction of the common elongation, degrees against the row axis, 0..180. */
  readonly elongationDeg: number
  /** How well stars agree on that direction: 0 (random) to 1 (all the same). */
  readonly elongationCoherence: number
  /** FWHM in 3 x 3 zones of the frame, row by row: tilt and field curvature; `null` where too few stars stand. */
  readonly fwhmZonesPx: readonly (number | null)[]
  readonly fwhmArcsec?: number
}

/** Local cells, row by row; `null` in a cell that could not be measured. */
export interface LocalGrid {
  readonly columns: number
  readonly rows: number
  /** Star light that came through against the reference, 1 = all; judged by matched stars or star density. */
  readonly transparency: readonly (number | null)[]
  /** Background above or below the expected smooth sky, in units of the sky level. */
  readonly background: readonly (number | null)[]
  /** Cells held to be covered: 1, else 0. */
  readonly covered: readonly number[]
}

export interface CloudSummary {
  /** Share of the frame that is covered, 0..1; `null` where there was nothing to compare with. */
  readonly coverage: number | null
  /** Star light against the session's clear frames, 1 = clear; `null` where there was nothing to compare with. */
  readonly transparency: number | null
  readonly grid: LocalGrid
}

/** The judgement of one frame. Lengths in pixels of the plane that was judged. */
export interface FrameAssessment {
  readonly verdict: Verdict
  readonly action: Action
  /** 0 (useless) to 1 (as good as the best of the night). */
  readonly score: number
  /** Calibrated probability of `clean`, once a model is loaded. */
  readonly probability?: number
  readonly causes: readonly Cause[]
  readonly background: BackgroundSummary
  readonly stars: StarSummary
  readonly streaks: readonly Streak[]
  readonly clouds: CloudSummary
}
