import { describe, expect, it } from 'vitest'
import { GraphBuilder } from '../../src/graph/builder.ts'
import { add, mul, relu, scalar, sigmoid } from '../../src/graph/ops/elementwise.ts'
import { concat, flatten } from '../../src/graph/ops/layout.ts'
import { linear } from '../../src/graph/ops/products.ts'
import { softmax } from '../../src/graph/ops/reductions.ts'
import {
  batchNormTraining,
  conv,
  globalAveragePool,
  groupNorm,
  maxPool,
  resize,
} from '../../src/graph/ops/windows.ts'
import { printGraph } from '../../src/graph/print.ts'
import { openSession } from '../../src/node/session.ts'
import { decodeOnnx } from '../../src/onnx/decode.ts'
import { encodeOnnx } from '../../src/onnx/encode.ts'
import { random } from '../../src/random.ts'
import { tensor } from '../../src/tensor.ts'
import { runGraph } from '../gradient/check.ts'
import { normal } from '../gradient/draw.ts'

const numbers = random(2)

function smallNetwork(batch: number | string) {
  const g = new GraphBuilder('small')
  const x = g.input('x', [batch, 3, 8, 8])
  const weights = (...dims: number[]) => g.constant(normal(numbers, dims), 'weights')
  const first = relu(g, conv(g, [x, weights(4, 3, 3, 3)], { pad: 1 }))
  const [scale, bias] = [weights(4), weights(4)]
  const norm = groupNorm(g, first, { scale, bias, groups: 2 })
  const small = maxPool(g, norm, { kernel: 2 })
  const large = resize(g, small, { size: [8, 8], mode: 'linear' })
  const both = concat(g, [first, large], 1)
  const rows = flatten(g, globalAveragePool(g, both))
  const logits = linear(g, rows, { w: weights(5, 8), b: weights(5) })
  return g.finish({ logits, probabilities: softmax(g, logits) })
}

describe('a graph', () => {
  it('keeps the name of an unknown size from input to output, and runs with any', async () => {
    const graph = smallNetwork('batch')
    expect(graph.outputs.map(({ shape }) => shape)).toEqual([
      ['batch', 5],
      ['batch', 5],
    ])
    const model = encodeOnnx(graph)
    const { inputs, outputs } = decodeOnnx(model).graph
    expect([...inputs, ...outputs].map(({ shape }) => shape[0])).toEqual(Array(3).fill('batch'))
    const session = await openSession(model, { threads: 1 })
    for (const batch of [1, 3]) {
      const results = await session.run(new Map([['x', normal(numbers, [batch, 3, 8, 8])]]))
      expect(results.get('probabilities')?.dims).toEqual([batch, 5])
    }
    await session.close()
  })

  it('holds only what its outputs need', () => {
    const g = new GraphBuilder()
    const x = g.input('x', [2])
    const kept = relu(g, x)
    sigmoid(g, mul(g, kept, scalar(g, 7)))
    const { nodes, constants } = g.finish({ kept })
    expect(nodes.map(({ op }) => op)).toEqual(['Relu'])
    expect(constants.size).toBe(0)
  })

  it('asks a max pool for its places only where they are read', () => {
    const g = new GraphBuilder()
    const pooled = maxPool(g, g.input('x', [1, 1, 4, 4]), { kernel: 2 })
    expect(g.finish([pooled]).nodes[0].outputs).toHaveLength(1)
    expect(g.finish([pooled, g.nodes[0].outputs[1]]).nodes[0].outputs).toHaveLength(2)
  })

  it('can be finished twice', () => {
    const g = new GraphBuilder()
    const y = relu(g, g.input('x', [2]))
    expect(g.finish({ y })).toEqual(g.finish({ y }))
    expect(g.nodes).toHaveLength(1)
  })

  it('gives outputs their names, whatever had them before', async () => {
    const g = new GraphBuilder()
    const x = g.input('x', [2])
    const two = g.constant(tensor([2], []), 'twice')
    const a = g.op('Mul', [x, two], { name: 'a' })
    const b = g.op('Add', [a, x], { name: 'b' })
    // Exchanged, the name of a constant, the same value twice, an input and a constant.
    const graph = g.finish({ a: b, b: a, twice: add(g, a, b), again: b, input: x, number: two })
    const results = await runGraph(graph, new Map([['x', tensor([1, 5])]]))
    expect(Object.fromEntries([...results].map(([name, { data }]) => [name, [...data]]))).toEqual({
      a: [3, 15],
      b: [2, 10],
      twice: [5, 25],
      again: [3, 15],
      input: [1, 5],
      number: [2],
    })
  })

  it('refuses an output with the name of an input', () => {
    const g = new GraphBuilder('net')
    const x = g.input('x', [2])
    expect(() => g.finish({ x: relu(g, x) })).toThrow('graph net: output x is called as an input')
  })

  it('is printed one node a line', () => {
    const g = new GraphBuilder('block')
    const x = g.input('x', ['batch', 3, 8, 8])
    const w = g.constant(tensor(new Float32Array(54), [2, 3, 3, 3]), 'weights')
    const y = relu(g, conv(g, [x, w], { pad: 1 }))
    const clipped = g.op('Clip', [y, undefined, scalar(g, 6)])
    const hard = g.op('HardSigmoid', [clipped], { attributes: { alpha: { float: 0.5 } } })
    expect(printGraph(g.finish({ hard }))).toMatchInlineSnapshot(`
      "block(x [batch, 3, 8, 8])
        const weights [2, 3, 3, 3]
        const number_6 [] = 6
        conv [batch, 2, 8, 8] = Conv(x, weights, _, kernel_shape=[3 3], strides=[1 1], pads=[1 1 1 1], dilations=[1 1], group=1)
        relu [batch, 2, 8, 8] = Relu(conv)
        clip [batch, 2, 8, 8] = Clip(relu, _, number_6)
        hard [batch, 2, 8, 8] = HardSigmoid(clip, alpha=0.5)
        return hard"
    `)
  })

  it('has batch norms that do not share what the runtime writes into', async () => {
    const g = new GraphBuilder()
    const [x, scale, bias] = [g.input('x', [4, 2, 1, 1]), g.input('s', [2]), g.input('b', [2])]
    const first = batchNormTraining(g, x, { scale, bias })
    const second = batchNormTraining(g, mul(g, first.y, scalar(g, 3)), { scale, bias })
    const { mean, variance } = first
    const graph = g.finish({ mean, variance, mean2: second.mean, variance2: second.variance })
    const feeds = new Map([
      ['x', tensor([1, 10, 2, 20, 3, 30, 4, 40], [4, 2, 1, 1])],
      ['s', tensor([1, 1])],
      ['b', tensor([0, 1])],
    ])
    for (let run = 0; run < 2; run++) {
      const results = await runGraph(graph, feeds)
      expect([...(results.get('mean')?.data ?? [])]).toEqual([2.5, 25])
      expect([...(results.get('variance')?.data ?? [])]).toEqual([1.25, 125])
      expect(results.get('mean2')?.data[1]).toBeCloseTo(3, 5)
      expect(results.get('variance2')?.data[0]).toBeCloseTo(9, 3)
    }
  })
})
