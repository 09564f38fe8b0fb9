import { ModelError } from '../errors.ts'
import { type ArrayTypes, arrayOf, type DType, sizeOf, type Tensor } from '../tensor.ts'
import { shortened } from './shortened.ts'

/** Element types a file can hold: ours, and bfloat16, which becomes float32 on reading. */
export type StoredType = DType | 'bfloat16'

/** Bytes one stored element takes. */
export function storedBytes(type: StoredType): number {
  return type === 'bfloat16' ? 2 : arrayOf(type).BYTES_PER_ELEMENT
}

/**
 * The elements that little-endian bytes hold: a view where their place in memory is a multiple of
 * the element size, a copy where it is not, new numbers for bfloat16. The length must fit.
 */
export function elementsOf(type: StoredType, bytes: Uint8Array): ArrayTypes[DType] {
  if (type === 'bfloat16') return widened(elementsOf('uint16', bytes) as Uint16Array)
  const size = storedBytes(type)
  const { buffer, byteOffset } = byteAligned(bytes, size)
  return new (arrayOf(type))(buffer, byteOffset, bytes.length / size)
}

/** The type of a tensor read from elements that were stored as `type`. */
export function readType(type: StoredType): DType {
  return type === 'bfloat16' ? 'float32' : type
}

/**
 * The bytes of a tensor's elements, not copied.
 * @throws ModelError `BAD_ARGUMENT` where its array is of another type or length than it says
 */
export function bytesOfTensor(name: string, { type, dims, data }: Tensor): Uint8Array {
  const wanted = shortened(`${type}[${dims.join(', ')}]`)
  if (!(data instanceof arrayOf(type)) || data.length !== sizeOf(dims)) {
    const got = `${data.constructor.name} of ${data.length}`
    throw new ModelError(
      'BAD_ARGUMENT',
      `tensor '${shortened(name)}': got ${got}, wanted ${wanted}`,
    )
  }
  if (!dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0)) {
    const whole = 'whole numbers from 0'
    throw new ModelError(
      'BAD_ARGUMENT',
      `tensor '${shortened(name)}': got ${wanted}, wanted ${whole}`,
    )
  }
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

function byteAligned(bytes: Uint8Array, size: number): Uint8Array {
  // Not `slice`, which does not copy where the bytes are a Node Buffer.
  return bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes)
}

/** A bfloat16 is the upper half of a float32. */
function widened(halves: Uint16Array): Float32Array {
  const words = new Uint32Array(halves.length)
  for (let i = 0; i < halves.length; i++) words[i] = halves[i] << 16
  return new Float32Array(words.buffer)
}
