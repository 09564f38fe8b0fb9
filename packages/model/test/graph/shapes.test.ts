import { describe, expect, it } from 'vitest'
import { GraphBuilder } from '../../src/graph/builder.ts'
import { CONTRIB } from '../../src/graph/domains.ts'
import { type Attributes, float } from '../../src/graph/graph.ts'
import { meaningShapes } from '../../src/graph/shapes/meaning.ts'
import { operators } from '../../src/graph/shapes.ts'
import { random } from '../../src/random.ts'
import { longs, type Tensor, tensor } from '../../src/tensor.ts'
import { elementwiseCases } from '../gradient/cases/elementwise.ts'
import { layoutCases } from '../gradient/cases/layout.ts'
import { sumCases } from '../gradient/cases/sums.ts'
import { windowCases } from '../gradient/cases/windows.ts'
import { graphsOf, runGraph } from '../gradient/check.ts'
import { normal } from '../gradient/draw.ts'

const numbers = random(1)
const floats = (...dims: number[]) => normal(numbers, dims)
const truths = (...data: number[]): Tensor => ({
  type: 'bool',
  dims: [data.length],
  data: Uint8Array.from(data),
})
const bytes = (...data: number[]): Tensor => ({
  type: 'uint8',
  dims: [data.length],
  data: Uint8Array.from(data),
})

interface Use {
  readonly op: string
  readonly inputs: readonly Tensor[]
  readonly attributes?: Attributes
  readonly domain?: string
  readonly outputs?: number
}

const use = (
  op: string,
  inputs: readonly Tensor[],
  rest: Omit<Use, 'op' | 'inputs'> = {},
): Use => ({
  op,
  inputs,
  ...rest,
})

// Operators without a gradient, so that the cases of gradients do not hold them.
const uses: readonly Use[] = [
  ...['Elu', 'Erf', 'Floor', 'LeakyRelu', 'Sign'].map((op) => use(op, [floats(2, 3)])),
  ...['Gelu', 'QuickGelu'].map((op) => use(op, [floats(2, 3)], { domain: CONTRIB })),
  use('FastGelu', [floats(2, 3)], { domain: CONTRIB }),
  use('Sum', [floats(2, 1), floats(3), floats(1, 1)]),
  ...['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual'].map((op) =>
    use(op, [floats(2, 1), floats(3)]),
  ),
  use('And', [truths(1, 0), truths(1)]),
  use('Or', [truths(1, 0), truths(0, 0)]),
  use('Not', [truths(1, 0)]),
  use('Cast', [floats(2, 2)], { attributes: { to: 7 } }),
  use('Cast', [floats(2, 2)], { attributes: { to: 9 } }),
  use('GatherElements', [floats(3, 4), longs([0, 2, 1, 0], [1, 4])], { attributes: { axis: 0 } }),
  use('ScatterElements', [floats(3), longs([0, 2]), floats(2)]),
  use('Shape', [floats(3, 4, 5)]),
  use('Dropout', [floats(2, 3)], { outputs: 2 }),
  use('Dropout', [floats(2, 3)]),
  use('ReduceSumSquare', [floats(2, 3), longs([1])]),
  use('ReduceL2', [floats(2, 3), longs([-2])], { attributes: { keepdims: 0 } }),
  use('ArgMax', [floats(2, 3)], { attributes: { axis: -1 } }),
  use('ArgMax', [floats(2, 3)], { attributes: { keepdims: 0 } }),
  use('InstanceNormalization', [floats(2, 3, 4, 4), floats(3), floats(3)]),
  use('QuantizeLinear', [floats(2, 3), tensor([0.1], []), bytes(7)].slice(0, 2)),
  use('DequantizeLinear', [bytes(1, 2, 3), tensor([0.1], [])]),
  use('FusedConv', [floats(1, 2, 5, 5), floats(3, 2, 3, 3), floats(3)], {
    domain: CONTRIB,
    attributes: { strides: [2, 2], pads: [1, 0, 1, 0] },
  }),
  use('FusedMatMul', [floats(2, 3, 4), floats(2, 5, 3)], {
    domain: CONTRIB,
    attributes: { transA: 1, transB: 1, alpha: float(2) },
  }),
  use('FusedMatMul', [floats(3, 4), floats(4, 2)], { domain: CONTRIB }),
]

const cases = [...elementwiseCases, ...layoutCases, ...sumCases, ...windowCases]

describe('shapes are those that the runtime gives', () => {
  it('for every operator', () => {
    const seen = new Set([...cases, ...uses].map(({ op }) => op))
    // Blocked convolutions are tested where a probe has found them; meaning is written by other operators.
    const elsewhere = new Set(['ReorderInput', 'ReorderOutput', ...Object.keys(meaningShapes)])
    expect(operators.filter((op) => !seen.has(op) && !elsewhere.has(op))).toEqual([])
  })

  for (const tested of cases) {
    it(`${tested.op}: ${tested.says}`, async () => {
      const { forward, backward, feeds } = graphsOf(tested)
      for (const graph of [forward, backward]) {
        const results = await runGraph(graph, feeds)
        for (const { name, shape, type } of graph.outputs) {
          expect(results.get(name)).toMatchObject({ dims: shape, type })
        }
      }
    })
  }

  for (const [i, { op, inputs, attributes = {}, domain = '', outputs = 1 }] of uses.entries()) {
    it(`${op}, ${i}`, async () => {
      const g = new GraphBuilder()
      const feeds = new Map<string, Tensor>()
      const values = inputs.map((given, at) => {
        if (given.type === 'int64') return g.constant(given)
        feeds.set(`x${at}`, given)
        return g.input(`x${at}`, given.dims, given.type)
      })
      const graph = g.finish(g.add(op, values, { attributes, domain, outputs }))
      const results = await runGraph(graph, feeds)
      for (const { name, shape, type } of graph.outputs) {
        expect(results.get(name)).toMatchObject({ dims: shape, type })
      }
    })
  }
})
