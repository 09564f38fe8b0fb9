import type { FieldSpec, Telescope } from './instrument.ts'
import type { FrameTruth } from './truth.ts'

/** One image plane in row order; row 0 is the first row in the file. `data.length === width * height`. */
export interface Plane {
  readonly data: Float32Array
  readonly width: number
  readonly height: number
}

/** Where the telescope points, relative to the session's first frame. */
export interface Pointing {
  /** Shift of the field on the sensor, in pixels (may be fractional). Default 0. */
  readonly dxPx?: number
  readonly dyPx?: number
  /** Rotation of the field about the frame centre, in degrees; 180 after a meridian flip. Default 0. */
  readonly rotationDeg?: number
}

/** What the guiding did to every star of the frame alike. */
export interface TrackingSpec {
  /** Length of the smear, in pixels. */
  readonly lengthPx: number
  /** Direction of the smear, in degrees from +x towards +y. */
  readonly angleDeg: number
  /** Bow of the smear, in pixels. Default 0 (a straight line). */
  readonly sagittaPx?: number
  /** True for a periodic error: the star dwells at both ends. Default false (steady drift). */
  readonly periodic?: boolean
}

/** What the wind did to every star of the frame alike. */
export interface WindSpec {
  /** RMS shake along `angleDeg`, in pixels; a third of it across. */
  readonly jitterPx: number
  readonly angleDeg: number
  /** Separation of a second peak, in pixels: a gust moved the mount and it came back. Default 0. */
  readonly jumpPx?: number
  /** Share of the light in the second peak, 0..1. Default 0.35. */
  readonly jumpShare?: number
}

/** The shape of star images in one frame. */
export interface SeeingSpec {
  /** Width of a star as it would be measured in the pixels of a focused frame. Default: the telescope's. */
  readonly fwhmPx?: number
  /** Radius of the out-of-focus disc, in pixels; with a central obstruction it is a ring. Default 0. */
  readonly defocusPx?: number
  /** What good guiding leaves: RMS along a direction, in pixels; half of it across. Default none. */
  readonly guiding?: { readonly rmsPx: number; readonly angleDeg: number }
  readonly tracking?: TrackingSpec
  readonly wind?: WindSpec
}

/** The light of the sky in one frame, in units of the telescope's normal dark sky. */
export interface SkySpec {
  /** Level of the dark sky. Default 1. */
  readonly level?: number
  /** Light pollution: rise across the frame as a fraction of the level, and its direction. Default 0. */
  readonly gradient?: number
  readonly gradientDeg?: number
  /** Moonlight added at the frame centre (2 makes the sky three times as bright). Default 0. */
  readonly moon?: number
  /** Direction of the Moon in the frame, in degrees. Default 0. */
  readonly moonDeg?: number
  /** Twilight added at the frame centre. Default 0. */
  readonly twilight?: number
  /** Share of star light that reaches the ground through clear air at this altitude. Default 1. */
  readonly transparency?: number
}

/** A layer of cloud in front of the stars. */
export interface CloudSpec {
  readonly seed: number
  /** Transparency where the cloud is thickest, 0..1. */
  readonly transparency: number
  /** Share of the sky that is covered, 0..1. Default 1. */
  readonly coverage?: number
  /** 0 = an even veil, 1 = separate patches. Default 0.15. */
  readonly contrast?: number
  /** Size of the largest patches, in pixels. Default 400. */
  readonly scalePx?: number
  /** Brightness of opaque cloud against the sky: above 1 over a town, below 1 at a dark site. Default 2. */
  readonly brightness?: number
  /** How far the layer has drifted, in pixels, and in which direction; also the way patches are drawn out. */
  readonly driftPx?: number
  readonly driftDeg?: number
  /** How far the layer has changed its form; 1 is a new pattern. Default 0. */
  readonly evolution?: number
}

/** Dew on the optics or haze in the air: stars are dimmed and bloated. */
export interface HazeSpec {
  /** Transparency, 0..1. */
  readonly transparency: number
  /** Factor on the width of the stars. Default 1.3. */
  readonly bloat?: number
  /** Extra sky light as a fraction of the dark sky. Default 0.2. */
  readonly glow?: number
}

/** Something opaque in front of the telescope: roof, dome, tree. */
export interface OcclusionSpec {
  readonly seed: number
  /** Share of the frame that is covered, 0..1. */
  readonly fraction: number
  /** Side from which it enters, in degrees from +x towards +y. */
  readonly angleDeg: number
  /** Width of the soft, out-of-focus edge, in pixels. Default 60. */
  readonly softnessPx?: number
  /** Its brightness in units of the sky: 0.1 a dark dome, 2 a lit roof. Default 0.1. */
  readonly glow?: number
  /** 0 = the smooth edge of a roof, 1 = a ragged tree. Default 0. */
  readonly roughness?: number
}

/** Kinds of trails. */
export type TrailKind = 'satellite' | 'airplane' | 'meteor'

/** One line of light. Ends may lie outside the frame. */
export interface TrailSpec {
  readonly kind: TrailKind
  readonly x0: number
  readonly y0: number
  readonly x1: number
  readonly y1: number
  /**
   * Peak of the cross profile over the background rms of one pixel. Of a steady or tumbling trail the mean along
   * it, of an airplane the steady light between the flashes, of a meteor the brightest place.
   */
  readonly pixelSnr: number
  /** Bow of the path between its ends, in pixels. Default 0. */
  readonly sagittaPx?: number
  /** Radius of the extra out-of-focus disc of something near, in pixels. Default 0. */
  readonly blurPx?: number
  /** Slow change of brightness of something tumbling: depth 0..1, period and phase. */
  readonly tumble?: { readonly depth: number; readonly periodPx: number; readonly phase: number }
  /** Flashes: their distance along the path, strength over the steady light, phase 0..1. */
  readonly strobe?: { readonly periodPx: number; readonly strength: number; readonly phase: number }
  /** Place of the flare of a meteor along its path, 0..1. Default 0.75. */
  readonly flareAt?: number
  /** Lines with the same number belong to one object or one train. */
  readonly group?: number
}

/** Everything that determines one frame; plain JSON data. Only the seed is needed. */
export interface FrameSpec {
  /** Any whole number. The same spec gives the same bits on every machine. */
  readonly seed: number
  /** Size in pixels. Default 1024 x 768. */
  readonly width?: number
  readonly height?: number
  /** Default: a 100 mm refractor with a cooled CMOS camera. */
  readonly telescope?: Telescope
  /** The patch of sky. Default: a field of medium density drawn from the seed. */
  readonly field?: FieldSpec
  readonly pointing?: Pointing
  readonly seeing?: SeeingSpec
  readonly sky?: SkySpec
  readonly cloud?: CloudSpec
  readonly haze?: HazeSpec
  readonly occlusion?: OcclusionSpec
  readonly trails?: readonly TrailSpec[]
  /** Start of the exposure, in milliseconds since 1970 (UTC). Default 2026-03-14 20:00. */
  readonly startMs?: number
  /** Number of the frame within its session. Default 0. */
  readonly index?: number
}

/** Values of header cards by keyword. */
export type FrameHeader = Readonly<Record<string, string | number | boolean>>

/** A simulated exposure. */
export interface SimulatedFrame {
  /** Whole ADU, 0..65535. */
  readonly plane: Plane
  readonly truth: FrameTruth
  readonly header: FrameHeader
}
