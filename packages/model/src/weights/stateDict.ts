import { ModelError } from '../errors.ts'
import { type ArrayTypes, arrayOf, type DType, sizeOf, type Tensor } from '../tensor.ts'
import { elementsOf, readType, storedBytes } from './elements.ts'
import { readPickle } from './pickle.ts'
import { shortened } from './shortened.ts'
import { namedTensors } from './stateDictNames.ts'
import { type StorageReference, type TensorReference, torchWorld } from './torchPickle.ts'
import { readZip, unpackEntry, type ZipEntry } from './zip.ts'

export interface DecodeStateDictOptions {
  /**
   * Most bytes that inflating and views that are not contiguous may take together. What lies in the
   * file as it is needed is used in place and not counted. Default: 1 GiB, our choice.
   */
  readonly maxBytes?: number
}

const maxVersion = 10 // kMaxSupportedFileFormatVersion of torch's caffe2/serialize/versions.h

/**
 * Reads the tensors of what `torch.save` wrote (torch 1.6 or newer), without running any of it.
 *
 * Names are the file's, `.` between the levels of nested dictionaries and lists. Where the outermost
 * dictionary has no tensor of its own but a dictionary named `state_dict`, `model_state_dict` or
 * `model`, only that one is read and its name is left out, since the rest is an optimiser's. A
 * `module.` that DataParallel put before names is kept. Values that are not tensors are left out.
 *
 * bfloat16 is widened to float32. Tensors share the memory of `bytes`, and of each other where they
 * share a storage, but for what is not contiguous or not aligned.
 * @throws ModelError `UNSAFE_FILE` for a pickle that asks for any name a state dict does not need;
 * `UNSUPPORTED` for torch's older formats, TorchScript, big-endian archives and more than `maxBytes`;
 * `BAD_FILE` for what is damaged or no state dict
 */
export async function decodeStateDict(
  bytes: Uint8Array,
  { maxBytes = 2 ** 30 }: DecodeStateDictOptions = {},
): Promise<Map<string, Tensor>> {
  refuseLegacy(bytes)
  const archive = new Archive(readZip(bytes), maxBytes)
  await archive.check()
  const references = namedTensors(readPickle(await archive.unpack('data.pkl'), torchWorld))
  const tensors = new Map<string, Tensor>()
  for (const [name, reference] of references) {
    tensors.set(name, await archive.tensor(name, reference))
  }
  return tensors
}

/** Before zip, torch wrote pickles one after another, and before that, tar. */
function refuseLegacy(bytes: Uint8Array): void {
  const isTar = String.fromCharCode(...bytes.subarray(257, 262)) === 'ustar'
  if (bytes[0] !== 0x80 && !isTar) return
  const got = `got ${isTar ? 'a tar' : 'a bare pickle'}, as torch wrote before 1.6`
  throw unsupported(`${got}, wanted a zip: load it in torch and save it again`)
}

interface LoadedStorage {
  readonly reference: StorageReference
  readonly elements: ArrayTypes[DType]
}

/** The zip that torch writes: all files in one folder, `data.pkl` among them, storages in `data/`. */
class Archive {
  readonly #entries: ReadonlyMap<string, ZipEntry>
  readonly #folder: string
  readonly #storages = new Map<string, LoadedStorage>()
  readonly #maxBytes: number
  #spentBytes = 0

  constructor(entries: ReadonlyMap<string, ZipEntry>, maxBytes: number) {
    const folders = [...entries.keys()].flatMap((name) => /^[^/]+\/(?=data\.pkl$)/.exec(name) ?? [])
    const [folder] = folders
    if (folder === undefined || folders.length > 1) {
      throw bad(`got a zip with ${folders.length} files '<folder>/data.pkl', wanted one`)
    }
    this.#entries = entries
    this.#folder = folder
    this.#maxBytes = maxBytes
  }

  async check(): Promise<void> {
    if (this.#entries.has(`${this.#folder}constants.pkl`)) {
      throw unsupported('got a TorchScript archive, wanted a state dict')
    }
    const version = await this.#word('version')
    if (!/^\d+$/.test(version)) throw bad(`got version '${shortened(version)}', wanted a number`)
    if (Number(version) > maxVersion) {
      throw unsupported(`got version ${shortened(version)}, wanted at most ${maxVersion}`)
    }
    if (!this.#entries.has(`${this.#folder}byteorder`)) return
    const order = await this.#word('byteorder')
    if (order !== 'little')
      throw unsupported(`got byte order '${shortened(order)}', wanted 'little'`)
  }

  /** A file of one short word. */
  async #word(path: string): Promise<string> {
    const { sizeBytes } = this.#entry(path)
    if (sizeBytes > 32) throw bad(`'${shortened(path)}': got ${sizeBytes} bytes, wanted one word`)
    return new TextDecoder().decode(await this.unpack(path)).trim()
  }

  async unpack(path: string): Promise<Uint8Array> {
    const entry = this.#entry(path)
    if (entry.method !== 'stored') this.#spend(entry.sizeBytes, path)
    return unpackEntry(entry)
  }

  async tensor(name: string, reference: TensorReference): Promise<Tensor> {
    const { storage, dims } = reference
    checkInside(name, reference)
    const { elements } = await this.#storage(storage)
    const type = readType(storage.type)
    const size = sizeOf(dims)
    if (isContiguous(reference)) {
      const { offset } = reference
      return { type, dims, data: elements.subarray(offset, offset + size) }
    }
    this.#spend(size * elements.BYTES_PER_ELEMENT, `tensor '${shortened(name)}'`)
    return { type, dims, data: gathered(type, elements, reference) }
  }

  async #storage(reference: StorageReference): Promise<LoadedStorage> {
    const { type, key, length } = reference
    const known = this.#storages.get(key)
    if (known) {
      if (known.reference.type !== type || known.reference.length !== length) {
        throw bad(`storage '${shortened(key)}': got two types or lengths for it`)
      }
      return known
    }
    const wanted = length * storedBytes(type)
    const { sizeBytes } = this.#entry(`data/${key}`)
    if (sizeBytes !== wanted) {
      throw bad(
        `storage '${shortened(key)}': got ${sizeBytes} bytes, wanted ${wanted} for ${length} ${type}`,
      )
    }
    const loaded = { reference, elements: elementsOf(type, await this.unpack(`data/${key}`)) }
    this.#storages.set(key, loaded)
    return loaded
  }

  #entry(path: string): ZipEntry {
    const entry = this.#entries.get(this.#folder + path)
    if (!entry) throw bad(`got no file '${shortened(this.#folder + path)}'`)
    return entry
  }

  #spend(bytes: number, what: string): void {
    this.#spentBytes += bytes
    if (this.#spentBytes > this.#maxBytes) {
      const got = `${what}: got ${this.#spentBytes} bytes to unpack in all`
      throw unsupported(`${got}, wanted at most ${this.#maxBytes} (maxBytes)`)
    }
  }
}

function checkInside(name: string, { storage, offset, dims, strides }: TensorReference): void {
  if (dims.includes(0)) return
  const last = dims.reduce((sum, dim, axis) => sum + (dim - 1) * strides[axis], offset)
  if (last >= storage.length) {
    const got = `got elements up to ${last}`
    throw bad(`tensor '${shortened(name)}': ${got}, wanted below ${storage.length}`)
  }
}

/** Whether the elements lie one after another in row order. */
function isContiguous({ dims, strides }: TensorReference): boolean {
  if (dims.includes(0)) return true
  let wanted = 1
  return dims.reduceRight((is, dim, axis) => {
    const fits = dim === 1 || strides[axis] === wanted
    wanted *= dim
    return is && fits
  }, true)
}

/** The elements in row order, whatever the strides. */
function gathered(
  type: DType,
  elements: ArrayTypes[DType],
  { offset, dims, strides }: TensorReference,
): ArrayTypes[DType] {
  const result = new (arrayOf(type))(sizeOf(dims))
  const index = dims.map(() => 0)
  let from = offset
  for (let i = 0; i < result.length; i++) {
    result[i] = elements[from]
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      if (++index[axis] < dims[axis]) {
        from += strides[axis]
        break
      }
      from -= strides[axis] * (dims[axis] - 1)
      index[axis] = 0
    }
  }
  return result
}

function bad(what: string): ModelError {
  return new ModelError('BAD_FILE', `state dict: ${what}`)
}

function unsupported(what: string): ModelError {
  return new ModelError('UNSUPPORTED', `state dict: ${what}`)
}
