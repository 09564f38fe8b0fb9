import { gradients } from '../gradient/walk.ts'
import { GraphBuilder } from '../graph/builder.ts'
import type { Graph, Value } from '../graph/graph.ts'
import { networkInputs, openScope } from '../networks/blueprint.ts'
import type { Network } from '../networks/network.ts'
import type { Loss } from './losses.ts'

/** A step of training as a graph. */
export interface TrainingGraph {
  /**
   * Inputs: the network's, `target` [batch, classes], every parameter. Outputs: `loss`, `logits`, the
   * gradient of each parameter as `d:NAME`, and of each batch norm `mean:NAME` and `variance:NAME`.
   */
  readonly graph: Graph
  /** Parameters in the network's order. */
  readonly parameters: readonly string[]
  /** Of each batch norm, how many values a channel its statistics are of. */
  readonly norms: ReadonlyMap<string, number>
}

/** Writes the forward and the backward pass of a network for one batch size. */
export function trainingGraph(
  network: Network,
  { loss, batch }: { readonly loss: Loss; readonly batch: number },
): TrainingGraph {
  const g = new GraphBuilder(`${network.name}_training`)
  const { scope, blueprint } = openScope(g, { training: true })
  const inputs = networkInputs(g, network, batch)
  const target = g.input('target', [batch, network.classes])
  const logits = network.head(scope, network.trunk(scope, inputs))
  const value = loss.build(g, logits, target)
  const names = [...blueprint.parameters.keys()]
  const variables = names.map((name) => named(g, name))
  const found = gradients(g, { loss: value, variables })
  const outputs: Record<string, Value> = { loss: value, logits }
  for (const [i, name] of names.entries()) outputs[`d:${name}`] = found[i]
  for (const [name, { mean, variance }] of blueprint.statistics) {
    outputs[`mean:${name}`] = mean
    outputs[`variance:${name}`] = variance
  }
  const norms = new Map([...blueprint.statistics].map(([name, { count }]) => [name, count]))
  return { graph: g.finish(outputs), parameters: names, norms }
}

function named(g: GraphBuilder, name: string): Value {
  const value = g.inputs.find((input) => input.name === name)
  if (!value) throw new Error(`internal: no input ${name}`)
  return value
}
