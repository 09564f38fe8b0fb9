export {
  type FrameContext,
  type FrameKind,
  frameContext,
  type HeaderLookup,
  type PlaneSize,
} from './frame/context.ts'
export {
  type MeasureOptions,
  type MeasureStep,
  measureFrame,
  measurementVersion,
} from './frame/measure.ts'
export type { FrameMeasurement } from './frame/measurement.ts'
export { scaleMeasurement } from './frame/scale.ts'
export type { Plane } from './plane.ts'
export { type MaskStreaksOptions, maskStreaks } from './streaks/mask.ts'
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
