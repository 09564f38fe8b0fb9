export type {
  ReportFailure,
  ReportFrame,
  ReportNight,
  ReportPreview,
  ReportSession,
} from './night.ts'
export { causeWords, describeCause, describeEvidence } from './page/words.ts'
export { renderReport } from './render.ts'
