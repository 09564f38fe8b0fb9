import type { Graph } from '../../src/graph/graph.ts'
import { initialise } from '../../src/networks/blueprint.ts'
import type { Network } from '../../src/networks/network.ts'
import { openSession } from '../../src/node/session.ts'
import { encodeOnnx } from '../../src/onnx/encode.ts'
import { random } from '../../src/random.ts'
import type { Tensor, TensorMap } from '../../src/tensor.ts'

/** Weights as He draws them, with batch norms that do something. */
export function lively(network: Network, seed = 1): Map<string, Tensor<'float32'>> {
  const tensors = initialise(network, seed)
  const numbers = random(seed + 1)
  for (const [name, { data, dims }] of tensors) {
    if (dims.length !== 1 || name.startsWith('fc.') || name.startsWith('evidence.')) continue
    const { length } = data
    for (let i = 0; i < length; i++) {
      if (name.endsWith('.weight')) data[i] = 0.5 + numbers.uniform()
      else if (name.endsWith('_var')) data[i] = 0.5 + 2 * numbers.uniform()
      else data[i] = 0.2 * numbers.normal()
    }
  }
  return tensors
}

/** Smooth pictures: a few bright blobs on a noisy ground, 0 to 1. */
export function pictures(count: number, shape: readonly number[], seed = 5): Float32Array[] {
  const numbers = random(seed)
  const [channels, rows, columns] = shape
  return Array.from({ length: count }, () => {
    const blobs = Array.from({ length: 1 + numbers.below(4) }, () => ({
      row: numbers.uniform() * rows,
      column: numbers.uniform() * columns,
      size: 1 + (numbers.uniform() * rows) / 6,
      colour: Array.from({ length: channels }, () => numbers.uniform()),
    }))
    return Float32Array.from({ length: channels * rows * columns }, (_, i) => {
      const channel = Math.floor(i / (rows * columns))
      const [row, column] = [Math.floor(i / columns) % rows, i % columns]
      let value = 0.1 + 0.03 * numbers.normal()
      for (const blob of blobs) {
        const far = ((row - blob.row) ** 2 + (column - blob.column) ** 2) / blob.size ** 2
        value += blob.colour[channel] * Math.exp(-far / 2)
      }
      return Math.min(1, Math.max(0, value))
    })
  })
}

export async function run(graph: Graph, feeds: TensorMap): Promise<Map<string, Tensor>> {
  const session = await openSession(encodeOnnx(graph), { threads: 1 })
  try {
    return await session.run(feeds)
  } finally {
    await session.close()
  }
}

/** Greatest distance of two arrays, relative to the greatest number of the second. */
export function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [worst, most] = [a.length === b.length ? 0 : Number.POSITIVE_INFINITY, 0]
  for (let i = 0; i < b.length; i++) {
    worst = Math.max(worst, Math.abs(a[i] - b[i]))
    most = Math.max(most, Math.abs(b[i]))
  }
  return worst / most
}
