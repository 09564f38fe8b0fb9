import { numberOf } from '../graph/attributes.ts'
import { ONNX } from '../graph/domains.ts'
import type { Graph, Node, Value } from '../graph/graph.ts'
import type { Tensor } from '../tensor.ts'

/**
 * Makes each convolution and the batch norm behind it one convolution with a bias. Left alone is what
 * cannot be folded: weights that are not constants, statistics of the batch, a convolution somebody else
 * reads too.
 */
export function foldBatchNorm(graph: Graph): Graph {
  const constants = new Map(graph.constants)
  const folded = new Map<Node, Node>()
  const gone = new Set<Node>()
  for (const { conv, norm } of pairs(graph)) {
    const parts = numbersOf(graph, conv, norm)
    if (!parts) continue
    const [y] = norm.outputs
    const [x, w] = conv.inputs
    const { weights, bias } = fold(parts, numberOf(norm.attributes, 'epsilon', 1e-5))
    const constant = (name: string, tensor: Tensor): Value => {
      constants.set(name, tensor)
      return { name, type: tensor.type, shape: tensor.dims }
    }
    // Named after what is computed, so that weights shared by two convolutions become two constants.
    const inputs = [x, constant(`${y.name}:${w?.name}`, weights), constant(`${y.name}:bias`, bias)]
    folded.set(conv, { ...conv, inputs, outputs: [y] })
    gone.add(norm)
  }
  const nodes = graph.nodes
    .filter((node) => !gone.has(node))
    .map((node) => folded.get(node) ?? node)
  const read = new Set(nodes.flatMap((node) => node.inputs.map((input) => input?.name)))
  for (const { name } of graph.outputs) read.add(name)
  return {
    ...graph,
    nodes,
    constants: new Map([...constants].filter(([name]) => read.has(name))),
  }
}

/** How many times each value is read; an output of the graph once more. */
export function countReaders({ nodes, outputs }: Graph): ReadonlyMap<string, number> {
  const readers = new Map<string, number>()
  const read = ({ name }: Value) => readers.set(name, (readers.get(name) ?? 0) + 1)
  for (const { inputs } of nodes) for (const input of inputs) if (input) read(input)
  for (const output of outputs) read(output)
  return readers
}

function pairs(graph: Graph): { readonly conv: Node; readonly norm: Node }[] {
  const readers = countReaders(graph)
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((y) => [y.name, node])))
  return graph.nodes.flatMap((norm) => {
    if (norm.op !== 'BatchNormalization' || norm.domain !== ONNX) return []
    if (numberOf(norm.attributes, 'training_mode', 0) === 1) return []
    const x = norm.inputs[0]
    const conv = x && makers.get(x.name)
    const fits = conv?.op === 'Conv' && conv.domain === ONNX && readers.get(x?.name ?? '') === 1
    return fits ? [{ conv, norm }] : []
  })
}

interface Parts {
  readonly weights: Tensor<'float32'>
  readonly bias: Float32Array | undefined
  /** Scale, shift, mean and variance of each output channel. */
  readonly norm: readonly Float32Array[]
}

/** The numbers of both nodes, where all of them are float32 constants. */
function numbersOf({ constants }: Graph, conv: Node, norm: Node): Parts | undefined {
  const floats = (value: Value | undefined) => {
    const found = value && constants.get(value.name)
    return found?.type === 'float32' ? (found as Tensor<'float32'>) : undefined
  }
  const weights = floats(conv.inputs[1])
  const bias = floats(conv.inputs[2])
  const statistics = norm.inputs.slice(1, 5).map(floats)
  if (!weights || (conv.inputs[2] && !bias) || statistics.some((found) => !found)) return undefined
  return { weights, bias: bias?.data, norm: statistics.map((found) => found!.data) }
}

function fold({ weights, bias, norm }: Parts, epsilon: number) {
  const [scale, shift, mean, variance] = norm
  const folded = new Float32Array(weights.data.length)
  const moved = new Float32Array(weights.dims[0])
  const size = folded.length / moved.length
  for (let c = 0; c < moved.length; c++) {
    const factor = scale[c] / Math.sqrt(variance[c] + epsilon)
    for (let i = c * size; i < (c + 1) * size; i++) folded[i] = weights.data[i] * factor
    moved[c] = shift[c] + ((bias?.[c] ?? 0) - mean[c]) * factor
  }
  const floats = (data: Float32Array, dims: readonly number[]): Tensor => ({
    type: 'float32',
    dims,
    data,
  })
  return { weights: floats(folded, weights.dims), bias: floats(moved, [moved.length]) }
}
