import type { FrameSketch } from '../session/sketch.ts'
import type { StarSummary, Streak } from '../verdict/assessment.ts'
import type { FrameContext } from './context.ts'

/**
 * All that pixels tell about one frame, before any comparison: plain JSON, so that it can be cached,
 * sent between threads and stored beside a night. Lengths in pixels of the judged plane.
 */
export interface FrameMeasurement {
  /** `measurementVersion` of the code that made it: another version means measure again. */
  readonly version: number
  readonly width: number
  readonly height: number
  readonly context: FrameContext
  readonly pixels: PixelSummary
  readonly background: MeasuredBackground
  readonly stars: MeasuredStars
  readonly catalog: CompactCatalog
  readonly streaks: readonly Streak[]
  /** Lines that were looked at and not believed, for the log. */
  readonly rejectedStreaks: readonly { readonly streak: Streak; readonly reason: string }[]
  /** A small copy of the star field and its noise, to be compared with the neighbours'. */
  readonly sketch?: FrameSketch
}

export interface PixelSummary {
  /** Share of pixels that are finite numbers, 0..1. */
  readonly finiteShare: number
  /** Least and greatest finite value; equal for a constant frame. */
  readonly minimum: number
  readonly maximum: number
  /** Share of pixels at the detector's ceiling. */
  readonly saturatedShare: number
  readonly hotPixels: number
}

export interface MeasuredBackground {
  readonly level: number
  readonly rms: number
  /** Greatest difference of the smooth sky over the frame, as a share of the level. */
  readonly gradient: number
  /** The sky in coarse cells, row by row, image units: where clouds, trees and the Moon show. */
  readonly cells: CellMap
}

/** Numbers on a coarse grid that spans the frame. */
export interface CellMap {
  readonly columns: number
  readonly rows: number
  readonly values: readonly number[]
}

export interface MeasuredStars extends Omit<StarSummary, 'fwhmArcsec'> {
  /** How much fainter a typical star is in its middle than in its ring: 0 in focus, towards 1 far out of it. */
  readonly ring: number
  readonly saturated: number
}

/** The frame's brightest unsaturated stars, brightest first, for comparison between frames. */
export interface CompactCatalog {
  readonly x: readonly number[]
  readonly y: readonly number[]
  readonly flux: readonly number[]
  readonly snr: readonly number[]
}
