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
  /** Parameters that may lie in blocks, where another graph shares them. Default all that can. */
  readonly blockable?: readonly string[]
}

/** A graph that a runtime can run. */
export interface Lowered {
  readonly graph: Graph
  /**
   * Parameters that are given, and whose gradients come, in blocks of weights instead of rows: see
   * `toBlocks` and `fromBlocks`.
   */
  readonly inBlocks: readonly string[]
  readonly block: number
}

/**
 * Decides how every gradient is computed: a graph that says `ConvGradWeights` becomes one that a runtime
 * can run. Inputs and outputs keep their names and meaning; output `d:NAME` is the gradient of input NAME.
 */
export function lower(graph: Graph, { block = 0, blockable }: LowerOptions = {}): Lowered {
  const lowering = new Lowering(graph, { block, blockable })
  for (const node of graph.nodes) {
    if (lowering.isDone(node)) continue
    const rule = [block > 1 ? blockedRules[node.op] : undefined, portableRules[node.op]]
    if (!rule.some((apply) => apply?.(node, lowering))) lowering.copy(node)
  }
  const outputs = graph.outputs.map((output) => [output.name, lowering.plain(output)] as const)
  const result = lowering.g.finish(Object.fromEntries(outputs))
  return { graph: result, inBlocks: lowering.inputsInBlocks, block }
}
