import type { TrailKind } from './types.ts'

/** What can be wrong with a frame. */
export type FrameLabel =
  | 'satellite'
  | 'airplane'
  | 'meteor'
  | 'cloud'
  | 'haze'
  | 'occlusion'
  | 'defocus'
  | 'tracking'
  | 'wind'
  | 'twilight'

/** One trail as it lies in the frame. Pixels are 0-based; the centre of the first pixel is (0, 0). */
export interface TrailTruth {
  readonly kind: TrailKind
  /** First and last point of the path inside the frame. */
  readonly x0: number
  readonly y0: number
  readonly x1: number
  readonly y1: number
  readonly lengthPx: number
  /** Greatest distance of the path from its chord. */
  readonly sagittaPx: number
  /** FWHM of the cross profile, pixel included. */
  readonly widthPx: number
  /** Peak of the cross profile over the background rms of one pixel (see TrailSpec). */
  readonly pixelSnr: number
  /** What a perfectly matched filter would see: pixelSnr * sqrt(0.75 * widthPx * lengthPx) if it is steady. */
  readonly matchedSnr: number
  /** Whether it is strong enough to be labelled. */
  readonly labelled: boolean
  readonly group: number
}

/** What is truly in a frame. */
export interface FrameTruth {
  /** What a careful observer could hold against the frame. */
  readonly labels: readonly FrameLabel[]
  /**
   * True where a sensitive tool could rightly report nothing: no label, no trail of matchedSnr 5 or more, mean
   * transparency above 0.96, FWHM below 1.25 times the normal one, a/b below 1.18, nothing occluded, and twilight that
   * brightens the sky by less than a fifth. Frames without labels that miss this hold something faint.
   */
  readonly clean: boolean
  /** All trails that touch the frame, also those too faint to be labelled. */
  readonly trails: readonly TrailTruth[]
  /** Width of a star at the frame centre: diameter of the disc with the area inside half of the peak. */
  readonly fwhmPx: number
  /** Width the telescope normally has. */
  readonly normalFwhmPx: number
  /** Radius of the circle with half of a star's light. */
  readonly hfrPx: number
  /** sqrt(1 - (b/a)^2) and a/b of a star at the frame centre, and the direction of its long axis. */
  readonly eccentricity: number
  readonly elongation: number
  readonly elongationDeg: number
  readonly cloud: {
    /** Share of the frame with transparency below 0.9. */
    readonly coverage: number
    /** Mean transparency of the cloud and haze over the frame; 1 without. */
    readonly transparency: number
    /** Transparency of the worst tenth of the frame. */
    readonly worstTransparency: number
  }
  /** Share of the frame behind something opaque. */
  readonly occludedFraction: number
  /** Twilight and moonlight in units of the dark sky. */
  readonly twilight: number
  readonly moon: number
  /** Share of star light left by clear air. */
  readonly extinction: number
  /** Median background without and with bias, in ADU. */
  readonly skyAdu: number
  readonly backgroundAdu: number
  /** RMS noise of one background pixel where the background is median, in ADU. */
  readonly noiseAdu: number
  /** Stars inside the frame, and those that reach signal-to-noise 5 in it. */
  readonly stars: { readonly count: number; readonly detectable: number }
  /** True where the field is turned by 180 degrees against the first frame. */
  readonly flipped: boolean
  /** Pixels at full well before noise. */
  readonly saturatedPixels: number
}
