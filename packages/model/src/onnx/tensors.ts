import { ModelError } from '../errors.ts'
import { shapeText } from '../graph/dims.ts'
import { arrayOf, type DType, sizeOf, type Tensor } from '../tensor.ts'
import { Fields } from './fields.ts'
import { elementTypes, TensorFields } from './schema.ts'

/** More axes than any tensor has; a damaged file may claim a million. */
export const MOST_AXES = 64

export function typeNamed(number: number): DType {
  const found = Object.entries(elementTypes).find(([, n]) => n === number)
  if (!found) throw new ModelError('UNSUPPORTED', `ONNX: element type ${number} is not read here`)
  return found[0] as DType
}

/**
 * @throws ModelError `BAD_FILE` where the count of numbers is not what the shape says, `UNSUPPORTED` for
 * numbers kept in another file
 */
export function readNamedTensor(message: Uint8Array): [string, Tensor] {
  const fields = new Fields(message)
  const name = fields.text(TensorFields.name) ?? ''
  if (fields.whole(TensorFields.location) === 1) {
    throw new ModelError('UNSUPPORTED', `ONNX: the numbers of ${name} are in another file`)
  }
  const type = typeNamed(fields.whole(TensorFields.type) ?? 1)
  const dims = fields.longs(TensorFields.dims).map(Number)
  if (dims.length > MOST_AXES) {
    throw new ModelError('BAD_FILE', `ONNX: ${name} has ${dims.length} axes`)
  }
  const size = sizeOf(dims)
  const data = readNumbers(fields, type)
  if (data.length !== size || dims.some((dim) => dim < 0)) {
    throw new ModelError(
      'BAD_FILE',
      `ONNX: ${name} holds ${data.length} numbers, its shape ${shapeText(dims)} wants ${size}`,
    )
  }
  return [name, { type, dims, data } as Tensor]
}

function readNumbers(fields: Fields, type: DType): Tensor['data'] {
  const Numbers = arrayOf(type)
  const raw = fields.one(TensorFields.raw)?.bytes
  if (raw) {
    if (raw.length % Numbers.BYTES_PER_ELEMENT) {
      throw new ModelError('BAD_FILE', 'ONNX: a number is cut off')
    }
    // A copy, since typed arrays want their numbers aligned; and no `slice`, which Node's buffers share.
    return new Numbers(new Uint8Array(raw).buffer, 0, raw.length / Numbers.BYTES_PER_ELEMENT)
  }
  switch (type) {
    case 'float32':
      return Float32Array.from(fields.floats(TensorFields.floats, 4))
    case 'float64':
      return Float64Array.from(fields.floats(TensorFields.doubles, 8))
    case 'int64':
      return BigInt64Array.from(fields.longs(TensorFields.longs))
    default: {
      const numbers = fields.longs(TensorFields.ints).map(Number)
      const data = new Numbers(numbers.length)
      for (const [i, value] of numbers.entries()) data[i] = value
      return data
    }
  }
}
