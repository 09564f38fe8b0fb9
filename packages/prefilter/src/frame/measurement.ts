import type { Streak } from '../verdict/assessment.ts'
import type { FrameContext } from './context.ts'

/**
 * All that pixels tell about one frame, before any comparison: plain JSON, so that it can be cached,
 * sent between threads and stored beside a night. `version` changes whenever a measure changes meaning.
 */
export interface FrameMeasurement {
  readonly version: number
  readonly width: number
  readonly height: number
  readonly context: FrameContext
  readonly background: { readonly level: number; readonly rms: number; readonly gradient: number }
  readonly streaks: readonly Streak[]
  /** More fields follow; see the package's README. */
}
