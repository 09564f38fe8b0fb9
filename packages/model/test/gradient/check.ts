import { gradients } from '../../src/gradient/walk.ts'
import { GraphBuilder } from '../../src/graph/builder.ts'
import type { Graph, Value } from '../../src/graph/graph.ts'
import { mul, total } from '../../src/graph/ops/elementwise.ts'
import { reshape } from '../../src/graph/ops/layout.ts'
import { reduceSum } from '../../src/graph/ops/reductions.ts'
import { lower } from '../../src/lower/lower.ts'
import { openSession } from '../../src/node/session.ts'
import { encodeOnnx } from '../../src/onnx/encode.ts'
import { random } from '../../src/random.ts'
import type { Tensor } from '../../src/tensor.ts'
import { normal } from './draw.ts'

/** A small use of one operator, of which the gradient is checked. */
export interface Case {
  /** The operator whose rule is checked; the graph must hold it. */
  readonly op: string
  readonly says: string
  readonly inputs: readonly Tensor<'float32'>[]
  readonly build: (g: GraphBuilder, x: readonly Value[]) => Value | readonly Value[]
}

/** A power of two, so that x + h is exact for the numbers that are drawn. */
const STEP = 2 ** -6

const one = { threads: 1 }

export async function runGraph(graph: Graph, feeds: ReadonlyMap<string, Tensor>) {
  const session = await openSession(encodeOnnx(lower(graph).graph), one)
  try {
    return await session.run(feeds)
  } finally {
    await session.close()
  }
}

/** The forward graph of a case, and the graph of the gradients of sum(y r). */
export function graphsOf({ inputs, build }: Pick<Case, 'inputs' | 'build'>) {
  const g = new GraphBuilder('case')
  const variables = inputs.map(({ dims }, i) => g.input(`x${i}`, dims))
  const built = build(g, variables)
  const ys = Array.isArray(built) ? (built as Value[]) : [built as Value]
  const numbers = random(1)
  const weights = ys.map((y) => normal(numbers, y.shape.map(Number)))
  const rs = ys.map((y, i) => g.input(`r${i}`, y.shape))
  const sums = ys.map((y, i) => reduceSum(g, reshape(g, mul(g, y, rs[i]), [-1]), [0], false))
  const forward = g.finish(Object.fromEntries(ys.map((y, i) => [`y${i}`, y])))
  const found = gradients(g, { loss: total(g, sums), variables })
  const backward = g.finish(Object.fromEntries(found.map((d, i) => [`d${i}`, d])))
  const feeds = new Map<string, Tensor>()
  for (const [i, x] of inputs.entries()) feeds.set(`x${i}`, x)
  for (const [i, r] of weights.entries()) feeds.set(`r${i}`, r)
  return { forward, backward, feeds, weights }
}

/**
 * The largest relative L2 distance, over a case's inputs, between the gradient graph and central
 * differences of fourth order.
 */
export async function worstError(tested: Case): Promise<{ readonly error: number; ops: string[] }> {
  const { forward, backward, feeds, weights } = graphsOf(tested)
  const found = await runGraph(backward, feeds)
  const session = await openSession(encodeOnnx(forward), one)
  const value = async (changed: ReadonlyMap<string, Tensor>) => {
    const ys = await session.run(changed)
    let sum = 0
    for (const [i, { data }] of weights.entries()) {
      const y = ys.get(`y${i}`)?.data as Float32Array
      for (const [j, weight] of data.entries()) sum += weight * y[j]
    }
    return sum
  }
  let error = 0
  for (const [i, { type, dims, data }] of tested.inputs.entries()) {
    const expected = new Float64Array(data.length)
    for (const j of data.keys()) {
      const at = (steps: number) => {
        const moved = data.slice()
        moved[j] += steps * STEP
        return value(new Map([...feeds, [`x${i}`, { type, dims, data: moved }]]))
      }
      const near = (await at(1)) - (await at(-1))
      const far = (await at(2)) - (await at(-2))
      expected[j] = (8 * near - far) / (12 * STEP)
    }
    error = Math.max(error, distance(found.get(`d${i}`)?.data as Float32Array, expected))
  }
  await session.close()
  return { error, ops: forward.nodes.map(({ op }) => op) }
}

/** |a - b| / |b|, or |a| where b is nothing. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY
  let [apart, size] = [0, 0]
  for (let i = 0; i < b.length; i++) {
    apart += (a[i] - b[i]) ** 2
    size += b[i] ** 2
  }
  return Math.sqrt(apart) / (size > 1e-12 ? Math.sqrt(size) : 1)
}
