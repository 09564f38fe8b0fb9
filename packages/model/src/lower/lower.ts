import type { Graph } from '../graph/graph.ts'
import { blockedRules } from './blocked.ts'
import { Lowering } from './lowering.ts'
import { portableRules } from './portable.ts'

export interface LowerOptions {
  /**
   * Channels in a block of the runtime's blocked convolutions, as `probeBlocks` finds it; 0 for the
   * portable graph of standard and documented operators. Default 0.
   */
  readonly block?: number
}

/**
 * Decides how every gradient is computed: a graph that says `ConvGradWeights` becomes one that a runtime
 * can run. Inputs and outputs keep their names, shapes and meaning.
 */
export function lower(graph: Graph, { block = 0 }: LowerOptions = {}): Graph {
  const lowering = new Lowering(graph, block)
  for (const node of graph.nodes) {
    const rule = (block > 1 ? blockedRules[node.op] : undefined) ?? portableRules[node.op]
    if (!rule?.(node, lowering)) lowering.copy(node)
  }
  const outputs = graph.outputs.map((output) => [output.name, lowering.plain(output)] as const)
  return lowering.g.finish(Object.fromEntries(outputs))
}
