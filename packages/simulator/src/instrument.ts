/** A telescope with its camera under its usual sky, at its usual exposure. Plain JSON data. */
export interface Telescope {
  readonly name: string
  readonly cameraName: string
  readonly camera: 'ccd' | 'cmos'
  readonly apertureMm: number
  readonly focalLengthMm: number
  /** Diameter of the central obstruction over the aperture; 0 for a lens. */
  readonly obstruction: number
  /** Size of a pixel as binned, in micrometres. */
  readonly pixelUm: number
  readonly binning: number
  /** Normal width of a focused star as measured in the pixels. */
  readonly fwhmPx: number
  /** Moffat exponent of the star profile (Trujillo et al. 2001: 2.5..4.8). */
  readonly beta: number
  /** Share of star light in the wide aureole (King 1971; Racine 1996): 0.01..0.06. */
  readonly aureole: number
  /** Diffraction spikes: vanes of the spider (0, 3 or 4), rotation, share of the light, decay length. */
  readonly spikes: {
    readonly vanes: number
    readonly angleDeg: number
    readonly strength: number
    readonly lengthPx: number
  }
  /** Disc of light around bright stars, thrown back between filter and sensor: radius, share of the light. */
  readonly halo: { readonly radiusPx: number; readonly share: number }
  /** Electrons per ADU. */
  readonly gainE: number
  /** The camera's gain setting, as written to the header. */
  readonly gainSetting: number
  readonly readNoiseE: number
  readonly biasAdu: number
  readonly fullWellE: number
  /** ADU between neighbouring values: 1 for 16 bits, 4 for 14 bits and 16 for 12 bits scaled up. */
  readonly adcStepAdu: number
  /** Without it, a full pixel spills along its column. */
  readonly antiBlooming: boolean
  readonly exposureS: number
  /** Electrons per pixel and exposure from the normal dark sky, and from dark current. */
  readonly skyE: number
  readonly darkE: number
  /** Loss of light in the corner, 0..1. */
  readonly vignetting: number
  /** Number of dust shadows on the sensor window and filter. */
  readonly dustMotes: number
  /** Radius of the blur disc in the corners, in pixels: from tilt of the sensor, from field curvature, from coma. */
  readonly tiltPx: number
  readonly curvaturePx: number
  readonly comaPx: number
  readonly hotPixelsPerMpx: number
  readonly deadPixelsPerMpx: number
  readonly warmColumns: number
  readonly cosmicRaysPerMpx: number
  /** Amplifier glow at its corner, in electrons. */
  readonly ampGlowE: number
  /** RMS of the noise that a whole row shares, in electrons. */
  readonly bandingE: number
  readonly temperatureC: number
  /** Seed of all that stays the same on this sensor: defects, dust, tilt. */
  readonly sensorSeed: number
}

/** A patch of sky: what is in it does not depend on the night. Plain JSON data. */
export interface FieldSpec {
  readonly seed: number
  /** Name written to OBJECT. Default 'NGC 0000' with a number from the seed. */
  readonly object?: string
  /** Stars per million pixels that reach signal-to-noise 5 under the normal sky. Default 300. */
  readonly starsPerMpx?: number
  /** d log10 N / d magnitude. Default 0.3 (Bahcall & Soneira 1980, about magnitudes 12..18). */
  readonly slope?: number
  /** Background galaxies per million pixels that can be seen. Default 6. */
  readonly galaxiesPerMpx?: number
  /** Stars at chosen places, in pixels from the field's centre; flux in electrons per exposure. */
  readonly extraStars?: readonly {
    readonly dxPx: number
    readonly dyPx: number
    readonly fluxE: number
  }[]
  readonly cluster?: ClusterSpec
  readonly galaxy?: GalaxySpec
  readonly nebula?: NebulaSpec
}

/** A star cluster at the frame centre plus an offset. */
export interface ClusterSpec {
  readonly kind: 'open' | 'globular'
  readonly stars: number
  /** Core radius in pixels (Plummer profile). */
  readonly radiusPx: number
  readonly dxPx?: number
  readonly dyPx?: number
}

/** One large galaxy. */
export interface GalaxySpec {
  /** Half-light radius along the long axis, in pixels. */
  readonly radiusPx: number
  /** Short over long axis, 0..1; 0.15 is edge-on. */
  readonly axisRatio: number
  readonly angleDeg: number
  /** Mean surface brightness within that radius, in units of the dark sky's rms noise per pixel. */
  readonly brightness: number
  /** Share of the light in a round bulge. Default 0.2. */
  readonly bulge?: number
  readonly dxPx?: number
  readonly dyPx?: number
}

/** Glowing gas. */
export interface NebulaSpec {
  /** Brightness of the brightest parts as a fraction of the dark sky. */
  readonly brightness: number
  /** Size of the largest clouds, in pixels. */
  readonly scalePx: number
  /** 0 = soft clouds, 1 = filaments. Default 0.3. */
  readonly filaments?: number
}
