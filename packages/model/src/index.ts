export { ModelError, type ModelErrorCode } from './errors.ts'
export { blueprintOf, initialise } from './networks/blueprint.ts'
export type { Network, Scope } from './networks/network.ts'
export { type Resnet18Options, resnet18 } from './networks/resnet.ts'
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
export type { Example, ExampleSource, SourceSpec } from './train/source.ts'
