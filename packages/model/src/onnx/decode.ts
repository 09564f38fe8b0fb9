import { ModelError } from '../errors.ts'
import {
  type Attribute,
  type Dim,
  float,
  type Graph,
  type Node,
  type Value,
} from '../graph/graph.ts'
import type { Call, Outcome } from '../graph/shapes/rule.ts'
import { hasShapeRule, inferShapes } from '../graph/shapes.ts'
import type { Tensor } from '../tensor.ts'
import { Fields } from './fields.ts'
import {
  AttributeFields,
  AttributeKind,
  DimFields,
  EntryFields,
  GraphFields,
  Model,
  NodeFields,
  OperatorSet,
  ShapeFields,
  TensorTypeFields,
  TypeFields,
  ValueFields,
} from './schema.ts'
import { MOST_AXES, readNamedTensor, typeNamed } from './tensors.ts'

/** What a model file holds. */
export interface OnnxModel {
  readonly graph: Graph
  readonly metadata: Readonly<Record<string, string>>
  readonly opsets: Readonly<Record<string, number>>
}

/**
 * Reads an ONNX model. Shapes are inferred from the inputs and constants, else taken from the file; a value
 * whose shape cannot be told has an empty one.
 * @throws ModelError `BAD_FILE` where the bytes are not an ONNX model, `UNSUPPORTED` for numbers kept in
 * other files, sub-graphs and element types unknown here
 */
export function decodeOnnx(bytes: Uint8Array): OnnxModel {
  const model = new Fields(bytes)
  const graph = model.one(Model.graph)
  if (!graph?.isBytes || !model.has(Model.irVersion)) {
    throw new ModelError('BAD_FILE', 'not an ONNX model: it holds no graph')
  }
  const metadata = model.messages(Model.metadata).map((message) => {
    const fields = new Fields(message)
    return [fields.text(EntryFields.key) ?? '', fields.text(EntryFields.value) ?? '']
  })
  const opsets = model.messages(Model.opset).map((message) => {
    const fields = new Fields(message)
    return [fields.text(OperatorSet.domain) ?? '', fields.whole(OperatorSet.version) ?? 1]
  })
  return {
    graph: readGraph(graph.bytes),
    metadata: Object.fromEntries(metadata),
    opsets: Object.fromEntries(opsets),
  }
}

function readGraph(bytes: Uint8Array): Graph {
  const fields = new Fields(bytes)
  const constants = new Map(fields.messages(GraphFields.constant).map(readNamedTensor))
  const stated = fields.messages(GraphFields.output).map(readValue)
  const known: Known = {
    constants,
    values: new Map(),
    stated: new Map(
      [...fields.messages(GraphFields.valueInfo).map(readValue), ...stated].map((value) => [
        value.name,
        value,
      ]),
    ),
    shapeless: new Set(),
  }
  for (const [name, { type, dims }] of constants) define(known, { name, type, shape: dims })
  const inputs = fields
    .messages(GraphFields.input)
    .map(readValue)
    // Old files list constants among the inputs too.
    .filter(({ name }) => !constants.has(name))
  for (const input of inputs) define(known, input)
  const nodes = fields.messages(GraphFields.node).flatMap((message) => readNode(message, known))
  const outputs = stated.map(({ name }) => {
    const value = known.values.get(name)
    if (!value) throw new ModelError('BAD_FILE', `ONNX: nothing computes the output ${name}`)
    return value
  })
  return { name: fields.text(GraphFields.name) ?? 'graph', inputs, outputs, constants, nodes }
}

interface Known {
  readonly values: Map<string, Value>
  readonly constants: Map<string, Tensor>
  /** What the file says of values that are computed. */
  readonly stated: ReadonlyMap<string, Value>
  /** Names of values whose shapes cannot be told. */
  readonly shapeless: Set<string>
}

function define({ values }: Known, value: Value): void {
  if (values.has(value.name)) {
    throw new ModelError('BAD_FILE', `ONNX: ${value.name} is there twice`)
  }
  values.set(value.name, value)
}

/** A node; or nothing for a `Constant`, which joins the constants. */
function readNode(message: Uint8Array, known: Known): Node[] {
  const fields = new Fields(message)
  const op = fields.text(NodeFields.op) ?? ''
  const domain = (fields.text(NodeFields.domain) ?? '').replace(/^ai\.onnx$/, '')
  const attributes: Readonly<Record<string, Attribute>> = Object.fromEntries(
    fields.messages(NodeFields.attribute).map((bytes) => readAttribute(bytes, op)),
  )
  const names = fields.texts(NodeFields.output)
  const { value } = attributes
  if (op === 'Constant' && typeof value === 'object' && 'dims' in value && names.length > 0) {
    known.constants.set(names[0], value)
    define(known, { name: names[0], type: value.type, shape: value.dims })
    return []
  }
  const inputs = fields.texts(NodeFields.input).map((name) => readInput(name, { op, known }))
  const { constants } = known
  const outcomes = shapesOf({ op, domain, inputs, attributes, constants }, known)
  const outputs = names.map((name, i): Value => {
    const stated = known.stated.get(name)
    const outcome = outcomes[i] ?? stated
    const { type, shape } = outcome ?? { type: inputs[0]?.type ?? 'float32', shape: [] }
    const output = { name, type, shape }
    if (!outcome) known.shapeless.add(name)
    if (name !== '') define(known, output)
    return output
  })
  return [{ op, domain, inputs, outputs, attributes }]
}

function readInput(name: string, { op, known }: { op: string; known: Known }): Value | undefined {
  const value = known.values.get(name)
  if (value || name === '') return value
  throw new ModelError('BAD_FILE', `ONNX: ${op} reads ${name}, which nothing computes before it`)
}

/** Nothing where they cannot be told: another operator set, or a shape that is computed when the graph runs. */
function shapesOf(call: Call, { shapeless }: Known): readonly Outcome[] {
  const unclear = call.inputs.some((input) => input && shapeless.has(input.name))
  if (unclear || !hasShapeRule(call.op)) return []
  try {
    return inferShapes(call).filter(({ shape }) => shape.length <= MOST_AXES)
  } catch (error) {
    if (error instanceof ModelError) return []
    throw error
  }
}

function readAttribute(message: Uint8Array, op: string): [string, Attribute] {
  const fields = new Fields(message)
  const key = fields.text(AttributeFields.name) ?? ''
  switch (fields.whole(AttributeFields.type) ?? kindOf(fields)) {
    // An attribute at its default of zero is written without its value.
    case AttributeKind.float:
      return [key, float(fields.floats(AttributeFields.float, 4).at(-1) ?? 0)]
    case AttributeKind.long:
      return [key, fields.whole(AttributeFields.long) ?? 0]
    case AttributeKind.text:
      return [key, fields.text(AttributeFields.text) ?? '']
    case AttributeKind.tensor:
      return [
        key,
        readNamedTensor(fields.one(AttributeFields.tensor)?.bytes ?? new Uint8Array())[1],
      ]
    case AttributeKind.longs:
      return [key, fields.longs(AttributeFields.longs).map(Number)]
    default:
      throw new ModelError(
        'UNSUPPORTED',
        `ONNX: attribute ${key} of ${op} is of a kind not read here`,
      )
  }
}

/** The kind of an attribute that does not state it, as in files of the first years. */
function kindOf(fields: Fields): number | undefined {
  const kinds = ['float', 'long', 'text', 'tensor', 'longs'] as const
  const kind = kinds.find((name) => fields.has(AttributeFields[name]))
  return kind && AttributeKind[kind]
}

function readValue(message: Uint8Array): Value {
  const fields = new Fields(message)
  const name = fields.text(ValueFields.name) ?? ''
  const inner = (from: Fields | undefined, number: number) => {
    const field = from?.one(number)
    return field && new Fields(field.bytes)
  }
  const tensor = inner(inner(fields, ValueFields.type), TypeFields.tensor)
  const dims = inner(tensor, TensorTypeFields.shape)?.messages(ShapeFields.dim) ?? []
  if (dims.length > MOST_AXES) {
    throw new ModelError('BAD_FILE', `ONNX: ${name} has ${dims.length} axes`)
  }
  return {
    name,
    type: typeNamed(tensor?.whole(TensorTypeFields.element) ?? 1),
    shape: dims.map((bytes, i): Dim => {
      const dim = new Fields(bytes)
      return dim.whole(DimFields.value) ?? dim.text(DimFields.name) ?? `${name}_${i}`
    }),
  }
}
