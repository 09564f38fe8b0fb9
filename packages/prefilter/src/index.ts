export { backgroundGradient } from './background/gradient.ts'
export { type BackgroundOptions, measureBackground } from './background/measure.ts'
export type { BackgroundModel } from './background/model.ts'
export { backgroundPlane, normaliseByNoise } from './background/smooth.ts'
export { type FrameChannelsOptions, frameChannels } from './frame/channels.ts'
export {
  type FrameContext,
  type FrameKind,
  frameContext,
  type HeaderLookup,
  type PlaneSize,
} from './frame/context.ts'
export { type FrameLayers, separateFrame } from './frame/layers.ts'
export {
  type MeasureOptions,
  type MeasureStep,
  measureFrame,
  measurementVersion,
} from './frame/measure.ts'
export type { FrameMeasurement } from './frame/measurement.ts'
export { scaleMeasurement } from './frame/scale.ts'
export { toBytes } from './picture/bytes.ts'
export {
  type AutoStretchOptions,
  autoStretch,
  minMaxRange,
  type PercentileRangeOptions,
  type PictureRange,
  percentileRange,
  type SigmaClipRangeOptions,
  type Stretch,
  sigmaClipRange,
} from './picture/range.ts'
export { resizeByAveraging, resizeByMaximum } from './picture/resize.ts'
export type { Plane } from './plane.ts'
export { frameEvidence, type SessionEvidence } from './session/evidence.ts'
export { type StarCatalog, StarFlag, type StarSearch } from './stars/catalog.ts'
export { type FindStarsOptions, findStars } from './stars/find.ts'
export { type MeasurePsfOptions, measurePsf, type PsfMeasurement } from './stars/psf.ts'
export {
  findStreaks,
  type RejectedStreak,
  type StreakField,
  type StreakSearch,
} from './streaks/find.ts'
export { type MaskStreaksOptions, maskStreaks } from './streaks/mask.ts'
export type { FindStreaksOptions } from './streaks/options.ts'
export { assessFrames } from './verdict/assess.ts'
export type {
  Action,
  BackgroundSummary,
  Cause,
  CauseKind,
  CloudSummary,
  FrameAssessment,
  LocalGrid,
  Region,
  StarSummary,
  Streak,
  StreakKind,
  Verdict,
} from './verdict/assessment.ts'
export { explainCause } from './verdict/explain.ts'
