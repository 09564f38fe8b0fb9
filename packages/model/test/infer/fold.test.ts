import { describe, expect, it } from 'vitest'
import { GraphBuilder } from '../../src/graph/builder.ts'
import type { Graph, Value } from '../../src/graph/graph.ts'
import { add } from '../../src/graph/ops/elementwise.ts'
import { batchNorm, conv } from '../../src/graph/ops/windows.ts'
import { foldBatchNorm } from '../../src/infer/fold.ts'
import { inferenceGraph } from '../../src/infer/inferenceGraph.ts'
import { softmax } from '../../src/metrics/softmax.ts'
import { resnet18 } from '../../src/networks/resnet.ts'
import { decodeOnnx } from '../../src/onnx/decode.ts'
import { encodeOnnx } from '../../src/onnx/encode.ts'
import { random } from '../../src/random.ts'
import { type Tensor, tensor } from '../../src/tensor.ts'
import { apart, lively, pictures, run } from './helpers.ts'

const network = resnet18({ classes: 5, sizePx: 64, width: 0.25, evidence: 3 })
const feeds = new Map<string, Tensor>([
  ['image', tensor(joined(pictures(4, network.inputs.image)), [4, ...network.inputs.image])],
  [
    'evidence',
    tensor(
      Float32Array.from({ length: 12 }, (_, i) => Math.sin(i)),
      [4, 3],
    ),
  ],
])

function joined(parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]))
}

const counted = ({ nodes }: Graph, op: string) => nodes.filter((node) => node.op === op).length

describe('inferenceGraph', () => {
  it('yields probabilities of the cooled logits', async () => {
    const tensors = lively(network)
    const graph = inferenceGraph(network, tensors, { output: 'both', temperature: 2.5 })
    const results = await run(graph, feeds)
    const logits = results.get('logits')?.data as Float32Array
    const expected = softmax(logits, 5, 2.5)
    expect(apart(results.get('probabilities')?.data as Float32Array, expected)).toBeLessThan(1e-6)
  })

  it('names what is missing, or has another shape', () => {
    const tensors = lively(network)
    tensors.delete('layer1.0.bn1.running_var')
    expect(() => inferenceGraph(network, tensors)).toThrow(
      'layer1.0.bn1.running_var is nothing, wanted float32 [16]',
    )
    tensors.set('layer1.0.bn1.running_var', tensor(new Float32Array(8)))
    expect(() => inferenceGraph(network, tensors)).toThrow('is float32 [8], wanted float32 [16]')
    expect(() => inferenceGraph(network, lively(network), { temperature: 0 })).toThrow(
      'temperature 0: wanted a number above 0',
    )
  })
})

describe('foldBatchNorm', () => {
  it('computes what it did, without batch norms', async () => {
    const graph = inferenceGraph(network, lively(network), { output: 'logits' })
    const folded = foldBatchNorm(graph)
    expect([counted(graph, 'BatchNormalization'), counted(folded, 'BatchNormalization')]).toEqual([
      20, 0,
    ])
    const [before, after] = [await run(graph, feeds), await run(folded, feeds)]
    const [a, b] = [before, after].map((found) => found.get('logits')?.data as Float32Array)
    expect(apart(b, a)).toBeLessThan(1e-5)
    expect([...folded.constants.keys()].filter((name) => /running|bn\d/.test(name))).toEqual([])
  })

  it('folds a graph that was read from a file', async () => {
    const graph = inferenceGraph(network, lively(network), { output: 'logits' })
    const read = decodeOnnx(encodeOnnx(graph)).graph
    const folded = foldBatchNorm(read)
    expect(counted(folded, 'BatchNormalization')).toBe(0)
    const [a, b] = [await run(graph, feeds), await run(folded, feeds)]
    expect(
      apart(b.get('logits')?.data as Float32Array, a.get('logits')?.data as Float32Array),
    ).toBeLessThan(1e-5)
  })

  it('keeps a bias the convolution had, and weights that two convolutions share', async () => {
    const { g, x, w, norm, bias } = small()
    const twice = [conv(g, [x, w], { pad: 1, bias }), conv(g, [x, w], { pad: 1 })]
    const graph = g.finish({ y: add(g, norm(twice[0]), norm(twice[1])) })
    const folded = foldBatchNorm(graph)
    expect(folded.nodes.map(({ op }) => op)).toEqual(['Conv', 'Conv', 'Add'])
    const input = new Map([['x', normal([1, 2, 5, 5], 9)]])
    const [a, b] = [await run(graph, input), await run(folded, input)]
    expect(apart(b.get('y')?.data as Float32Array, a.get('y')?.data as Float32Array)).toBeLessThan(
      1e-5,
    )
  })

  it('leaves a convolution that others read, or whose weights are given at run time', () => {
    const one = small()
    const shared = conv(one.g, [one.x, one.w], { pad: 1 })
    const read = one.g.finish({ y: add(one.g, one.norm(shared), shared) })
    expect(counted(foldBatchNorm(read), 'BatchNormalization')).toBe(1)
    const two = small()
    const given = two.g.input('given', [2, 2, 3, 3])
    const late = two.g.finish({ y: two.norm(conv(two.g, [two.x, given])) })
    expect(counted(foldBatchNorm(late), 'BatchNormalization')).toBe(1)
  })
})

function normal(dims: readonly number[], seed: number): Tensor<'float32'> {
  const numbers = random(seed)
  const size = dims.reduce((a, b) => a * b, 1)
  return tensor(
    Float32Array.from({ length: size }, () => numbers.normal()),
    dims,
  )
}

function small() {
  const g = new GraphBuilder('small')
  const x = g.input('x', [1, 2, 5, 5])
  const w = g.constant(normal([2, 2, 3, 3], 1), 'w')
  const bias = g.constant(normal([2], 2), 'b')
  const norm = (y: Value) =>
    batchNorm(g, y, {
      scale: g.constant(tensor([0.5, -2])),
      bias: g.constant(tensor([1, 0.1])),
      mean: g.constant(tensor([0.3, -0.2])),
      variance: g.constant(tensor([2, 0.01])),
    })
  return { g, x, w, bias, norm }
}
