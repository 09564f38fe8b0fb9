/** Settings of `findStreaks`. The defaults fit every telescope tried; none is tuned to one. */
export interface FindStreaksOptions {
  /**
   * False alarms by noise allowed per frame. Default 0.002: with the number of lines tried in a frame of
   * 26 million pixels this asks for 6.5 sigma.
   */
  readonly falseAlarmsPerFrame?: number
  /** Longest side of the binned image that is searched, in bins. Default 1600: 26 Mpx in a third of a second. */
  readonly searchSizePx?: number
  /** Shortest trail reported, in pixels. Default 15, as StreakDet (A&A 644 A35). */
  readonly minLengthPx?: number
  /** Most trails reported. Default 64; a frame with more is not a picture of the sky. */
  readonly maxStreaks?: number
}

export type Settings = Required<FindStreaksOptions>

export function withDefaults(options: FindStreaksOptions = {}): Settings {
  return {
    falseAlarmsPerFrame: options.falseAlarmsPerFrame ?? 0.002,
    searchSizePx: options.searchSizePx ?? 1600,
    minLengthPx: options.minLengthPx ?? 15,
    maxStreaks: options.maxStreaks ?? 64,
  }
}
