import { ModelError } from '../errors.ts'
import { shapeText } from '../graph/dims.ts'
import type { Attribute, Dim, Graph, Node, Value } from '../graph/graph.ts'
import { float } from '../graph/graph.ts'
import { hasShapeRule, inferShapes } from '../graph/shapes.ts'
import { arrayOf, type DType, sizeOf, type Tensor } from '../tensor.ts'
import { type Field, readFields, readFloat, readLongs } from './protobuf.ts'
import {
  AttributeFields,
  DimFields,
  EntryFields,
  elementTypes,
  GraphFields,
  Model,
  NodeFields,
  OperatorSet,
  ShapeFields,
  TensorFields,
  TensorTypeFields,
  TypeFields,
  ValueFields,
} from './schema.ts'

/** What a model file holds. */
export interface OnnxModel {
  readonly graph: Graph
  readonly metadata: Readonly<Record<string, string>>
  readonly opsets: Readonly<Record<string, number>>
}

const text = ({ bytes }: Field): string => new TextDecoder().decode(bytes)
const whole = ({ long }: Field): number => Number(BigInt.asIntN(64, long))

/** Fields of a message by number. */
function fieldsOf(message: Uint8Array): Map<number, Field[]> {
  const fields = new Map<number, Field[]>()
  for (const field of readFields(message)) {
    const list = fields.get(field.number)
    if (list) list.push(field)
    else fields.set(field.number, [field])
  }
  return fields
}

/**
 * Reads an ONNX model. Shapes are inferred from the inputs and constants; a value whose shape cannot be
 * told (an operator unknown here) has an empty one.
 * @throws ModelError `BAD_FILE` where the bytes are not an ONNX model, `UNSUPPORTED` for numbers kept in
 * other files, sub-graphs and element types unknown here
 */
export function decodeOnnx(bytes: Uint8Array): OnnxModel {
  const model = fieldsOf(bytes)
  const graph = model.get(Model.graph)?.[0]
  if (!graph?.isBytes || !model.has(Model.irVersion)) {
    throw new ModelError('BAD_FILE', 'not an ONNX model: it holds no graph')
  }
  const metadata: Record<string, string> = {}
  for (const { bytes: entry } of model.get(Model.metadata) ?? []) {
    const fields = fieldsOf(entry)
    const [key, value] = [fields.get(EntryFields.key)?.[0], fields.get(EntryFields.value)?.[0]]
    if (key) metadata[text(key)] = value ? text(value) : ''
  }
  const opsets: Record<string, number> = {}
  for (const { bytes: set } of model.get(Model.opset) ?? []) {
    const fields = fieldsOf(set)
    const [domain, version] = [
      fields.get(OperatorSet.domain)?.[0],
      fields.get(OperatorSet.version)?.[0],
    ]
    opsets[domain ? text(domain) : ''] = version ? whole(version) : 1
  }
  return { graph: readGraph(graph.bytes), metadata, opsets }
}

function readGraph(bytes: Uint8Array): Graph {
  const fields = fieldsOf(bytes)
  const all = (number: number) => (fields.get(number) ?? []).map((field) => field.bytes)
  const constants = new Map(all(GraphFields.constant).map(readNamedTensor))
  const values = new Map<string, Value>()
  for (const [name, { type, dims }] of constants) values.set(name, { name, type, shape: dims })
  const inputs = all(GraphFields.input)
    .map(readValue)
    // Old files list constants among the inputs too.
    .filter(({ name }) => !constants.has(name))
  for (const input of inputs) values.set(input.name, input)
  const nodes: Node[] = []
  for (const message of all(GraphFields.node)) {
    const node = readNode(message, { values, constants })
    if (node) nodes.push(node)
  }
  const outputs = all(GraphFields.output).map((message) => {
    const stated = readValue(message)
    const value = values.get(stated.name)
    if (!value) throw new ModelError('BAD_FILE', `ONNX: nothing computes the output ${stated.name}`)
    return value.shape.length === 0 ? stated : value
  })
  const name = fields.get(GraphFields.name)?.[0]
  return { name: name ? text(name) : 'graph', inputs, outputs, constants, nodes }
}

interface Known {
  readonly values: Map<string, Value>
  readonly constants: Map<string, Tensor>
}

/** A node; or nothing for a `Constant`, which joins the constants. */
function readNode(message: Uint8Array, { values, constants }: Known): Node | undefined {
  const fields = fieldsOf(message)
  const texts = (number: number) => (fields.get(number) ?? []).map(text)
  const op = texts(NodeFields.op)[0] ?? ''
  const domain = (texts(NodeFields.domain)[0] ?? '').replace(/^ai\.onnx$/, '')
  const attributes: Record<string, Attribute> = {}
  for (const { bytes } of fields.get(NodeFields.attribute) ?? []) {
    const [name, value] = readAttribute(bytes, op)
    attributes[name] = value
  }
  const names = texts(NodeFields.output)
  if (op === 'Constant' && typeof attributes.value === 'object' && 'dims' in attributes.value) {
    const tensor = attributes.value as Tensor
    constants.set(names[0], tensor)
    values.set(names[0], { name: names[0], type: tensor.type, shape: tensor.dims })
    return undefined
  }
  const inputs = texts(NodeFields.input).map((name) => {
    if (name === '') return undefined
    const value = values.get(name)
    if (!value)
      throw new ModelError(
        'BAD_FILE',
        `ONNX: ${op} reads ${name}, which nothing computes before it`,
      )
    return value
  })
  const known =
    hasShapeRule(op) &&
    inputs.every((input) => !input || input.shape.length > 0 || constants.has(input.name))
  const shapes = known ? inferShapes({ op, domain, inputs, attributes, constants }) : []
  const outputs = names.map((name, i): Value => {
    const { type = 'float32' as DType, shape = [] } = shapes[i] ?? {}
    const value = { name, type, shape }
    if (name !== '') values.set(name, value)
    return value
  })
  return { op, domain, inputs, outputs, attributes }
}

function readAttribute(message: Uint8Array, op: string): [string, Attribute] {
  const fields = fieldsOf(message)
  const first = (number: number) => fields.get(number)?.[0]
  const name = first(AttributeFields.name)
  const key = name ? text(name) : ''
  const float32 = first(AttributeFields.float)
  if (float32) return [key, float(readFloat(float32.bytes))]
  const long = first(AttributeFields.long)
  if (long) return [key, whole(long)]
  const words = first(AttributeFields.text)
  if (words) return [key, text(words)]
  const tensor = first(AttributeFields.tensor)
  if (tensor) return [key, readNamedTensor(tensor.bytes)[1]]
  const longs = fields.get(AttributeFields.longs)
  const kind = first(AttributeFields.type)
  if (longs || kind?.long === 7n) {
    return [key, (longs ?? []).flatMap((f) => (f.isBytes ? readLongs(f.bytes) : [whole(f)]))]
  }
  // An attribute at its default of zero is written without its value.
  if (kind?.long === 1n) return [key, float(0)]
  if (kind?.long === 2n) return [key, 0]
  if (kind?.long === 3n) return [key, '']
  throw new ModelError('UNSUPPORTED', `ONNX: attribute ${key} of ${op} is of a kind not read here`)
}

function readValue(message: Uint8Array): Value {
  const fields = fieldsOf(message)
  const name = fields.get(ValueFields.name)?.[0]
  const type = fields.get(ValueFields.type)?.[0]
  const tensor = type && fieldsOf(type.bytes).get(TypeFields.tensor)?.[0]
  const parts = tensor && fieldsOf(tensor.bytes)
  const element = parts?.get(TensorTypeFields.element)?.[0]
  const shape = parts?.get(TensorTypeFields.shape)?.[0]
  const dims = shape ? (fieldsOf(shape.bytes).get(ShapeFields.dim) ?? []) : []
  return {
    name: name ? text(name) : '',
    type: typeNamed(element ? whole(element) : 1),
    shape: dims.map(({ bytes }): Dim => {
      const dim = fieldsOf(bytes)
      const [value, symbol] = [dim.get(DimFields.value)?.[0], dim.get(DimFields.name)?.[0]]
      return value ? whole(value) : symbol ? text(symbol) : 'unknown'
    }),
  }
}

function typeNamed(number: number): DType {
  const found = Object.entries(elementTypes).find(([, n]) => n === number)
  if (!found) throw new ModelError('UNSUPPORTED', `ONNX: element type ${number} is not read here`)
  return found[0] as DType
}

function readNamedTensor(message: Uint8Array): [string, Tensor] {
  const fields = fieldsOf(message)
  const named = fields.get(TensorFields.name)?.[0]
  const name = named ? text(named) : ''
  if (fields.get(TensorFields.location)?.[0]?.long === 1n) {
    throw new ModelError('UNSUPPORTED', `ONNX: the numbers of ${name} are in another file`)
  }
  const stated = fields.get(TensorFields.type)?.[0]
  const type = typeNamed(stated ? whole(stated) : 1)
  const dims = (fields.get(TensorFields.dims) ?? []).flatMap((f) =>
    f.isBytes ? readLongs(f.bytes) : [whole(f)],
  )
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

function readNumbers(fields: Map<number, Field[]>, type: DType): Tensor['data'] {
  const Numbers = arrayOf(type)
  const raw = fields.get(TensorFields.raw)?.[0]?.bytes
  if (raw) {
    if (raw.length % Numbers.BYTES_PER_ELEMENT)
      throw new ModelError('BAD_FILE', 'ONNX: a number is cut off')
    // A copy: raw data lie at any offset, typed arrays want theirs aligned.
    return new Numbers(raw.slice().buffer, 0, raw.length / Numbers.BYTES_PER_ELEMENT)
  }
  const packed = (number: number) => fields.get(number) ?? []
  const floats = packed(TensorFields.floats).flatMap(({ bytes }) =>
    Array.from({ length: bytes.length / 4 }, (_, i) => readFloat(bytes.subarray(4 * i))),
  )
  const doubles = packed(TensorFields.doubles).flatMap(({ bytes }) =>
    Array.from({ length: bytes.length / 8 }, (_, i) =>
      new DataView(bytes.buffer, bytes.byteOffset + 8 * i, 8).getFloat64(0, true),
    ),
  )
  const longs = [...packed(TensorFields.ints), ...packed(TensorFields.longs)].flatMap((f) =>
    f.isBytes ? readLongs(f.bytes) : [whole(f)],
  )
  const numbers = [...floats, ...doubles, ...longs]
  const data = new Numbers(numbers.length)
  for (const [i, value] of numbers.entries()) {
    ;(data as { [i: number]: unknown })[i] = type === 'int64' ? BigInt(value) : value
  }
  return data
}
