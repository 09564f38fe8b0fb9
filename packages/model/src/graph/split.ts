import { ModelError } from '../errors.ts'
import type { Graph, Node, Value } from './graph.ts'

/**
 * Cuts a graph into graphs that run one after the other, so that what the first ones compute can be used
 * while the others still run. Part k computes the outputs of group k and whatever later parts need of its
 * nodes; what an earlier part computed is an input of the later ones under the same name.
 * @throws ModelError `BAD_ARGUMENT` where the groups do not name every output once
 */
export function splitGraph(graph: Graph, groups: readonly (readonly string[])[]): Graph[] {
  const named = groups.flat()
  const wanted = graph.outputs.map(({ name }) => name)
  if (named.length !== wanted.length || !wanted.every((name) => named.includes(name))) {
    throw new ModelError(
      'BAD_ARGUMENT',
      `splitGraph: groups must name each of the ${wanted.length} outputs once`,
    )
  }
  const partOf = assign(graph, groups)
  const home = new Map<string, number>()
  for (const node of graph.nodes) {
    for (const { name } of node.outputs) home.set(name, partOf.get(node) ?? 0)
  }
  const crossing = crossingValues(graph.nodes, { partOf, home })
  return groups.map((group, k): Graph => {
    const nodes = graph.nodes.filter((node) => partOf.get(node) === k)
    const read = new Set(
      nodes.flatMap(({ inputs }) => inputs.flatMap((input) => input?.name ?? [])),
    )
    const given = [...crossing.values()].filter(
      ({ name }) => read.has(name) && home.get(name) !== k,
    )
    const left = [...crossing.values()].filter(
      ({ name }) => home.get(name) === k && !group.includes(name),
    )
    return {
      name: `${graph.name}_part${k + 1}`,
      inputs: [...graph.inputs.filter(({ name }) => read.has(name)), ...given],
      outputs: [...graph.outputs.filter(({ name }) => group.includes(name)), ...left],
      constants: new Map([...graph.constants].filter(([name]) => read.has(name))),
      nodes,
    }
  })
}

/** Each node belongs to the first group that needs it. */
function assign(graph: Graph, groups: readonly (readonly string[])[]): Map<Node, number> {
  const parts = new Map<Node, number>()
  for (const [k, group] of groups.entries()) {
    const needed = new Set(group)
    for (const node of graph.nodes.toReversed()) {
      if (!node.outputs.some(({ name }) => needed.has(name)) || parts.has(node)) continue
      parts.set(node, k)
      for (const input of node.inputs) if (input) needed.add(input.name)
    }
  }
  return parts
}

/** Values that a later part reads than the one that computes them. */
function crossingValues(
  nodes: readonly Node[],
  { partOf, home }: { partOf: ReadonlyMap<Node, number>; home: ReadonlyMap<string, number> },
): Map<string, Value> {
  const crossing = new Map<string, Value>()
  for (const node of nodes) {
    for (const input of node.inputs) {
      if (input && home.has(input.name) && home.get(input.name) !== partOf.get(node)) {
        crossing.set(input.name, input)
      }
    }
  }
  return crossing
}
