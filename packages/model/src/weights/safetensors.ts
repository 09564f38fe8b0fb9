import { ModelError } from '../errors.ts'
import { sizeOf, type Tensor, type TensorMap } from '../tensor.ts'
import { bytesOfTensor, elementsOf, readType, type StoredType, storedBytes } from './elements.ts'
import { shortened } from './shortened.ts'

/** What a safetensors file holds. */
export interface Safetensors {
  readonly tensors: Map<string, Tensor>
  /** The file's `__metadata__`; empty where it has none. */
  readonly metadata: Readonly<Record<string, string>>
}

const typeOfTag = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I8: 'int8',
  U8: 'uint8',
  I16: 'int16',
  U16: 'uint16',
  I32: 'int32',
  I64: 'int64',
  BOOL: 'bool',
} as const satisfies Record<string, StoredType>

const tagOfType = Object.fromEntries(
  Object.entries(typeOfTag).map(([tag, type]) => [type, tag]),
) as Record<StoredType, keyof typeof typeOfTag>

const maxHeaderBytes = 100_000_000 // as the reference implementation has it
const metadataKey = '__metadata__'

/**
 * Writes tensors in the safetensors format. The header keeps their order; the data lie by element
 * size, widest first, so that every tensor is aligned and can be read without a copy.
 * Format: https://github.com/huggingface/safetensors#format
 * @throws ModelError `BAD_ARGUMENT` where a tensor is not what it says, or is named `__metadata__`
 */
export function encodeSafetensors(
  tensors: TensorMap,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  if (tensors.has(metadataKey)) {
    throw new ModelError('BAD_ARGUMENT', `safetensors: '${metadataKey}' cannot name a tensor`)
  }
  const parts = layOut(tensors)
  // Joined by hand: an object would put names that look like numbers first.
  const members = [...tensors].map(([name, { type, dims }]) => {
    const { begin, bytes } = parts.get(name)!
    const offsets = [begin, begin + bytes.length]
    const info = { dtype: tagOfType[type], shape: dims, data_offsets: offsets }
    return `${JSON.stringify(name)}:${JSON.stringify(info)}`
  })
  if (Object.keys(metadata).length > 0) {
    members.unshift(`"${metadataKey}":${JSON.stringify(metadata)}`)
  }
  const json = new TextEncoder().encode(`{${members.join(',')}}`)
  const start = 8 + Math.ceil(json.length / 8) * 8
  const dataBytes = [...parts.values()].reduce((sum, { bytes }) => sum + bytes.length, 0)
  const file = new Uint8Array(start + dataBytes)
  new DataView(file.buffer).setBigUint64(0, BigInt(start - 8), true)
  file.fill(0x20, 8, start).set(json, 8)
  for (const { begin, bytes } of parts.values()) file.set(bytes, start + begin)
  return file
}

interface Part {
  readonly begin: number
  readonly bytes: Uint8Array
}

function layOut(tensors: TensorMap): Map<string, Part> {
  let begin = 0
  const widestFirst = [...tensors].sort(([, a], [, b]) => storedBytes(b.type) - storedBytes(a.type))
  return new Map(
    widestFirst.map(([name, tensor]) => {
      const part = { begin, bytes: bytesOfTensor(name, tensor) }
      begin += part.bytes.length
      return [name, part]
    }),
  )
}

/**
 * Reads a safetensors file that is wholly in memory. Tensors share the memory of `bytes` where it is
 * aligned to their elements, and come in the header's order, but for names that are whole numbers,
 * which JSON puts first. bfloat16 is widened to float32, without loss.
 * @throws ModelError `BAD_FILE` where the file breaks the format, `UNSUPPORTED` for an element type
 * that has no array here
 */
export function decodeSafetensors(bytes: Uint8Array): Safetensors {
  const { header, data } = splitHeader(bytes)
  const { [metadataKey]: metadata = {}, ...rest } = header
  if (!isRecord(metadata) || !Object.values(metadata).every((text) => typeof text === 'string')) {
    throw bad(`got '${metadataKey}' that is not an object of texts`)
  }
  const entries = Object.entries(rest).map(([name, info]) => readEntry(name, info))
  checkCover(entries, data.length)
  const tensors = new Map(
    entries.map(({ name, type, dims, begin, end }): [string, Tensor] => {
      const elements = elementsOf(type, data.subarray(begin, end))
      return [name, { type: readType(type), dims, data: elements }]
    }),
  )
  return { tensors, metadata: metadata as Record<string, string> }
}

function splitHeader(bytes: Uint8Array): { header: Record<string, unknown>; data: Uint8Array } {
  if (bytes.length < 8) throw bad(`got ${bytes.length} bytes, wanted 8 for the header's length`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const length = Number(view.getBigUint64(0, true))
  if (length > maxHeaderBytes) {
    throw bad(`got a header of ${length} bytes, wanted at most ${maxHeaderBytes}`)
  }
  if (8 + length > bytes.length) {
    throw bad(`got ${bytes.length} bytes, wanted at least ${8 + length} for the header`)
  }
  if (bytes[8] !== 0x7b) throw bad("got a header that does not begin with '{'")
  return { header: parseHeader(bytes.subarray(8, 8 + length)), data: bytes.subarray(8 + length) }
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw bad('got a header that is not JSON in UTF-8', cause)
  }
}

interface Entry {
  readonly name: string
  readonly type: StoredType
  readonly dims: number[]
  readonly begin: number
  readonly end: number
}

function readEntry(name: string, info: unknown): Entry {
  if (!isRecord(info)) throw bad(`tensor '${shortened(name)}': got no object to describe it`)
  const { dtype, shape, data_offsets: offsets } = info
  if (typeof dtype !== 'string') throw bad(`tensor '${shortened(name)}': got no dtype`)
  if (!Object.hasOwn(typeOfTag, dtype)) {
    const wanted = `wanted one of ${Object.keys(typeOfTag).join(' ')}`
    throw new ModelError(
      'UNSUPPORTED',
      `safetensors: tensor '${shortened(name)}': got ${shortened(dtype)}, ${wanted}`,
    )
  }
  if (!isCounts(shape))
    throw bad(`tensor '${shortened(name)}': got a shape that is no list of counts`)
  if (!isCounts(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    throw bad(`tensor '${shortened(name)}': got data_offsets that are not a beginning and an end`)
  }
  const type = typeOfTag[dtype as keyof typeof typeOfTag]
  const [begin, end] = offsets
  const wanted = sizeOf(shape) * storedBytes(type)
  if (end - begin !== wanted) {
    const described = shortened(`${dtype}[${shape.join(', ')}]`)
    const bytes = `got ${end - begin} bytes, wanted ${wanted}`
    throw bad(`tensor '${shortened(name)}': ${bytes} for ${described}`)
  }
  return { name, type, dims: shape, begin, end }
}

/** Tensors must cover the data without overlap or gap: nothing may hide in between. */
function checkCover(entries: readonly Entry[], dataBytes: number): void {
  let covered = 0
  for (const { name, begin, end } of entries.toSorted(
    (a, b) => a.begin - b.begin || a.end - b.end,
  )) {
    if (begin !== covered) {
      throw bad(
        `tensor '${shortened(name)}': got data from byte ${begin}, wanted from byte ${covered}`,
      )
    }
    covered = end
  }
  if (covered !== dataBytes) throw bad(`got ${dataBytes} bytes of data, wanted ${covered}`)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && count >= 0)
}

function bad(what: string, cause?: unknown): ModelError {
  return new ModelError('BAD_FILE', `safetensors: ${what}`, { cause })
}
