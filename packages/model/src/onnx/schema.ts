import type { DType } from '../tensor.ts'

// Field numbers of onnx.proto3 (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3), those in use.

export const Model = {
  irVersion: 1,
  producer: 2,
  producerVersion: 3,
  graph: 7,
  opset: 8,
  metadata: 14,
} as const
export const OperatorSet = { domain: 1, version: 2 } as const
export const GraphFields = {
  node: 1,
  name: 2,
  constant: 5,
  input: 11,
  output: 12,
  valueInfo: 13,
} as const
export const NodeFields = { input: 1, output: 2, name: 3, op: 4, attribute: 5, domain: 7 } as const
export const AttributeFields = {
  name: 1,
  float: 2,
  long: 3,
  text: 4,
  tensor: 5,
  floats: 7,
  longs: 8,
  type: 20,
} as const
export const AttributeKind = { float: 1, long: 2, text: 3, tensor: 4, floats: 6, longs: 7 } as const
export const TensorFields = {
  dims: 1,
  type: 2,
  floats: 4,
  ints: 5,
  longs: 7,
  name: 8,
  raw: 9,
  doubles: 10,
  location: 14,
} as const
export const ValueFields = { name: 1, type: 2 } as const
export const TypeFields = { tensor: 1 } as const
export const TensorTypeFields = { element: 1, shape: 2 } as const
export const ShapeFields = { dim: 1 } as const
export const DimFields = { value: 1, name: 2 } as const
export const EntryFields = { key: 1, value: 2 } as const

/** TensorProto.DataType. */
export const elementTypes: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
}
