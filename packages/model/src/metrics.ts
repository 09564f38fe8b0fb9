export {
  brierScore,
  type Calibration,
  calibration,
  fitTemperature,
  type ReliabilityBin,
  type TemperatureFit,
} from './metrics/calibration.ts'
export {
  type ClassScores,
  type Confusion,
  type ConfusionScores,
  confusion,
  confusionScores,
} from './metrics/confusion.ts'
export {
  type PrecisionRecallCurve,
  precisionRecallCurve,
  type RocCurve,
  rocCurve,
} from './metrics/curves.ts'
export { type ClassCurves, type Evaluation, evaluate } from './metrics/evaluation.ts'
export { softmax } from './metrics/softmax.ts'
