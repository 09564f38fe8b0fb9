import { describe, expect, it } from 'vitest'
import { GraphBuilder } from '../../src/graph/builder.ts'
import { relu } from '../../src/graph/ops/elementwise.ts'
import { linear } from '../../src/graph/ops/products.ts'
import { conv, maxPool } from '../../src/graph/ops/windows.ts'
import { gatherStride } from '../../src/quantize/gatherStride.ts'
import { planQuantization } from '../../src/quantize/plan.ts'
import { quantizeGraph } from '../../src/quantize/quantizeGraph.ts'
import { random } from '../../src/random.ts'
import { sizeOf, type Tensor, tensor } from '../../src/tensor.ts'
import { apart, run } from '../infer/helpers.ts'

function normal(dims: readonly number[], seed: number): Tensor<'float32'> {
  const numbers = random(seed)
  return tensor(
    Float32Array.from({ length: sizeOf(dims) }, () => numbers.normal()),
    dims,
  )
}

describe('gatherStride', () => {
  it.each([
    { kernel: [7, 7], stride: 2, pad: 3, size: [16, 20] },
    { kernel: [3, 3], stride: 2, pad: 1, size: [8, 8] },
    { kernel: [4, 4], stride: 4, pad: 0, size: [16, 8] },
    { kernel: [5, 3], stride: 3, pad: [2, 1] as const, size: [12, 9] },
    { kernel: [2, 2], stride: 2, pad: 0, size: [6, 6] },
    { kernel: [1, 1], stride: 2, pad: 0, size: [6, 6] },
  ])('computes the same: $kernel by $stride', async ({ kernel, stride, pad, size }) => {
    const g = new GraphBuilder('strided')
    const x = g.input('x', ['batch', 3, ...size])
    const w = g.constant(normal([5, 3, ...kernel], 1), 'w')
    const bias = g.constant(normal([5], 2), 'b')
    const graph = g.finish({ y: conv(g, [x, w], { stride, pad, bias }) })
    const gathered = gatherStride(graph)
    expect(gathered.nodes.length).toBeGreaterThan(4)
    const feeds = new Map([['x', normal([2, 3, ...size], 3)]])
    const [a, b] = [await run(graph, feeds), await run(gathered, feeds)]
    expect(b.get('y')?.dims).toEqual(a.get('y')?.dims)
    const [before, after] = [a, b].map((found) => found.get('y')?.data as Float32Array)
    expect(apart(after, before)).toBeLessThan(1e-5)
  })

  it.each([
    { channels: 3, size: 7, stride: 2, dilation: 1 },
    { channels: 8, size: 8, stride: 2, dilation: 1 },
    { channels: 3, size: 8, stride: 1, dilation: 1 },
    { channels: 3, size: 8, stride: 2, dilation: 2 },
  ])('leaves what does not fit: %o', ({ channels, size, stride, dilation }) => {
    const g = new GraphBuilder('left')
    const x = g.input('x', [1, channels, size, size])
    const w = g.constant(normal([4, channels, 3, 3], 1), 'w')
    const graph = g.finish({ y: conv(g, [x, w], { stride, pad: 2, dilation }) })
    expect(gatherStride(graph).nodes).toEqual(graph.nodes)
  })
})

describe('planQuantization', () => {
  const first = () => {
    const g = new GraphBuilder('first')
    const x = g.input('x', [1, 8, 8, 8])
    const w = g.constant(normal([4, 8, 3, 3], 1), 'w')
    return { g, x, y: conv(g, [x, w], { pad: 1 }) }
  }

  it('puts the ReLU before the pool, where rounding is the ReLU', async () => {
    const { g, x, y } = first()
    const graph = g.finish({ y: relu(g, maxPool(g, y, { kernel: 2 })) })
    const plan = planQuantization(graph)
    expect(plan.graph.nodes.map(({ op }) => op)).toEqual(['Conv', 'Relu', 'MaxPool'])
    const relus = plan.sites.map(({ node, relu }) => [node.op, relu?.op])
    expect(relus).toEqual([
      ['Conv', 'Relu'],
      ['MaxPool', undefined],
    ])
    // The pool hands on the numbers of the ReLU, in the units of the ReLU.
    expect([...plan.points.values()]).toEqual([x.name, 'conv:relu', 'conv:relu'])

    const ranges = new Map([
      ['x', { low: -4, high: 4 }],
      ['conv:relu', { low: 0, high: 30 }],
    ])
    const int8 = quantizeGraph(plan, ranges, { weightBits: 8 })
    expect(int8.nodes.some(({ op }) => op === 'Relu')).toBe(false)
    const feeds = new Map([['x', normal([1, 8, 8, 8], 4)]])
    const [a, b] = [await run(graph, feeds), await run(int8, feeds)]
    expect(apart(b.get('y')?.data as Float32Array, a.get('y')?.data as Float32Array)).toBeLessThan(
      0.03,
    )
    const below = new Map([...ranges, ['conv:relu', { low: -30, high: 30 }]] as const)
    expect(() => quantizeGraph(plan, below, { weightBits: 8 })).toThrow("begins below its ReLU's 0")
    expect(() => quantizeGraph(plan, new Map(), { weightBits: 8 })).toThrow('no range of x')
  })

  it('keeps a ReLU whose input somebody else reads', () => {
    const { g, y } = first()
    const plan = planQuantization(g.finish({ y: relu(g, y), z: y }))
    expect(plan.sites.map(({ relu }) => relu)).toEqual([undefined])
  })

  it('refuses a graph without convolutions, and one in int8', () => {
    const g = new GraphBuilder('dense')
    const x = g.input('x', [1, 4])
    const dense = g.finish({ y: linear(g, x, { w: g.constant(normal([2, 4], 1)) }) })
    expect(() => planQuantization(dense)).toThrow('graph dense holds no convolution to quantise')
    const { g: h, x: image, y } = first()
    const plan = planQuantization(h.finish({ y }))
    const range = { low: -4, high: 4 }
    const ranges = new Map([
      [image.name, range],
      ['y', range],
    ])
    const int8 = quantizeGraph(plan, ranges, { weightBits: 8 })
    expect(() => planQuantization(int8)).toThrow('graph first is in int8 already')
  })
})
