import { ModelError } from '../errors.ts'
import { MEANING, opsets } from '../graph/domains.ts'
import type { Attribute, Graph, Node, Value } from '../graph/graph.ts'
import type { Tensor } from '../tensor.ts'
import { MessageWriter } from './protobuf.ts'
import {
  AttributeFields,
  AttributeKind,
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

export interface EncodeOnnxOptions {
  /** Words to keep with the model, such as class names. Default none. */
  readonly metadata?: Readonly<Record<string, string>>
  /** Operator sets, for a graph that was read from a file of others. Default those graphs are built in. */
  readonly opsets?: Readonly<Record<string, number>>
}

/** Opset 18 came with version 8 of the format; 9 is the last that every runtime of that time reads. */
const IR_VERSION = 9

/**
 * An ONNX model of a graph, as any ONNX tool loads it.
 * @throws ModelError `UNSUPPORTED` where the graph holds what only `lower` understands
 */
export function encodeOnnx(graph: Graph, options: EncodeOnnxOptions = {}): Uint8Array {
  const { metadata = {} } = options
  const sets = { ...opsets, ...options.opsets }
  const model = new MessageWriter()
    .long(Model.irVersion, IR_VERSION)
    .text(Model.producer, 'nebulift')
    .message(Model.graph, graphMessage(graph))
  for (const domain of new Set(['', ...graph.nodes.map((node) => node.domain)])) {
    const version = Object.hasOwn(sets, domain) ? sets[domain] : undefined
    if (version === undefined || domain === MEANING) {
      throw new ModelError(
        'UNSUPPORTED',
        `graph ${graph.name}: nodes of ${domain} cannot be written`,
      )
    }
    model.message(
      Model.opset,
      new MessageWriter().text(OperatorSet.domain, domain).long(OperatorSet.version, version),
    )
  }
  for (const [key, value] of Object.entries(metadata)) {
    model.message(
      Model.metadata,
      new MessageWriter().text(EntryFields.key, key).text(EntryFields.value, value),
    )
  }
  return model.finish()
}

function graphMessage({ name, inputs, outputs, constants, nodes }: Graph): MessageWriter {
  const graph = new MessageWriter()
  for (const [i, node] of nodes.entries()) graph.message(GraphFields.node, nodeMessage(node, i))
  graph.text(GraphFields.name, name)
  for (const [id, tensor] of constants)
    graph.message(GraphFields.constant, tensorMessage(tensor, id))
  for (const input of inputs) graph.message(GraphFields.input, valueMessage(input))
  for (const output of outputs) graph.message(GraphFields.output, valueMessage(output))
  return graph
}

function nodeMessage({ op, domain, inputs, outputs, attributes }: Node, i: number): MessageWriter {
  const node = new MessageWriter()
  const last = inputs.findLastIndex((input) => input !== undefined)
  for (const input of inputs.slice(0, last + 1)) node.text(NodeFields.input, input?.name ?? '')
  for (const output of outputs) node.text(NodeFields.output, output.name)
  node.text(NodeFields.name, `${op}_${i}`).text(NodeFields.op, op)
  for (const [name, value] of Object.entries(attributes)) {
    node.message(NodeFields.attribute, attributeMessage(name, value))
  }
  return domain === '' ? node : node.text(NodeFields.domain, domain)
}

function attributeMessage(name: string, value: Attribute): MessageWriter {
  const fields = AttributeFields
  const message = new MessageWriter().text(fields.name, name)
  const kind = (type: number) => message.long(fields.type, type)
  if (typeof value === 'string') return kind(AttributeKind.text).text(fields.text, value)
  if (typeof value === 'number') return kind(AttributeKind.long).long(fields.long, value)
  if ('float' in value) return kind(AttributeKind.float).float(fields.float, value.float)
  if ('dims' in value)
    return kind(AttributeKind.tensor).message(fields.tensor, tensorMessage(value))
  // Not packed: proto2 readers of the schema want one entry a number.
  for (const item of value) message.long(fields.longs, item)
  return kind(AttributeKind.longs)
}

function tensorMessage({ type, dims, data }: Tensor, name = ''): MessageWriter {
  const tensor = new MessageWriter()
  for (const dim of dims) tensor.long(TensorFields.dims, dim)
  tensor.long(TensorFields.type, elementTypes[type])
  if (name !== '') tensor.text(TensorFields.name, name)
  return tensor.bytes(
    TensorFields.raw,
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  )
}

function valueMessage({ name, type, shape }: Value): MessageWriter {
  const dims = new MessageWriter()
  for (const dim of shape) {
    const message = new MessageWriter()
    if (typeof dim === 'number') message.long(DimFields.value, dim)
    else message.text(DimFields.name, dim)
    dims.message(ShapeFields.dim, message)
  }
  const tensor = new MessageWriter()
    .long(TensorTypeFields.element, elementTypes[type])
    .message(TensorTypeFields.shape, dims)
  return new MessageWriter()
    .text(ValueFields.name, name)
    .message(ValueFields.type, new MessageWriter().message(TypeFields.tensor, tensor))
}
