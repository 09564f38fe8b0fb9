import {
  clip,
  dropout,
  hardSigmoid,
  hardSwish,
  silu,
  where,
} from '../../../src/graph/ops/elementwise.ts'
import { random } from '../../../src/random.ts'
import { tensor } from '../../../src/tensor.ts'
import type { Case } from '../check.ts'
import { apart, away, between, normal } from '../draw.ts'

const dims = [2, 3, 4]

const unary = (op: string, ...kinks: number[]): Case => ({
  op,
  says: 'of numbers',
  inputs: [away(random(op.length), dims, ...kinks)],
  build: (g, [x]) => g.op(op, [x]),
})

const positive = (op: string): Case => ({
  op,
  says: 'of positive numbers',
  inputs: [between(random(op.length), dims, [0.5, 2])],
  build: (g, [x]) => g.op(op, [x]),
})

/** Every way in which two shapes can stretch each other. */
const shapes: readonly (readonly [readonly number[], readonly number[]])[] = [
  [dims, dims],
  [dims, [3, 1]],
  [[4], dims],
  [
    [2, 1, 4],
    [3, 1],
  ],
  [dims, []],
  [
    [1, 1],
    [2, 1, 3],
  ],
]

const binary = (op: string): Case[] =>
  shapes.map(([a, b], i) => {
    const numbers = random(20 + i)
    const extreme = op === 'Max' || op === 'Min'
    // The second ones lie half a step between the first: no ties.
    const second = apart(numbers, b)
    const inputs = extreme
      ? [
          apart(numbers, a),
          tensor(
            second.data.map((x) => x + 1 / 16),
            [...b],
          ),
        ]
      : [between(numbers, a, [0.5, 2]), between(numbers, b, [0.5, 2])]
    return { op, says: `[${a}] and [${b}]`, inputs, build: (g, x) => g.op(op, x) }
  })

const tie = (op: string): Case => ({
  op,
  says: 'a tie is shared',
  inputs: [tensor([1, 2, 3, 4]), tensor([1, 5, 3, 0])],
  build: (g, x) => g.op(op, x),
})

const three = (op: string): Case => ({
  op,
  says: 'of three',
  inputs: [tensor([1, 2, 3, 4]), tensor([3, 1, 2, 0]), tensor([2, 3, 1, 1])],
  build: (g, x) => g.op(op, x),
})

const bent = away(random(30), dims, -3, -1, 0, 1, 3)

const others: Case[] = [
  {
    op: 'Sigmoid',
    says: 'silu',
    inputs: [normal(random(31), dims)],
    build: (g, [x]) => silu(g, x),
  },
  {
    op: 'HardSigmoid',
    says: 'slope 1/6',
    inputs: [bent],
    build: (g, [x]) => hardSigmoid(g, x, 1 / 6, 0.5),
  },
  {
    op: 'HardSigmoid',
    says: 'as ONNX has it when nothing is said',
    inputs: [away(random(32), dims, -2.5, 2.5)],
    build: (g, [x]) => g.op('HardSigmoid', [x]),
  },
  { op: 'HardSwish', says: 'of numbers', inputs: [bent], build: (g, [x]) => hardSwish(g, x) },
  {
    op: 'Clip',
    says: 'both sides',
    inputs: [bent],
    build: (g, [x]) => clip(g, x, { low: -1, high: 3 }),
  },
  { op: 'Clip', says: 'below', inputs: [bent], build: (g, [x]) => clip(g, x, { low: 0 }) },
  { op: 'Clip', says: 'above', inputs: [bent], build: (g, [x]) => clip(g, x, { high: 1 }) },
  {
    op: 'Mul',
    says: 'dropout by a mask',
    inputs: [normal(random(33), dims)],
    build: (g, [x]) => {
      const mask = Float32Array.from({ length: 24 }, (_, i) => (i % 3 === 0 ? 0 : 1.5))
      return dropout(g, x, g.constant(tensor(mask, dims)))
    },
  },
  {
    op: 'Mul',
    says: 'with itself',
    inputs: [normal(random(34), dims)],
    build: (g, [x]) => g.op('Mul', [x, x]),
  },
  {
    op: 'Pow',
    says: 'squares of numbers of both signs',
    inputs: [normal(random(35), dims)],
    build: (g, [x]) => g.op('Pow', [x, g.constant(tensor([2], []))]),
  },
  {
    op: 'Where',
    says: 'stretched',
    inputs: [normal(random(36), [3, 4]), normal(random(37), [2, 1, 4])],
    build: (g, [yes, no]) => {
      const test = { type: 'bool', dims: [3, 1], data: Uint8Array.of(1, 0, 1) } as const
      return where(g, g.constant(test), yes, no)
    },
  },
  {
    op: 'Identity',
    says: 'the same',
    inputs: [normal(random(38), dims)],
    build: (g, [x]) => g.op('Identity', [x]),
  },
  {
    op: 'Cast',
    says: 'to double and back',
    inputs: [normal(random(39), dims)],
    build: (g, [x]) => {
      const wide = g.op('Cast', [x], { attributes: { to: 11 } })
      return g.op('Cast', [wide], { attributes: { to: 1 } })
    },
  },
]

export const elementwiseCases: readonly Case[] = [
  ...['Neg', 'Exp', 'Tanh', 'Sigmoid', 'Softplus'].map((op) => unary(op)),
  ...['Abs', 'Relu'].map((op) => unary(op, 0)),
  ...['Log', 'Sqrt', 'Reciprocal'].map(positive),
  ...['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Max', 'Min'].flatMap(binary),
  ...['Max', 'Min'].flatMap((op) => [tie(op), three(op)]),
  ...others,
]
