export type { Json } from './json.ts'
export { accumulate } from './train/accumulate.ts'
export { type AdamWOptions, adamW } from './train/adamW.ts'
export type { Arrays } from './train/arrays.ts'
export { type Augmentation, type AugmentOptions, augmenter } from './train/augment.ts'
export { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './train/checkpoint.ts'
export type { Gradients, TrainingState } from './train/core.ts'
export {
  type EarlyStopping,
  type EarlyStoppingOptions,
  type EarlyStoppingState,
  earlyStopping,
} from './train/earlyStopping.ts'
export {
  type DoneEvent,
  type EpochEvent,
  type ProblemEvent,
  parseTrainingLog,
  type StartEvent,
  type StepEvent,
  type TrainingEvent,
} from './train/events.ts'
export { chain, clipByNorm, type GradientTransform, scaleBy } from './train/gradients.ts'
export {
  binaryCrossEntropy,
  type CrossEntropyOptions,
  crossEntropy,
  type FocalOptions,
  focal,
  type Loss,
} from './train/losses.ts'
export { type Decaying, makeOptimizer, type OptimizerSpec } from './train/optimizerSpec.ts'
export type { DecayRule, Optimizer, OptimizerState, OptimizerStep } from './train/optimizers.ts'
export { type BatchOrder, type BatchOrderOptions, batchOrder } from './train/order.ts'
export { type TrainingPageOptions, trainingPage } from './train/page.ts'
export {
  type CosineOptions,
  constant,
  cosine,
  type OneCycleOptions,
  oneCycle,
  type Schedule,
  warmUp,
} from './train/schedules.ts'
export { type SgdOptions, sgd } from './train/sgd.ts'
export { type TrainingGraph, trainingGraph } from './train/trainingGraph.ts'
