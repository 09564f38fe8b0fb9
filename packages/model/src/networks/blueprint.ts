import { GraphBuilder } from '../graph/builder.ts'
import type { Dim, Value } from '../graph/graph.ts'
import { batchNorm, batchNormTraining } from '../graph/ops/windows.ts'
import { type Random, random } from '../random.ts'
import { sizeOf, type Tensor, tensor } from '../tensor.ts'
import type { Initial, Network, Scope } from './network.ts'

/** One array that a network learns. */
export interface ParameterSpec {
  readonly shape: readonly number[]
  readonly initial: Initial
}

/** Statistics of one batch, and of how many values a channel they are. */
export interface BatchStatistics {
  readonly mean: Value
  readonly variance: Value
  readonly count: number
}

/** What was asked for while a network was built. */
export interface Blueprint {
  readonly parameters: ReadonlyMap<string, ParameterSpec>
  /** Running statistics: `….running_mean` and `….running_var`. */
  readonly buffers: ReadonlyMap<string, ParameterSpec>
  /** Of every batch norm that was built for training. */
  readonly statistics: ReadonlyMap<string, BatchStatistics>
}

export interface ScopeOptions {
  /** Batch norms use the batch's own statistics. Default false. */
  readonly training?: boolean
  /** Numbers that are known; other parameters become inputs of the graph. Default none. */
  readonly tensors?: ReadonlyMap<string, Tensor>
}

/** Builds networks into `g`, and writes down what they ask for. */
export function openScope(
  g: GraphBuilder,
  { training = false, tensors }: ScopeOptions = {},
): { readonly scope: Scope; readonly blueprint: Blueprint } {
  const parameters = new Map<string, ParameterSpec>()
  const buffers = new Map<string, ParameterSpec>()
  const statistics = new Map<string, BatchStatistics>()
  const ask = (list: Map<string, ParameterSpec>, name: string, spec: ParameterSpec): Value => {
    list.set(name, spec)
    const known = tensors?.get(name)
    return known ? g.constant(known, name) : g.input(name, spec.shape)
  }
  const constant = (value: number): Initial => ({ kind: 'constant', value })
  const scope: Scope = {
    g,
    parameter: (name, shape, initial) => ask(parameters, name, { shape, initial }),
    norm: (name, x) => {
      const shape = [Number(x.shape[1])]
      const scale = ask(parameters, `${name}.weight`, { shape, initial: constant(1) })
      const bias = ask(parameters, `${name}.bias`, { shape, initial: constant(0) })
      if (training) {
        buffers.set(`${name}.running_mean`, { shape, initial: constant(0) })
        buffers.set(`${name}.running_var`, { shape, initial: constant(1) })
        const { y, mean, variance } = batchNormTraining(g, x, { scale, bias })
        const [n, , h, w] = x.shape.map(Number)
        statistics.set(name, { mean, variance, count: n * h * w })
        return y
      }
      const mean = ask(buffers, `${name}.running_mean`, { shape, initial: constant(0) })
      const variance = ask(buffers, `${name}.running_var`, { shape, initial: constant(1) })
      return batchNorm(g, x, { scale, bias, mean, variance })
    },
  }
  return { scope, blueprint: { parameters, buffers, statistics } }
}

/** The inputs of a network, each with a batch axis in front. */
export function networkInputs(
  g: GraphBuilder,
  network: Network,
  batch: Dim,
): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(network.inputs).map(([name, shape]) => [name, g.input(name, [batch, ...shape])]),
  )
}

/** The parameters and buffers of a network. */
export function blueprintOf(network: Network): Blueprint {
  const g = new GraphBuilder(network.name)
  const { scope, blueprint } = openScope(g)
  network.head(scope, network.trunk(scope, networkInputs(g, network, 'batch')))
  return blueprint
}

/** Fresh weights and running statistics; the same seed gives the same numbers everywhere. */
export function initialise(network: Network, seed: number): Map<string, Tensor<'float32'>> {
  const numbers = random(seed)
  const { parameters, buffers } = blueprintOf(network)
  return new Map([...parameters, ...buffers].map(([name, spec]) => [name, fill(spec, numbers)]))
}

function fill({ shape, initial }: ParameterSpec, numbers: Random): Tensor<'float32'> {
  const data = new Float32Array(sizeOf(shape))
  if (initial.kind === 'constant') data.fill(initial.value)
  else {
    const he = Math.sqrt(2 / (shape[0] * sizeOf(shape.slice(2))))
    const bound = initial.kind === 'linear' ? 1 / Math.sqrt(initial.fanIn) : 0
    for (let i = 0; i < data.length; i++) {
      data[i] = initial.kind === 'he' ? he * numbers.normal() : bound * (2 * numbers.uniform() - 1)
    }
  }
  return tensor(data, shape)
}
