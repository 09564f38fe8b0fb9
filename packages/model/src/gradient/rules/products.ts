import { numberOf } from '../../graph/attributes.ts'
import type { GraphBuilder } from '../../graph/builder.ts'
import type { Value } from '../../graph/graph.ts'
import { mul, scalar } from '../../graph/ops/elementwise.ts'
import { squeeze, transpose, unsqueeze } from '../../graph/ops/layout.ts'
import { matMul } from '../../graph/ops/products.ts'
import type { GradientRule, GradientRules } from '../rule.ts'

/** The last two axes exchanged. */
function turned(g: GraphBuilder, x: Value): Value {
  const rank = x.shape.length
  const order = x.shape.map((_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i))
  return transpose(g, x, order)
}

const product: GradientRule = (at) => {
  const { g } = at
  const [a, b] = [at.x(0), at.x(1)]
  const [row, column] = [a.shape.length === 1, b.shape.length === 1]
  // A vector is a row before a matrix and a column behind one.
  const left = row ? unsqueeze(g, a, [0]) : a
  const right = column ? unsqueeze(g, b, [1]) : b
  const gone = [...(row ? [-2] : []), ...(column ? [-1] : [])]
  const dy = gone.length > 0 ? unsqueeze(g, at.dy(), gone) : at.dy()
  return [
    at.when(0, () => matMul(g, dy, turned(g, right))),
    at.when(1, () => {
      const found = matMul(g, turned(g, left), dy)
      return column ? squeeze(g, found, [-1]) : found
    }),
  ]
}

/** y = alpha A B + beta C with A and B turned or not. */
const gemm: GradientRule = (at) => {
  const { g } = at
  const [turnA, turnB] = [
    numberOf(at.attributes, 'transA', 0),
    numberOf(at.attributes, 'transB', 0),
  ]
  const [alpha, beta] = [numberOf(at.attributes, 'alpha', 1), numberOf(at.attributes, 'beta', 1)]
  const scaled = (factor: number) => (factor === 1 ? at.dy() : mul(g, at.dy(), scalar(g, factor)))
  const multiply = (a: [Value, number], b: [Value, number]) =>
    g.op('Gemm', [a[0], b[0]], { attributes: { transA: a[1], transB: b[1] } })
  const [a, b] = [at.x(0), at.x(1)]
  return [
    at.when(0, () =>
      turnA
        ? multiply([b, turnB], [scaled(alpha), 1])
        : multiply([scaled(alpha), 0], [b, 1 - turnB]),
    ),
    at.when(1, () =>
      turnB
        ? multiply([scaled(alpha), 1], [a, turnA])
        : multiply([a, 1 - turnA], [scaled(alpha), 0]),
    ),
    at.when(2, () => scaled(beta)),
  ]
}

export const productRules: GradientRules = { MatMul: product, Gemm: gemm }
