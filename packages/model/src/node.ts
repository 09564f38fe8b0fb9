export { writeWhole } from './node/checkpoints.ts'
export { type LoadClassifierOptions, loadClassifier } from './node/classifier.ts'
export { type FitOptions, type FitResult, fit, type OpenFit, openFit } from './node/fit.ts'
export { fitHead } from './node/fitHead.ts'
export { countRight, type FitSteps, type StepNumbers } from './node/fitSteps.ts'
export { inMemory } from './node/inMemory.ts'
export { type QuantizeOptions, quantizeModel } from './node/quantize.ts'
export {
  type ChooseModelOptions,
  type ComparisonOptions,
  chooseModel,
  compareModels,
  type Latency,
  type ModelChoice,
  type ModelComparison,
  type ModelPair,
} from './node/quantizeReport.ts'
export { openSession, type Session, type SessionOptions } from './node/session.ts'
export { type Batch, createTrainer, type Trainer, type TrainerOptions } from './node/trainer.ts'
export { type TrainingLog, trainingLog } from './node/trainingLog.ts'
export type { RangeMethod } from './quantize/observe.ts'
