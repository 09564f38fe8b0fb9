export type {
  ReportFailure,
  ReportFrame,
  ReportNight,
  ReportPreview,
  ReportSession,
} from './night.ts'
export { renderReport } from './render.ts'
