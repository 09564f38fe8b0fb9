import { ModelError } from '../errors.ts'
import type { Json } from '../json.ts'
import { readFields } from '../onnx/protobuf.ts'
import { EntryFields, Model } from '../onnx/schema.ts'
import { shortened } from '../weights/shortened.ts'

/** How an int8 model was made of a float one. */
export interface Quantization {
  /** How ranges of activations were chosen. */
  readonly method: string
  readonly weightBits: 7 | 8
  /** Examples the ranges were measured on. */
  readonly examples: number
}

/** What a classifier's file says about itself. */
export interface ModelDescription {
  readonly network: {
    readonly name: string
    /** What rebuilds the network. */
    readonly settings: Readonly<Record<string, number | string>>
  }
  /** Names of the classes, in the order of the probabilities. */
  readonly classes: readonly string[]
  /** Names of the numbers given beside the picture; none for a network that sees the picture alone. */
  readonly evidence: readonly string[]
  /** Shapes of one example's inputs: `image` [C, H, W] and, where there is some, `evidence` [n]. */
  readonly inputs: Readonly<Record<string, readonly number[]>>
  /** What logits are divided by inside the model. */
  readonly temperature: number
  /** Where the weights come from: data, run, commit, whatever the trainer wrote down. */
  readonly provenance: Readonly<Record<string, Json>>
  /** Of an int8 model. */
  readonly quantization?: Quantization
}

const KIND = 'nebulift.classifier/1'

/** A description as an ONNX file keeps it: words by key. */
export function writeDescription(description: ModelDescription): Record<string, string> {
  const entries = Object.entries(description).filter(([, value]) => value !== undefined)
  return {
    kind: KIND,
    ...Object.fromEntries(entries.map(([key, value]) => [key, JSON.stringify(value)])),
  }
}

/**
 * The description in the metadata of an ONNX file.
 * @throws ModelError `BAD_FILE` for a file that nebulift did not write, or that was altered
 */
export function readDescription(metadata: Readonly<Record<string, string>>): ModelDescription {
  const { kind } = metadata
  if (kind === undefined) throw foreign('its metadata name no kind')
  if (kind !== KIND) throw foreign(`its kind is ${shortened(kind)}, wanted ${KIND}`)
  const part = <T>(key: string, fits: (value: unknown) => boolean): T => {
    const value = parsed(metadata[key])
    if (!fits(value)) throw foreign(`its ${key} are ${shortened(metadata[key] ?? 'missing')}`)
    return value as T
  }
  return {
    network: part('network', isNetwork),
    classes: part('classes', (value) => isList(value, 'string') && value.length > 0),
    evidence: part('evidence', (value) => isList(value, 'string')),
    inputs: part('inputs', isInputs),
    temperature: part('temperature', (value) => typeof value === 'number' && value > 0),
    provenance: part('provenance', isRecord),
    ...(metadata.quantization !== undefined && { quantization: part('quantization', isRecord) }),
  }
}

/**
 * What a classifier's file says about itself, without reading its weights.
 * @throws ModelError `BAD_FILE` where the bytes are damaged, or no classifier of nebulift
 */
export function describeModel(model: Uint8Array): ModelDescription {
  return readDescription(readMetadata(model))
}

function readMetadata(model: Uint8Array): Record<string, string> {
  const metadata: Record<string, string> = {}
  const words = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
  let hasGraph = false
  try {
    for (const { number, bytes } of readFields(model)) {
      if (number === Model.graph) hasGraph = true
      if (number !== Model.metadata) continue
      const entry = new Map([...readFields(bytes)].map((field) => [field.number, field.bytes]))
      const [key, value] = [entry.get(EntryFields.key), entry.get(EntryFields.value)]
      if (key) metadata[words(key)] = value ? words(value) : ''
    }
  } catch (cause) {
    throw foreign('it is not ONNX, or damaged', { cause })
  }
  if (!hasGraph) throw foreign('it is not ONNX, or damaged')
  return metadata
}

const foreign = (why: string, options?: ErrorOptions) =>
  new ModelError('BAD_FILE', `the model is not a classifier of nebulift: ${why}`, options)

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isList = (value: unknown, type: 'string' | 'number'): value is unknown[] =>
  Array.isArray(value) && value.every((item) => typeof item === type)

const isNetwork = (value: unknown) =>
  isRecord(value) && typeof value.name === 'string' && isRecord(value.settings)

const isInputs = (value: unknown) =>
  isRecord(value) &&
  isList(value.image, 'number') &&
  value.image.length === 3 &&
  Object.values(value).every(
    (shape) => isList(shape, 'number') && shape.every((size) => Number(size) > 0),
  )
