import { GraphBuilder } from '../graph/builder.ts'
import type { Graph } from '../graph/graph.ts'
import { inRunOrder } from '../graph/runOrder.ts'
import { splitGraph } from '../graph/split.ts'
import { lower } from '../lower/lower.ts'
import { networkInputs, openScope } from '../networks/blueprint.ts'
import type { Network } from '../networks/network.ts'
import { encodeOnnx } from '../onnx/encode.ts'
import { sizeOf } from '../tensor.ts'
import type { CompiledGraph, ParameterLayout } from './core.ts'
import { crossEntropy, type Loss } from './losses.ts'
import { trainingGraph } from './trainingGraph.ts'

/** A training step of a network, ready for a runtime. */
export function compileTraining(
  network: Network,
  {
    loss,
    batch,
    layout,
  }: { readonly loss: Loss; readonly batch: number; readonly layout: ParameterLayout },
): CompiledGraph {
  const { graph, norms } = trainingGraph(network, { loss, batch })
  return compiled(graph, { layout, norms })
}

/**
 * A training step cut into parts that run one after the other. The gradients of the last layers come first, and
 * about as many numbers with each part, so that they can be sent while the others are computed. Values that
 * cross from part to part are copied: more parts cost more.
 */
export function compileTrainingParts(
  network: Network,
  options: {
    readonly loss: Loss
    readonly batch: number
    readonly layout: ParameterLayout
    readonly parts: number
  },
): CompiledGraph[] {
  const { layout, parts } = options
  const { graph, norms, parameters } = trainingGraph(network, options)
  const lowered = lower(graph, { block: layout.block, blockable: layout.inBlocks })
  const sizes = parameters.map((name) => sizeOf(layout.shapes.get(name) ?? []))
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const groups: string[][] = Array.from({ length: parts }, () => [])
  let before = 0
  for (const [i, name] of [...parameters.entries()].reverse()) {
    groups[Math.min(parts - 1, Math.floor((before * parts) / total))].push(`d:${name}`)
    before += sizes[i]
  }
  groups[0].push(...graph.outputs.map(({ name }) => name).filter((name) => !name.startsWith('d:')))
  return splitGraph(lowered.graph, groups).map((part, i) => ({
    model: encodeOnnx(inRunOrder(part)),
    norms: i === 0 ? norms : new Map(),
    last: i === parts - 1,
  }))
}

/** What a prediction gives. */
export interface PredictionOptions {
  readonly batch: number
  readonly layout: ParameterLayout
  /** `features` are what the trunk gives. Default `logits`. */
  readonly output?: 'logits' | 'features'
}

/** A network with its parameters and running statistics as inputs, ready for a runtime. */
export function compilePrediction(
  network: Network,
  { batch, layout, output = 'logits' }: PredictionOptions,
): CompiledGraph {
  const g = new GraphBuilder(`${network.name}_prediction`)
  const { scope } = openScope(g)
  const features = network.trunk(scope, networkInputs(g, network, batch))
  const result = output === 'features' ? features : network.head(scope, features)
  return compiled(g.finish({ result }), { layout, norms: new Map() })
}

/** How a network's parameters lie while it is trained; the same for every batch size and loss. */
export function parameterLayout(network: Network, block: number): ParameterLayout {
  const { graph, parameters } = trainingGraph(network, { loss: crossEntropy(), batch: 1 })
  const shapes = new Map(graph.inputs.map(({ name, shape }) => [name, shape.map(Number)]))
  return {
    shapes: new Map(parameters.map((name) => [name, shapes.get(name) ?? []])),
    inBlocks: lower(graph, { block }).inBlocks,
    block,
  }
}

function compiled(
  graph: Graph,
  { layout, norms }: { layout: ParameterLayout; norms: ReadonlyMap<string, number> },
): CompiledGraph {
  const lowered = lower(graph, { block: layout.block, blockable: layout.inBlocks })
  return { model: encodeOnnx(inRunOrder(lowered.graph)), norms }
}
