import { float } from '../../../src/graph/graph.ts'
import { linear, matMul } from '../../../src/graph/ops/products.ts'
import { logSoftmax, meanOf, softmax } from '../../../src/graph/ops/reductions.ts'
import { random } from '../../../src/random.ts'
import { longs, tensor } from '../../../src/tensor.ts'
import type { Case } from '../check.ts'
import { apart, normal } from '../draw.ts'

const size = [2, 3, 4]

const reductions: Case[] = ['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceMin'].flatMap((op) =>
  [1, 0].flatMap((keepdims) => [
    ...[[1], [0, -1], [-1], [0, 1, 2]].map(
      (axes): Case => ({
        op,
        says: `over ${axes}, keepdims ${keepdims}`,
        inputs: [apart(random(axes.length), size)],
        build: (g, [x]) => g.op(op, [x, g.constant(longs(axes))], { attributes: { keepdims } }),
      }),
    ),
    {
      op,
      says: `over all, keepdims ${keepdims}`,
      inputs: [apart(random(5), size)],
      build: (g, [x]) => g.op(op, [x], { attributes: { keepdims } }),
    },
    {
      op,
      says: `over none, keepdims ${keepdims}`,
      inputs: [apart(random(6), size)],
      build: (g, [x]) =>
        g.op(op, [x, g.constant(longs([]))], {
          attributes: { keepdims, noop_with_empty_axes: 1 },
        }),
    },
  ]),
)

const ties: Case[] = ['ReduceMax', 'ReduceMin'].map((op) => ({
  op,
  says: 'a tie is shared',
  inputs: [tensor([3, 1, 3, 2, 0, 0], [2, 3])],
  build: (g, [x]) => g.op(op, [x, g.constant(longs([1]))], { attributes: { keepdims: 0 } }),
}))

const softmaxes: Case[] = [softmax, logSoftmax].flatMap((build) =>
  [-1, 1, 0].map(
    (axis): Case => ({
      op: build === softmax ? 'Softmax' : 'LogSoftmax',
      says: `along ${axis}`,
      inputs: [normal(random(7), size)],
      build: (g, [x]) => build(g, x, axis),
    }),
  ),
)

const turned = (turn: number, [a, b]: readonly [number, number]) => (turn ? [b, a] : [a, b])

const gemms: Case[] = [0, 1].flatMap((transA) =>
  [0, 1].flatMap((transB) =>
    [[], [3], [4, 1], [4, 3]].map((bias): Case => {
      const numbers = random(8 + bias.length)
      return {
        op: 'Gemm',
        says: `${transA ? "A'" : 'A'} ${transB ? "B'" : 'B'} + [${bias}]`,
        inputs: [
          normal(numbers, turned(transA, [4, 5])),
          normal(numbers, turned(transB, [5, 3])),
          normal(numbers, bias),
        ],
        build: (g, x) =>
          g.op('Gemm', x, { attributes: { transA, transB, alpha: float(0.5), beta: float(-2) } }),
      }
    }),
  ),
)

const products: Case[] = (
  [
    [
      [3, 4],
      [4, 2],
    ],
    [
      [2, 3, 4],
      [2, 4, 2],
    ],
    [
      [2, 3, 4],
      [4, 2],
    ],
    [
      [3, 4],
      [2, 4, 2],
    ],
    [
      [2, 1, 3, 4],
      [3, 4, 2],
    ],
    [[4], [4, 2]],
    [[3, 4], [4]],
    [[4], [4]],
    [[2, 3, 4], [4]],
    [[4], [2, 4, 3]],
  ] as const
).map(([a, b]) => ({
  op: 'MatMul',
  says: `[${a}] [${b}]`,
  inputs: [normal(random(9), a), normal(random(10), b)],
  build: (g, [left, right]) => matMul(g, left, right),
}))

const others: Case[] = [
  {
    op: 'Gemm',
    says: 'linear',
    inputs: [normal(random(11), [3, 4]), normal(random(12), [2, 4]), normal(random(13), [2])],
    build: (g, [x, w, b]) => linear(g, x, { w, b }),
  },
  {
    op: 'Gemm',
    says: 'linear without bias',
    inputs: [normal(random(14), [3, 4]), normal(random(15), [2, 4])],
    build: (g, [x, w]) => linear(g, x, { w }),
  },
  {
    op: 'ReduceMean',
    says: 'meanOf',
    inputs: [normal(random(16), size)],
    build: (g, [x]) => meanOf(g, x),
  },
]

export const sumCases: readonly Case[] = [
  ...reductions,
  ...ties,
  ...softmaxes,
  ...gemms,
  ...products,
  ...others,
]
