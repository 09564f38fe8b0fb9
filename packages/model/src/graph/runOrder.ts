import type { Graph, Node } from './graph.ts'

/**
 * The same graph with its nodes listed so that ONNX Runtime runs them in an order that frees memory early.
 *
 * The runtime runs a graph by walking back from its last nodes, of which the one listed last comes first, and at
 * each node it computes the input that is listed last first (`ReverseDFSFrom` in its `graph.cc`). So nodes that
 * nobody reads are listed from the deepest to the shallowest, and before them all others from the shallowest to the
 * deepest. Then a gradient of weights is computed as soon as what it needs is there, and whatever is cheap (the mask
 * of a ReLU, turned weights) just before it is needed, not in the forward pass.
 */
export function inRunOrder(graph: Graph): Graph {
  const depthOf = depths(graph.nodes)
  const depth = (node: Node) => depthOf.get(node) ?? 0
  const read = new Set(graph.nodes.flatMap(({ inputs }) => inputs.map((input) => input?.name)))
  const isLast = (node: Node) => !node.outputs.some(({ name }) => read.has(name))
  const last = graph.nodes.filter(isLast).toSorted((a, b) => depth(b) - depth(a))
  const others = graph.nodes.filter((node) => !isLast(node))
  return { ...graph, nodes: [...others.toSorted((a, b) => depth(a) - depth(b)), ...last] }
}

/** The longest way to each node from what is given. */
function depths(nodes: readonly Node[]): Map<Node, number> {
  const depthOf = new Map<Node, number>()
  const made = new Map<string, number>()
  for (const node of nodes) {
    const before = node.inputs.map((input) => (input ? (made.get(input.name) ?? 0) : 0))
    const depth = 1 + Math.max(0, ...before)
    depthOf.set(node, depth)
    for (const { name } of node.outputs) made.set(name, depth)
  }
  return depthOf
}
