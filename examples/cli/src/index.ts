export { type JudgedFile, type JudgeOptions, judgeFile } from './frame/judgeFile.ts'
export type { Io, TextSink } from './io.ts'
export { type AnalyzeOptions, analyzeFiles } from './night/analyzeFiles.ts'
export type { BatchEvent, OnBatchEvent } from './night/events.ts'
export { type BatchOptions, type BatchResult, runBatch } from './night/runBatch.ts'
export type { SortAction } from './night/sortFrames.ts'
export { type UndoResult, undoBatch } from './night/undoBatch.ts'
export type { Correction } from './output/correction.ts'
export { csvColumns, encodeCsv } from './output/csv.ts'
export type {
  CalibrationFrame,
  Manifest,
  ManifestFrame,
  ManifestSession,
} from './output/manifest.ts'
export { manifestSchema } from './output/manifest.ts'
export { run } from './run.ts'
export { type NightTruth, type SimulateOptions, simulateNight } from './simulation/simulateNight.ts'
export { type Check, type ValidateOptions, validate } from './simulation/validate.ts'
export { version } from './version.ts'
