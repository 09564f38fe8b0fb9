import type { FrameAssessment } from '@nebulift/prefilter'
import type { Learned } from '../learning/learnedJudge.ts'
import type { Corrected } from '../output/correction.ts'

/** A small stretched picture of a frame, as `previewWebp` makes it. */
export interface ReportPreview {
  /** WebP bytes, or the same in base64 (which is what the report stores). */
  readonly data: Uint8Array | string
  readonly width: number
  readonly height: number
}

/** One judged frame. Nothing in it is trusted: names may hold any character. */
export interface ReportFrame {
  /** Path as the user knows it, relative to the input folder. */
  readonly file: string
  /** Size of the judged plane in pixels; streaks and grid are drawn in these. */
  readonly width: number
  readonly height: number
  /** With a model's opinion where one was asked, and a person's word where somebody has gone through the night. */
  readonly assessment: FrameAssessment & Corrected & Learned
  /** `key` of the session the frame was judged in. */
  readonly sessionKey: string
  /** Middle of the exposure, milliseconds since 1970 UTC; without it the frame is placed by order only. */
  readonly timeMs?: number
  /** Exposure in seconds; summed up as integration time kept. */
  readonly exposureS?: number
  /** Where the frame was put, relative to the report; absent where nothing was sorted. */
  readonly sorted?: string
  /** The trail mask written for it, relative to the report. */
  readonly mask?: string
  readonly preview?: ReportPreview
}

/** Frames that were judged against each other. */
export interface ReportSession {
  readonly key: string
  /** For people, such as `M 31 · L · 300 s · gain 100`. */
  readonly label: string
}

/** A file that could not be judged, and why, in one line. */
export interface ReportFailure {
  readonly file: string
  readonly error: string
}

/** All that a report shows: plain data, in the order in which frames should be listed. */
export interface ReportNight {
  /** Heading, such as the input folder's name. */
  readonly title: string
  /** When the report was made, milliseconds since 1970 UTC. */
  readonly createdMs: number
  /** The folder that was judged. */
  readonly input: string
  /** Program and version that judged it, such as `nebulift 0.1.0`. */
  readonly producer?: string
  readonly sessions: readonly ReportSession[]
  readonly frames: readonly ReportFrame[]
  readonly failed: readonly ReportFailure[]
}
