import { crc32 } from '../crc32.ts'
import { ModelError } from '../errors.ts'
import type { Json } from '../json.ts'
import type { Arrays } from './arrays.ts'
import type { OptimizerState } from './optimizers.ts'

/**
 * All that training needs to go on as if it had never stopped. What is drawn at random is a function of the seed and the
 * position, so no random state has to be kept.
 */
export interface Checkpoint {
  /** What is learned, by name; the order is kept. */
  readonly parameters: Arrays
  /** What is observed, such as running means of batch norms. */
  readonly buffers: Arrays
  readonly optimizer: OptimizerState & { readonly name: string }
  /** The next step to make: epoch, and step within it, both from 0. */
  readonly position: { readonly epoch: number; readonly step: number }
  /** Measures so far, early stopping's state and the like. */
  readonly progress: Json
  /** The settings the training was started with. */
  readonly settings: Json
}

/**
 * The file, all numbers little-endian:
 *
 *     0  `NBLFTCKP`   8  version 1, uint32   12  length of the header, uint32
 *    16  length of the whole file, uint64    24  header: JSON in UTF-8
 *    …   arrays of float32, each at a multiple of 64 bytes, zeros between
 *    -4  CRC-32 of all that comes before, uint32
 */
const MAGIC = 'NBLFTCKP'
const VERSION = 1
const PRELUDE = 24
const ALIGNMENT = 64

interface StoredArray {
  readonly group: 'parameters' | 'buffers' | 'slots'
  readonly name: string
  /** Count of numbers. */
  readonly length: number
}

interface Header extends Pick<Checkpoint, 'position' | 'progress' | 'settings'> {
  readonly optimizer: { readonly name: string; readonly step: number }
  /** In the order in which they lie in the file. */
  readonly arrays: readonly StoredArray[]
}

/**
 * One self-describing file with everything in it; the arrays keep every bit, NaN among them.
 * @throws ModelError `BAD_ARGUMENT` where JSON parts hold NaN or infinity, which JSON cannot say
 */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const { parameters, buffers, optimizer, position, progress, settings } = checkpoint
  const groups = { parameters, buffers, slots: optimizer.slots }
  const stored = Object.entries(groups).flatMap(([group, arrays]) =>
    [...arrays].map(([name, data]) => ({ group: group as StoredArray['group'], name, data })),
  )
  const header: Header = {
    optimizer: { name: optimizer.name, step: optimizer.step },
    position,
    progress,
    settings,
    arrays: stored.map(({ group, name, data }) => ({ group, name, length: data.length })),
  }
  const text = new TextEncoder().encode(JSON.stringify(header, onlyFinite))
  const { offsets, end } = placesOf(header.arrays, text.length)
  const bytes = new Uint8Array(end + 4)
  const view = new DataView(bytes.buffer)
  bytes.set(new TextEncoder().encode(MAGIC))
  view.setUint32(8, VERSION, true)
  view.setUint32(12, text.length, true)
  view.setBigUint64(16, BigInt(bytes.length), true)
  bytes.set(text, PRELUDE)
  stored.forEach(({ data }, i) => {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offsets[i])
  })
  view.setUint32(end, crc32(bytes.subarray(0, end)), true)
  return bytes
}

/**
 * Reads what `encodeCheckpoint` wrote. The arrays are copies: training may go on in them at once.
 * @throws ModelError `BAD_FILE` for another kind of file, a newer version, and any that is cut or damaged
 */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  const headerLength = checkWhole(bytes)
  const header = readHeader(bytes.subarray(PRELUDE, PRELUDE + headerLength))
  const { offsets, end } = placesOf(header.arrays, headerLength)
  if (end !== bytes.length - 4) throw badFile('its header tells of another length')
  const groups = { parameters: new Map(), buffers: new Map(), slots: new Map() }
  header.arrays.forEach(({ group, name, length }, i) => {
    // Not `bytes.slice`: of a Node Buffer that is a view.
    const own = new Uint8Array(4 * length)
    own.set(bytes.subarray(offsets[i], offsets[i] + 4 * length))
    groups[group].set(name, new Float32Array(own.buffer))
  })
  const { optimizer, position, progress, settings } = header
  return {
    parameters: groups.parameters,
    buffers: groups.buffers,
    optimizer: { ...optimizer, slots: groups.slots },
    position,
    progress,
    settings,
  }
}

/** Refuses what is not a whole, unharmed checkpoint; returns the length of its header. */
function checkWhole(bytes: Uint8Array): number {
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, MAGIC.length))
  if (start !== MAGIC) throw badFile(`not a checkpoint, begins with ${JSON.stringify(start)}`)
  if (bytes.length < PRELUDE + 4) throw badFile(`truncated, only ${bytes.length} bytes`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const version = view.getUint32(8, true)
  const length = Number(view.getBigUint64(16, true))
  if (length > bytes.length) throw badFile(`truncated, ${bytes.length} of ${length} bytes`)
  if (length < bytes.length) throw badFile(`${bytes.length} bytes, wanted ${length}`)
  const end = length - 4
  if (crc32(bytes.subarray(0, end)) !== view.getUint32(end, true)) {
    throw badFile('damaged, its checksum does not fit')
  }
  // Last: a version that is only a damaged byte is damage.
  if (version !== VERSION) {
    const message = `checkpoint: version ${version}, this program reads ${VERSION}`
    throw new ModelError('UNSUPPORTED', message)
  }
  return view.getUint32(12, true)
}

function readHeader(bytes: Uint8Array): Header {
  try {
    const header = JSON.parse(new TextDecoder().decode(bytes))
    const groups = ['parameters', 'buffers', 'slots']
    if (header.arrays.every(({ group }: StoredArray) => groups.includes(group))) return header
  } catch {
    // Told below, like any other header that is none.
  }
  throw badFile('its header cannot be read')
}

function badFile(why: string): ModelError {
  return new ModelError('BAD_FILE', `checkpoint: ${why}`)
}

/** Where each array begins, and where the checksum does. */
function placesOf(arrays: readonly StoredArray[], headerLength: number) {
  let end = PRELUDE + headerLength
  const offsets = arrays.map(({ length }) => {
    const offset = Math.ceil(end / ALIGNMENT) * ALIGNMENT
    end = offset + 4 * length
    return offset
  })
  return { offsets, end }
}

function onlyFinite(name: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new ModelError('BAD_ARGUMENT', `checkpoint: ${name} is ${value}, which JSON cannot hold`)
  }
  return value
}
