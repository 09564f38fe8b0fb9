import { ModelError } from './errors.ts'

/** Element types and the arrays that hold them; `bool` is one byte an element, `float16` raw bits. */
export interface ArrayTypes {
  float32: Float32Array
  float64: Float64Array
  float16: Uint16Array
  int8: Int8Array
  uint8: Uint8Array
  int16: Int16Array
  uint16: Uint16Array
  int32: Int32Array
  int64: BigInt64Array
  bool: Uint8Array
}

export type DType = keyof ArrayTypes

/** Numbers in row-major order. `data.length` is the product of `dims`; a scalar has no dims. */
export interface Tensor<T extends DType = DType> {
  readonly type: T
  readonly dims: readonly number[]
  readonly data: ArrayTypes[T]
}

/** Tensors by name, in a stated order. */
export type TensorMap = ReadonlyMap<string, Tensor>

const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
} as const

/** The array class of an element type. */
export function arrayOf<T extends DType>(
  type: T,
): { new (length: number): ArrayTypes[T]; readonly BYTES_PER_ELEMENT: number } & {
  new (buffer: ArrayBufferLike, offset: number, length: number): ArrayTypes[T]
} {
  return arrays[type] as never
}

/** Number of elements; 1 for a scalar. */
export function sizeOf(dims: readonly number[]): number {
  return dims.reduce((size, dim) => size * dim, 1)
}

/**
 * A float32 tensor over the given numbers; a `Float32Array` is not copied.
 * @throws ModelError `BAD_ARGUMENT` where the count of numbers is not the product of `dims`
 */
export function tensor(
  data: Float32Array | readonly number[],
  dims: readonly number[] = [data.length],
): Tensor<'float32'> {
  if (data.length !== sizeOf(dims)) {
    const wanted = `${sizeOf(dims)} numbers for [${dims.join(', ')}]`
    throw new ModelError('BAD_ARGUMENT', `tensor: got ${data.length} numbers, wanted ${wanted}`)
  }
  return {
    type: 'float32',
    dims,
    data: data instanceof Float32Array ? data : Float32Array.from(data),
  }
}

/** An int64 tensor, as ONNX wants shapes, axes and indices. */
export function longs(
  values: readonly number[],
  dims: readonly number[] = [values.length],
): Tensor<'int64'> {
  return { type: 'int64', dims, data: BigInt64Array.from(values, BigInt) }
}
