/** Stars as columns, brightest first. Lengths in pixels; positions 0-based, pixel centres at whole numbers. */
export interface StarCatalog {
  readonly count: number
  readonly x: Float32Array
  readonly y: Float32Array
  /** Background-subtracted light, image units. */
  readonly flux: Float32Array
  /** Brightest pixel above the background, image units. */
  readonly peak: Float32Array
  /** Matched-filter signal to noise of the detection. */
  readonly snr: Float32Array
  readonly fwhmPx: Float32Array
  readonly hfrPx: Float32Array
  /** sqrt(1 - (b/a)^2) of the second moments; 0 round. */
  readonly eccentricity: Float32Array
  /** Direction of the long axis against the row axis, 0 <= angle < 180. */
  readonly thetaDeg: Float32Array
  /** Distance at which the star's light sinks below half the pixel noise: what a mask must cover. */
  readonly radiusPx: Float32Array
  /** Bits of `StarFlag`. */
  readonly flags: Uint8Array
}

/** What may be wrong with a star's measures: bits of `StarCatalog.flags`. */
export const StarFlag = {
  /** Pixels at the detector's ceiling: shape and flux are lower bounds. */
  saturated: 1,
  /** Cut by the frame's border. */
  edge: 2,
  /** A neighbour's light within the measuring aperture. */
  blended: 4,
  /** Clearly larger than the frame's stars: a galaxy, a nebula's knot, a ghost. */
  extended: 8,
} as const

/** What `findStars` returns: the stars, and what was found beside them. */
export interface StarSearch extends StarCatalog {
  /** Single bright pixels of the detector. */
  readonly hotPixels: number
  /** Objects sharper than the frame's stars: cosmic rays and clusters of hot pixels. */
  readonly cosmicRays: number
  /** Full width at half maximum of the frame's stars as the search took it; 0 where it found none. */
  readonly typicalFwhmPx: number
  /** Pixel value, image units, at which stars were taken for saturated; absent where none is. */
  readonly saturation?: number
}

/** One star before it becomes a row of the catalogue; light in units of the pixel noise. */
export interface Star {
  x: number
  y: number
  flux: number
  peak: number
  snr: number
  fwhmPx: number
  hfrPx: number
  eccentricity: number
  thetaDeg: number
  radiusPx: number
  flags: number
}
