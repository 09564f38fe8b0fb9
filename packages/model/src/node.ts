export { writeWhole } from './node/checkpoints.ts'
export { type LoadClassifierOptions, loadClassifier } from './node/classifier.ts'
export { type FitOptions, type FitResult, fit } from './node/fit.ts'
export { type QuantizeOptions, quantizeModel } from './node/quantize.ts'
export {
  type ComparisonOptions,
  chooseModel,
  compareModels,
  type Latency,
  type ModelComparison,
  type ModelPair,
} from './node/quantizeReport.ts'
export { openSession, type Session, type SessionOptions } from './node/session.ts'
export { type Batch, createTrainer, type Trainer, type TrainerOptions } from './node/trainer.ts'
