export type {
  ReportFailure,
  ReportFrame,
  ReportNight,
  ReportPreview,
  ReportSession,
} from './night.ts'
