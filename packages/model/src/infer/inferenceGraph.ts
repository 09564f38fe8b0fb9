import { ModelError } from '../errors.ts'
import { GraphBuilder } from '../graph/builder.ts'
import { sameShape, shapeText } from '../graph/dims.ts'
import type { Dim, Graph, Value } from '../graph/graph.ts'
import { mul, scalar } from '../graph/ops/elementwise.ts'
import { softmax } from '../graph/ops/reductions.ts'
import { blueprintOf, networkInputs, openScope } from '../networks/blueprint.ts'
import type { Network } from '../networks/network.ts'
import type { Tensor } from '../tensor.ts'

/** What an inference graph is given and yields. */
export interface InferenceGraphOptions {
  /** Examples of one run; default the name `'batch'`: any number. */
  readonly batch?: Dim
  /** `both` yields `logits` and `probabilities`. Default `'probabilities'`. */
  readonly output?: 'logits' | 'probabilities' | 'both'
  /** Divides the logits before the softmax, see `fitTemperature`. Default 1. */
  readonly temperature?: number
}

/**
 * A network with its weights inside, batch norms by their running statistics. Inputs are the network's,
 * outputs `logits` or `probabilities` [batch, classes].
 * @throws ModelError `BAD_ARGUMENT` where weights are missing or have other shapes, or for a temperature
 * that is not above 0
 */
export function inferenceGraph(
  network: Network,
  tensors: ReadonlyMap<string, Tensor>,
  options: InferenceGraphOptions = {},
): Graph {
  const { batch = 'batch', output = 'probabilities', temperature = 1 } = options
  if (!(temperature > 0 && Number.isFinite(temperature))) {
    throw new ModelError('BAD_ARGUMENT', `temperature ${temperature}: wanted a number above 0`)
  }
  checkTensors(network, tensors)
  const g = new GraphBuilder(network.name)
  const { scope } = openScope(g, { tensors })
  const logits = network.head(scope, network.trunk(scope, networkInputs(g, network, batch)))
  const outputs: Record<string, Value> = {}
  if (output !== 'probabilities') outputs.logits = logits
  if (output !== 'logits') {
    const scaled = temperature === 1 ? logits : mul(g, logits, scalar(g, 1 / temperature))
    outputs.probabilities = softmax(g, scaled)
  }
  return g.finish(outputs)
}

function checkTensors(network: Network, tensors: ReadonlyMap<string, Tensor>): void {
  const { parameters, buffers } = blueprintOf(network)
  for (const [name, { shape }] of [...parameters, ...buffers]) {
    const found = tensors.get(name)
    if (found && found.type === 'float32' && sameShape(found.dims, shape)) continue
    const got = found ? `${found.type} ${shapeText(found.dims)}` : 'nothing'
    const wanted = `float32 ${shapeText(shape)}`
    throw new ModelError('BAD_ARGUMENT', `${network.name}: ${name} is ${got}, wanted ${wanted}`)
  }
}
