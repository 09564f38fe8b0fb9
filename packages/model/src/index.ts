export { ModelError, type ModelErrorCode } from './errors.ts'
export { Backward, type GradientRule, type GradientRules } from './gradient/rule.ts'
export { gradientRules } from './gradient/rules.ts'
export { type GradientOptions, gradients } from './gradient/walk.ts'
export { GraphBuilder, type NodeOptions } from './graph/builder.ts'
export {
  type Attribute,
  type Attributes,
  type Dim,
  float,
  type Graph,
  type Node,
  type Value,
} from './graph/graph.ts'
export { printGraph } from './graph/print.ts'
export type { Outcome } from './graph/shapes/rule.ts'
export { splitGraph } from './graph/split.ts'
export type { Classifier, ClassifierExample } from './infer/classifier.ts'
export { describeModel, type ModelDescription, type Quantization } from './infer/describe.ts'
export { type ClassifierWords, encodeClassifier } from './infer/encodeClassifier.ts'
export { foldBatchNorm } from './infer/fold.ts'
export { type InferenceGraphOptions, inferenceGraph } from './infer/inferenceGraph.ts'
export { type Lowered, type LowerOptions, lower } from './lower/lower.ts'
export * as metrics from './metrics.ts'
export { blueprintOf, initialise } from './networks/blueprint.ts'
export { headOf } from './networks/head.ts'
export type { Network, Scope } from './networks/network.ts'
export { type Resnet18Options, resnet18 } from './networks/resnet.ts'
export { decodeOnnx, type OnnxModel } from './onnx/decode.ts'
export { type EncodeOnnxOptions, encodeOnnx } from './onnx/encode.ts'
export * as ops from './ops.ts'
export { type Random, type RandomState, random } from './random.ts'
export {
  type ArrayTypes,
  type DType,
  longs,
  sizeOf,
  type Tensor,
  type TensorMap,
  tensor,
} from './tensor.ts'
export type { Example, ExampleSource, MemoryExamples, SourceSpec } from './train/source.ts'
export * as training from './training.ts'
export * as weights from './weights.ts'
