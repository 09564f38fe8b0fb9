export type { FrameContext } from './frame/context.ts'
export type { FrameMeasurement } from './frame/measurement.ts'
export type { Plane } from './plane.ts'
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
