import { numberOf } from '../../graph/attributes.ts'
import { MEANING } from '../../graph/domains.ts'
import type { Value } from '../../graph/graph.ts'
import {
  add,
  asNumber,
  div,
  equal,
  greater,
  greaterOrEqual,
  less,
  lessOrEqual,
  log,
  mul,
  neg,
  pow,
  scalar,
  sigmoid,
  sign,
  sub,
  total,
  where,
} from '../../graph/ops/elementwise.ts'
import type { Backward, GradientRule, GradientRules } from '../rule.ts'

/** The gradient goes to the extreme one; those that tie share it, as PyTorch's do. */
const chosen: GradientRule = (at) => {
  const { g } = at
  const hits = at.node.inputs.map((_, i) => asNumber(g, equal(g, at.x(i), at.y())))
  const share = div(g, at.dy(), total(g, hits))
  return hits.map((hit, i) => at.when(i, () => mul(g, share, hit)))
}

/** dy times 1 where low <= x <= high, else 0. */
function within(at: Backward, low: Value | undefined, high: Value | undefined): Value {
  const { g } = at
  let result = at.dy()
  if (low) result = mul(g, result, asNumber(g, greaterOrEqual(g, at.x(), low)))
  if (high) result = mul(g, result, asNumber(g, lessOrEqual(g, at.x(), high)))
  return result
}

/** For y = x^e. Where a factor is 0, so is the gradient, however large the other one grows. */
const power: GradientRule = (at) => {
  const { g } = at
  const [zero, x] = [scalar(g, 0), at.x(0)]
  const e = at.x(1).type === x.type ? at.x(1) : asNumber(g, at.x(1))
  const lower = () => pow(g, x, sub(g, e, scalar(g, 1)))
  return [
    at.when(0, () => where(g, equal(g, e, zero), zero, mul(g, at.dy(), mul(g, e, lower())))),
    at.when(1, () => where(g, equal(g, x, zero), zero, mul(g, at.dy(), mul(g, at.y(), log(g, x))))),
  ]
}

/** x clamp(x / 6 + 1/2, 0, 1): flat, then a parabola between -3 and 3, then x itself. */
const hardSwish: GradientRule = (at) => {
  const { g } = at
  const bent = add(g, div(g, at.x(), scalar(g, 3)), scalar(g, 0.5))
  const below = where(g, less(g, at.x(), scalar(g, -3)), scalar(g, 0), bent)
  const slope = where(g, less(g, at.x(), scalar(g, 3)), below, scalar(g, 1))
  return [mul(g, at.dy(), slope)]
}

const hardSigmoid: GradientRule = (at) => {
  const { g } = at
  const alpha = numberOf(at.attributes, 'alpha', 0.2)
  const rising = mul(
    g,
    asNumber(g, greater(g, at.y(), scalar(g, 0))),
    asNumber(g, less(g, at.y(), scalar(g, 1))),
  )
  return [mul(g, mul(g, at.dy(), scalar(g, alpha)), rising)]
}

const one = (at: Backward) => scalar(at.g, 1)

export const elementwiseRules: GradientRules = {
  Identity: (at) => [at.dy()],
  Add: (at) => [at.dy(), at.dy()],
  Sub: (at) => [at.dy(), at.when(1, () => neg(at.g, at.dy()))],
  Mul: (at) => [
    at.when(0, () => mul(at.g, at.dy(), at.x(1))),
    at.when(1, () => mul(at.g, at.dy(), at.x(0))),
  ],
  Div: (at) => [
    at.when(0, () => div(at.g, at.dy(), at.x(1))),
    at.when(1, () => neg(at.g, div(at.g, mul(at.g, at.dy(), at.y()), at.x(1)))),
  ],
  Pow: power,
  Max: chosen,
  Min: chosen,
  Neg: (at) => [neg(at.g, at.dy())],
  Abs: (at) => [mul(at.g, at.dy(), sign(at.g, at.x()))],
  Exp: (at) => [mul(at.g, at.dy(), at.y())],
  Log: (at) => [div(at.g, at.dy(), at.x())],
  Sqrt: (at) => [div(at.g, mul(at.g, at.dy(), scalar(at.g, 0.5)), at.y())],
  Reciprocal: (at) => [neg(at.g, mul(at.g, at.dy(), mul(at.g, at.y(), at.y())))],
  Tanh: (at) => [mul(at.g, at.dy(), sub(at.g, one(at), mul(at.g, at.y(), at.y())))],
  Sigmoid: (at) => [mul(at.g, at.dy(), mul(at.g, at.y(), sub(at.g, one(at), at.y())))],
  Softplus: (at) => [mul(at.g, at.dy(), sigmoid(at.g, at.x()))],
  HardSigmoid: hardSigmoid,
  HardSwish: hardSwish,
  // The mask is read from y: it needs not be kept beside it.
  Relu: (at) => [at.g.op('ReluGrad', [at.y(), at.dy()], { domain: MEANING })],
  Clip: (at) => [within(at, at.node.inputs[1], at.node.inputs[2])],
  Where: (at) => {
    const none = scalar(at.g, 0)
    return [
      undefined,
      at.when(1, () => where(at.g, at.x(0), at.dy(), none)),
      at.when(2, () => where(at.g, at.x(0), none, at.dy())),
    ]
  },
  // Only between kinds of floats; what is counted or compared has no gradient.
  Cast: (at) =>
    at.x().type.startsWith('float')
      ? [at.g.op('Cast', [at.dy()], { attributes: { to: at.x().type === 'float64' ? 11 : 1 } })]
      : [undefined],
}
