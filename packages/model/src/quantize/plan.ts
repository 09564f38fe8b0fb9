import { ModelError } from '../errors.ts'
import { ONNX } from '../graph/domains.ts'
import type { Graph, Node, Value } from '../graph/graph.ts'
import { countReaders } from '../infer/fold.ts'
import { gatherStride } from './gatherStride.ts'

/** What of a graph is computed in int8. */
export interface QuantizationPlan {
  /** The graph in the order in which it is quantised: every ReLU before the max pool it followed. */
  readonly graph: Graph
  /** Convolutions, additions and max pools in int8, with the ReLU behind that their range absorbs. */
  readonly sites: readonly Site[]
  /** Values kept as u8, and the value whose range each has: a max pool's is that of its input. */
  readonly points: ReadonlyMap<string, string>
}

/** One operation in int8. */
export interface Site {
  readonly node: Node
  /** A ReLU that alone reads its result. */
  readonly relu: Node | undefined
  /** The result, behind the ReLU. */
  readonly result: Value
}

/**
 * Chooses what runs in int8: each convolution with weights of its own, additions between results of those,
 * max pools over them. The rest (global pools, dense layers, the evidence) stays float: it takes 1 % of the
 * time, and is where int8 loses most.
 * @throws ModelError `UNSUPPORTED` where there is no such convolution, or the graph is int8 already
 */
export function planQuantization(source: Graph): QuantizationPlan {
  if (source.nodes.some(({ op }) => op === 'QuantizeLinear' || op === 'QLinearConv')) {
    throw new ModelError('UNSUPPORTED', `graph ${source.name} is in int8 already`)
  }
  const graph = gatherStride(reluBeforePool(source))
  const relus = lonelyRelus(graph)
  const points = new Map(convolved(graph).map(({ name }) => [name, name]))
  const sites: Site[] = []
  for (const node of graph.nodes) {
    if (!inInt8(node, graph, points)) continue
    const relu = relus.get(node.outputs[0].name)
    const result = (relu ?? node).outputs[0]
    const range = moving.has(node.op) && points.get(node.inputs[0]?.name ?? '')
    points.set(result.name, range || result.name)
    sites.push({ node, relu, result })
  }
  if (!sites.some(({ node }) => node.op === 'Conv')) {
    throw new ModelError('UNSUPPORTED', `graph ${source.name} holds no convolution to quantise`)
  }
  return { graph, sites, points }
}

/** They hand on some of the numbers they are given: what is u8 stays so, in the same units. */
const moving: ReadonlySet<string> = new Set(['MaxPool', 'Reshape', 'Transpose'])

function inInt8(node: Node, graph: Graph, points: ReadonlyMap<string, string>): boolean {
  if (node.domain !== ONNX) return false
  const isPoint = (value: Value | undefined) => value !== undefined && points.has(value.name)
  if (node.op === 'Conv') return isOwn(node, graph)
  if (node.op === 'Add') return node.inputs.every(isPoint)
  return moving.has(node.op) && node.outputs.length === 1 && isPoint(node.inputs[0])
}

/** Whether a convolution has weights of its own, known now. */
function isOwn({ inputs: [, w, b] }: Node, { constants }: Graph): boolean {
  const isFloat = (value: Value | undefined) => constants.get(value?.name ?? '')?.type === 'float32'
  return isFloat(w) && (!b || isFloat(b))
}

/** What convolutions read; where that was only moved before, what was moved. */
function convolved(graph: Graph): Value[] {
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((y) => [y.name, node])))
  return graph.nodes.flatMap((node) => {
    if (node.op !== 'Conv' || node.domain !== ONNX || !isOwn(node, graph)) return []
    const source = (x: Value | undefined): Value[] => {
      const maker = x && makers.get(x.name)
      return maker && moving.has(maker.op) ? source(maker.inputs[0]) : x ? [x] : []
    }
    return source(node.inputs[0])
  })
}

/** Every ReLU that alone reads a value, by the name of that value. */
function lonelyRelus(graph: Graph): ReadonlyMap<string, Node> {
  const readers = countReaders(graph)
  const relus = graph.nodes.flatMap((node): [string, Node][] => {
    const name = node.inputs[0]?.name ?? ''
    return node.op === 'Relu' && readers.get(name) === 1 ? [[name, node]] : []
  })
  return new Map(relus)
}

/**
 * max(relu(x)) is relu(max(x)): in float the ReLU is cheaper behind the pool, in int8 it costs nothing
 * before it, where the rounding to u8 of the convolution's result cuts at 0 anyway.
 */
function reluBeforePool(graph: Graph): Graph {
  const relus = lonelyRelus(graph)
  const pools = graph.nodes.filter(({ op, outputs: [y, ...more] }) => {
    return op === 'MaxPool' && more.length === 0 && relus.has(y.name)
  })
  const swapped = new Map<Node, Node>()
  for (const pool of pools) {
    const relu = relus.get(pool.outputs[0].name)
    const [x] = pool.inputs
    if (!relu || !x) continue
    const cut = { ...x, name: `${x.name}:relu` }
    swapped.set(pool, { ...relu, inputs: [x], outputs: [cut] })
    swapped.set(relu, { ...pool, inputs: [cut], outputs: relu.outputs })
  }
  return { ...graph, nodes: graph.nodes.map((node) => swapped.get(node) ?? node) }
}
