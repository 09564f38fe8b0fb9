import { ModelError } from '../errors.ts'
import { GraphBuilder } from '../graph/builder.ts'
import { encodeOnnx } from '../onnx/encode.ts'
import type { TensorMap } from '../tensor.ts'
import { tensor } from '../tensor.ts'
import { Blocks } from './blocks.ts'

/** What a probe needs of a runtime. */
export type RunOnce = (model: Uint8Array, feeds: TensorMap) => Promise<TensorMap>

/**
 * How many channels the runtime's blocked convolutions hold together on this machine: 16 with AVX-512, 8 with
 * AVX2; 0 where it has none, or where they do not compute what is expected of them.
 */
export async function probeBlocks(run: RunOnce): Promise<number> {
  try {
    const size = await blockSize(run)
    return size > 1 && (await computes(run, size)) ? size : 0
  } catch (error) {
    // The operators are the runtime's own affair: where they are missing it refuses the model.
    if (error instanceof ModelError) return 0
    throw error
  }
}

/** Two pixels of 32 channels, numbered: a block ends where the second pixel begins. */
async function blockSize(run: RunOnce): Promise<number> {
  const g = new GraphBuilder('probe')
  const blocks = new Blocks(g, 1).toBlocks(g.input('x', [1, 32, 1, 2]))
  const numbers = Float32Array.from({ length: 64 }, (_, i) => i)
  const feeds = new Map([['x', tensor(numbers, [1, 32, 1, 2])]])
  const [order] = (await run(encodeOnnx(g.finish({ y: blocks })), feeds)).values()
  return Array.from(order.data as Float32Array).indexOf(1)
}

/** A depthwise product with a sum and a cut at zero, as batch norms are written. */
async function computes(run: RunOnce, size: number): Promise<boolean> {
  const g = new GraphBuilder('probe')
  const blocks = new Blocks(g, size)
  const shape = [1, size, 1, 2]
  const x = blocks.toBlocks(g.input('x', shape))
  const [a, b] = [g.input('a', [size]), g.input('b', [size])]
  const y = blocks.toRows(blocks.linear(x, [a, b], { sum: x, activation: 'Relu' }))
  const numbers = (f: (i: number) => number) =>
    Float32Array.from({ length: 2 * size }, (_, i) => f(i))
  const feeds = new Map([
    [
      'x',
      tensor(
        numbers((i) => i - size),
        shape,
      ),
    ],
    ['a', tensor(numbers((i) => i).slice(0, size))],
    ['b', tensor(numbers((i) => 1 - i).slice(0, size))],
  ])
  const [found] = (await run(encodeOnnx(g.finish({ y })), feeds)).values()
  const expected = numbers((i) => {
    const channel = Math.floor(i / 2)
    return Math.max(0, (channel + 1) * (i - size) + 1 - channel)
  })
  return expected.every((value, i) => value === found.data[i])
}
