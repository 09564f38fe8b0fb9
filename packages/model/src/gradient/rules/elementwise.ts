import { numberOf } from '../../graph/attributes.ts'
import { MEANING } from '../../graph/domains.ts'
import type { Value } from '../../graph/graph.ts'
import {
  asNumber,
  div,
  equal,
  greater,
  less,
  log,
  max,
  min,
  mul,
  neg,
  pow,
  scalar,
  sigmoid,
  sign,
  sub,
  where,
} from '../../graph/ops/elementwise.ts'
import type { Backward, GradientRule, GradientRules } from '../rule.ts'

/** The gradient goes to the larger (smaller) side; a tie is shared, as PyTorch does. */
const chosen =
  (test: typeof greater): GradientRule =>
  (at) => {
    const { g } = at
    const tie = equal(g, at.x(0), at.x(1))
    const half = mul(g, at.dy(), scalar(g, 0.5))
    const to = (a: number, b: number) =>
      at.when(a, () => where(g, tie, half, mul(g, at.dy(), asNumber(g, test(g, at.x(a), at.x(b))))))
    return [to(0, 1), to(1, 0)]
  }

/** dy times 1 where low < x < high, else 0. */
function within(at: Backward, low: Value | undefined, high: Value | undefined): Value {
  const { g } = at
  let result = at.dy()
  if (low) result = mul(g, result, asNumber(g, greater(g, at.x(), low)))
  if (high) result = mul(g, result, asNumber(g, less(g, at.x(), high)))
  return result
}

/** x y' for y = x^e: the exponent's own gradient is exact for x > 0 only, where alone it exists. */
const power: GradientRule = (at) => {
  const { g } = at
  const lower = () => pow(g, at.x(0), sub(g, at.x(1), scalar(g, 1)))
  return [
    at.when(0, () => mul(g, at.dy(), mul(g, at.x(1), lower()))),
    at.when(1, () => mul(g, at.dy(), mul(g, at.y(), log(g, at.x(0))))),
  ]
}

/** x clamp(x / 6 + 1/2): its slope is clamp(x / 6 + 1/2) + x / 6 between -3 and 3. */
const hardSwish: GradientRule = (at) => {
  const { g } = at
  const inside = max(g, min(g, at.x(), scalar(g, 3)), scalar(g, -3))
  const slope = g.op('Add', [div(g, inside, scalar(g, 3)), scalar(g, 0.5)])
  const outside = asNumber(g, greater(g, at.x(), scalar(g, 0)))
  const flat = asNumber(g, greater(g, g.op('Abs', [at.x()]), scalar(g, 3)))
  const bent = mul(g, slope, sub(g, scalar(g, 1), flat))
  return [mul(g, at.dy(), g.op('Add', [bent, mul(g, outside, flat)]))]
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
  Max: chosen(greater),
  Min: chosen(less),
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
