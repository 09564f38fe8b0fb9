export { ModelError, type ModelErrorCode } from './errors.ts'
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
