import { ModelError } from '../errors.ts'
import type { Tensor, TensorMap } from '../tensor.ts'
import { bytesOfTensor } from './elements.ts'
import { shortened } from './shortened.ts'
import { storageNameOf } from './torchPickle.ts'
import { encodeZip } from './zipWriter.ts'

/**
 * Writes tensors as `torch.save` writes a state dict, in their order, each with a storage of its own.
 * `torch.load` reads it, with `weights_only` too: the pickle (protocol 2) names nothing but
 * `OrderedDict`, `_rebuild_tensor_v2` and storages. Equal tensors give equal bytes.
 * @throws ModelError `BAD_ARGUMENT` where a tensor is not what it says, `UNSUPPORTED` for uint16, for
 * which torch has no storage, and for 4 GiB or more
 */
export function encodeStateDict(tensors: TensorMap): Uint8Array {
  const text = new TextEncoder()
  const storages = [...tensors].map(
    ([name, tensor], i) => [`archive/data/${i}`, bytesOfTensor(name, tensor)] as const,
  )
  return encodeZip(
    new Map([
      ['archive/data.pkl', encodePickle(tensors)],
      ['archive/byteorder', text.encode('little')],
      ...storages,
      ['archive/version', text.encode('3\n')],
    ]),
  )
}

const emptyOrderedDict = 'ccollections\nOrderedDict\n)R'

function encodePickle(tensors: TensorMap): Uint8Array<ArrayBuffer> {
  const pickle = new PickleWriter()
  pickle.codes(`\x80\x02${emptyOrderedDict}(`)
  let key = 0
  for (const [name, tensor] of tensors) {
    pickle.text(name)
    writeTensor(pickle, name, { tensor, key: `${key++}` })
  }
  pickle.codes('u.')
  return pickle.bytes()
}

/** `_rebuild_tensor_v2(storage, 0, size, stride, False, OrderedDict())`. */
function writeTensor(
  pickle: PickleWriter,
  name: string,
  { tensor: { type, dims, data }, key }: { tensor: Tensor; key: string },
): void {
  const storage = storageNameOf(type)
  if (!storage) {
    throw new ModelError(
      'UNSUPPORTED',
      `state dict: tensor '${shortened(name)}': torch has no ${type}`,
    )
  }
  pickle.codes('ctorch._utils\n_rebuild_tensor_v2\n((')
  pickle.text('storage')
  pickle.codes(`ctorch\n${storage}\n`)
  pickle.text(key)
  pickle.text('cpu')
  pickle.integer(data.length)
  pickle.codes('tQ')
  pickle.integer(0)
  pickle.integers(dims)
  pickle.integers(contiguousStrides(dims))
  pickle.codes(`\x89${emptyOrderedDict}tR`)
}

/** As torch has them: an axis of length 0 counts as 1. */
function contiguousStrides(dims: readonly number[]): number[] {
  const strides = dims.map(() => 1)
  for (let axis = dims.length - 2; axis >= 0; axis--) {
    strides[axis] = strides[axis + 1] * Math.max(1, dims[axis + 1])
  }
  return strides
}

/** The few opcodes a state dict needs. */
class PickleWriter {
  readonly #bytes: number[] = []

  /** Opcodes and plain text, one byte a character. */
  codes(text: string): void {
    for (let i = 0; i < text.length; i++) this.#bytes.push(text.charCodeAt(i))
  }

  text(text: string): void {
    const utf8 = new TextEncoder().encode(text)
    this.codes('X')
    this.#little(utf8.length, 4)
    for (const byte of utf8) this.#bytes.push(byte)
  }

  /** A whole number from 0: BININT, or LONG1 of eight bytes where that is too short. */
  integer(value: number): void {
    if (value < 2 ** 31) {
      this.codes('J')
      this.#little(value, 4)
    } else {
      this.codes('\x8a\x08')
      this.#little(value, 8)
    }
  }

  /** A tuple of whole numbers from 0. */
  integers(values: readonly number[]): void {
    this.codes('(')
    for (const value of values) this.integer(value)
    this.codes('t')
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.#bytes)
  }

  #little(value: number, length: number): void {
    for (let i = 0; i < length; i++) this.#bytes.push(Math.floor(value / 256 ** i) % 256)
  }
}
