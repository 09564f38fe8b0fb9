import { gradients } from '../../src/gradient/walk.ts'
import { GraphBuilder } from '../../src/graph/builder.ts'
import type { Graph, Value } from '../../src/graph/graph.ts'
import { mul, total } from '../../src/graph/ops/elementwise.ts'
import { reshape } from '../../src/graph/ops/layout.ts'
import { reduceSum } from '../../src/graph/ops/reductions.ts'
import { type Lowered, lower } from '../../src/lower/lower.ts'
import { probeBlocks } from '../../src/lower/probe.ts'
import { fromBlocks, toBlocks } from '../../src/lower/weightBlocks.ts'
import { openSession } from '../../src/node/session.ts'
import { encodeOnnx } from '../../src/onnx/encode.ts'
import { type Random, random } from '../../src/random.ts'
import { sizeOf, type Tensor, type TensorMap, tensor } from '../../src/tensor.ts'

/** Channels in a block of this machine's runtime; 0 where it has none. */
export const block = await probeBlocks((model, feeds) => runModel(model, feeds))

/** Why a test of the fast graph is skipped. */
export const noBlocks = 'this machine’s runtime has no blocked convolutions'

export async function runModel(model: Uint8Array, feeds: TensorMap) {
  const session = await openSession(model, { threads: 2 })
  try {
    return await session.run(feeds)
  } finally {
    await session.close()
  }
}

export function normal(numbers: Random, dims: readonly number[]): Tensor<'float32'> {
  return tensor(
    Float32Array.from({ length: sizeOf(dims) }, () => numbers.normal()),
    dims,
  )
}

/** A small piece of a network: parameters and pictures are its inputs. */
export interface Piece {
  /** Shapes of its inputs by name; all of them get gradients. */
  readonly inputs: Readonly<Record<string, readonly number[]>>
  readonly build: (g: GraphBuilder, x: Readonly<Record<string, Value>>) => Value | readonly Value[]
}

/** Outputs of a piece and the gradients of all its inputs, along a direction that was drawn. */
export function graphOf({ inputs, build }: Piece): { graph: Graph; feeds: Map<string, Tensor> } {
  const g = new GraphBuilder('piece')
  const numbers = random(7)
  const feeds = new Map<string, Tensor>()
  const given = Object.fromEntries(
    Object.entries(inputs).map(([name, dims]) => {
      const drawn = normal(numbers, dims)
      // Variances and the like are above zero.
      if (name.startsWith('positive')) {
        for (const [i, value] of drawn.data.entries()) drawn.data[i] = 0.5 + value ** 2
      }
      feeds.set(name, drawn)
      return [name, g.input(name, dims)]
    }),
  )
  const built = build(g, given)
  const ys = Array.isArray(built) ? (built as Value[]) : [built as Value]
  const sums = ys.map((y, i) => {
    const dims = y.shape.map(Number)
    feeds.set(`r${i}`, normal(numbers, dims))
    const along = mul(g, y, g.input(`r${i}`, dims))
    return reduceSum(g, reshape(g, along, [-1]), [0], false)
  })
  const found = gradients(g, { loss: total(g, sums), variables: Object.values(given) })
  const outputs = Object.fromEntries(ys.map((y, i) => [`y${i}`, y]))
  for (const [i, name] of Object.keys(inputs).entries()) outputs[`d:${name}`] = found[i]
  return { graph: g.finish(outputs), feeds }
}

/** Runs a lowered graph; arrays go in and come out in rows. */
export async function runLowered({ graph, inBlocks, block: size }: Lowered, feeds: TensorMap) {
  const given = new Map(feeds)
  for (const name of inBlocks) {
    const { data, dims } = given.get(name) as Tensor<'float32'>
    given.set(name, tensor(toBlocks(data, { dims, block: size }), dims))
  }
  const results = await runModel(encodeOnnx(graph), given)
  return new Map(
    [...results].map(([name, { data, dims }]) => {
      const numbers = data as Float32Array
      const turned = inBlocks.includes(name.replace(/^d:/, '')) && name.startsWith('d:')
      return [name, turned ? fromBlocks(numbers, { dims, block: size }) : numbers]
    }),
  )
}

/** Length of the difference by the length of the second. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY
  let [apart, whole] = [0, 0]
  for (let i = 0; i < b.length; i++) {
    apart += (Number(a[i]) - Number(b[i])) ** 2
    whole += Number(b[i]) ** 2
  }
  return Math.sqrt(apart / Math.max(whole, 1e-30))
}

/** Both ways to compute a piece: the worst distance of any output, and what the fast graph is made of. */
export async function compareBoth(piece: Piece) {
  const { graph, feeds } = graphOf(piece)
  const fast = lower(graph, { block })
  const [expected, found] = [await runLowered(lower(graph), feeds), await runLowered(fast, feeds)]
  const apart = [...expected].map(
    ([name, numbers]) => [name, distance(found.get(name) ?? [], numbers)] as const,
  )
  const blocked = fast.graph.nodes.filter(({ domain }) => domain === 'com.microsoft.nchwc')
  return {
    apart: Object.fromEntries(apart.filter(([, error]) => !(error < 1e-5))),
    inBlocks: fast.inBlocks,
    blockedConvs: blocked.filter(({ op }) => op === 'Conv').length,
  }
}
