import { ModelError } from '../errors.ts'
import type { StoredType } from './elements.ts'
import type { PickleGlobal, PickleWorld } from './pickleMachine.ts'

/** A storage as the pickle names it; its numbers are in the archive's file `data/<key>`. */
export interface StorageReference {
  readonly type: StoredType
  readonly key: string
  /** Count of elements. */
  readonly length: number
}

/** A tensor as the pickle describes it: a window on a storage. All lengths in elements. */
export class TensorReference {
  readonly storage: StorageReference
  readonly offset: number
  readonly dims: readonly number[]
  readonly strides: readonly number[]

  constructor(
    storage: StorageReference,
    offset: number,
    { dims, strides }: { dims: readonly number[]; strides: readonly number[] },
  ) {
    this.storage = storage
    this.offset = offset
    this.dims = dims
    this.strides = strides
  }
}

const maxDims = 64 // as torch has it

const typeOfStorage = {
  FloatStorage: 'float32',
  DoubleStorage: 'float64',
  HalfStorage: 'float16',
  BFloat16Storage: 'bfloat16',
  LongStorage: 'int64',
  IntStorage: 'int32',
  ShortStorage: 'int16',
  CharStorage: 'int8',
  ByteStorage: 'uint8',
  BoolStorage: 'bool',
} as const satisfies Record<string, StoredType>

const storageTypes: ReadonlyMap<PickleGlobal, StoredType> = new Map(
  Object.entries(typeOfStorage).map(([name, type]) => [{ name: `torch.${name}` }, type]),
)

const functions: readonly PickleGlobal[] = [
  { name: 'collections.OrderedDict', call: orderedDict },
  { name: 'torch.Size', call: ([dims]) => counts(dims, 'torch.Size') },
  { name: 'torch._utils._rebuild_tensor_v2', call: rebuildTensor },
  { name: 'torch._utils._rebuild_parameter', call: rebuildParameter },
]

/** The names that torch's pickle of a state dict needs, and no others. */
export const torchWorld: PickleWorld = {
  globals: new Map([...functions, ...storageTypes.keys()].map((global) => [global.name, global])),
  persistent: storageReference,
}

/** The name of torch's storage class for an element type; nothing where torch 1.13 has none. */
export function storageNameOf(type: StoredType): string | undefined {
  return Object.entries(typeOfStorage).find(([, each]) => each === type)?.[0]
}

function storageReference(id: unknown): StorageReference {
  const [kind, of, key, , length] = Array.isArray(id) ? id : []
  const type = storageTypes.get(of as PickleGlobal)
  if (kind !== 'storage' || !type || typeof key !== 'string' || !isCount(length)) {
    throw bad('got a persistent id that is not of a storage')
  }
  return { type, key, length }
}

function orderedDict(args: readonly unknown[]): Map<unknown, unknown> {
  if (args.length > 0) throw bad('got collections.OrderedDict with arguments, wanted none')
  return new Map()
}

/** `_rebuild_tensor_v2(storage, storage_offset, size, stride, requires_grad, backward_hooks)`. */
function rebuildTensor([storage, offset, size, stride]: readonly unknown[]): TensorReference {
  const what = 'torch._utils._rebuild_tensor_v2'
  if (!isStorage(storage) || !isCount(offset)) {
    throw bad(`${what}: got no storage or no offset from 0`)
  }
  const [dims, strides] = [counts(size, what), counts(stride, what)]
  if (dims.length !== strides.length) {
    throw bad(`${what}: got ${dims.length} dimensions with ${strides.length} strides`)
  }
  return new TensorReference(storage, offset, { dims, strides })
}

/** `_rebuild_parameter(data, requires_grad, backward_hooks)`. */
function rebuildParameter([data]: readonly unknown[]): TensorReference {
  if (data instanceof TensorReference) return data
  throw bad('torch._utils._rebuild_parameter: got no tensor')
}

function counts(value: unknown, what: string): number[] {
  // A copy: what was a list in the pickle can still grow.
  if (Array.isArray(value) && value.length <= maxDims && value.every(isCount)) return [...value]
  throw bad(`${what}: got no tuple of at most ${maxDims} whole numbers from 0`)
}

function isStorage(value: unknown): value is StorageReference {
  return typeof value === 'object' && value !== null && 'key' in value && 'length' in value
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function bad(what: string): ModelError {
  return new ModelError('BAD_FILE', `pickle: ${what}`)
}
