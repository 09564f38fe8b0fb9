import { numberOf } from '../graph/attributes.ts'
import type { GraphBuilder } from '../graph/builder.ts'
import { dimsOf } from '../graph/dims.ts'
import { CONTRIB } from '../graph/domains.ts'
import type { Node, Value } from '../graph/graph.ts'
import { add, div, mul, neg, scalar, sqrt, sub } from '../graph/ops/elementwise.ts'
import { reshape } from '../graph/ops/layout.ts'
import { fusedMatMul } from '../graph/ops/products.ts'
import { reduceSum } from '../graph/ops/reductions.ts'
import type { LowerRule } from './rule.ts'

/** What the gradient of a batch norm comes down to, a number for each channel. */
export interface ChannelTerms {
  /** dx = scale (dy + slope x + shift) */
  readonly scale: Value
  readonly slope: Value
  readonly shift: Value
  readonly dGamma: Value
}

/**
 * Ioffe & Szegedy 2015, gathered so that an image is read twice only: once for the sums of dy and dy x,
 * once for dx, which is linear in dy and x.
 */
export function channelTerms(
  g: GraphBuilder,
  node: Node,
  given: { count: number; gamma: Value; mean: Value; variance: Value; sumDy: Value; sumDyX: Value },
): ChannelTerms {
  const { count, gamma, mean, variance, sumDy, sumDyX } = given
  const epsilon = numberOf(node.attributes, 'epsilon', 1e-5)
  const inverse = div(g, scalar(g, 1), sqrt(g, add(g, variance, scalar(g, epsilon))))
  const dGamma = mul(g, sub(g, sumDyX, mul(g, mean, sumDy)), inverse)
  const share = scalar(g, 1 / count)
  const slope = neg(g, mul(g, mul(g, inverse, dGamma), share))
  const shift = neg(g, add(g, mul(g, sumDy, share), mul(g, slope, mean)))
  return { scale: mul(g, gamma, inverse), slope, shift, dGamma }
}

export const batchNormGrad: LowerRule = (node, at) => {
  const { g } = at
  const [x, dy] = [at.plain(node.inputs[0]), at.plain(node.inputs[1])]
  const [n, c, h, w] = dimsOf(x)
  const rows = (v: Value) => reshape(g, v, [n * c, 1, h * w])
  const products = fusedMatMul(g, [rows(dy), rows(x)], { turnB: true })
  const perChannel = (v: Value) => reduceSum(g, reshape(g, v, [n, c]), [0], false)
  const sumDy = perChannel(reduceSum(g, reshape(g, dy, [n, c, h * w]), [2], false))
  const [gamma, mean, variance] = [2, 3, 4].map((i) => at.plain(node.inputs[i]))
  const given = { count: n * h * w, gamma, mean, variance, sumDy, sumDyX: perChannel(products) }
  const { scale, slope, shift, dGamma } = channelTerms(g, node, given)
  const attributes = { kernel_shape: [1, 1], group: c }
  const linear = g.op('FusedConv', [x, reshape(g, slope, [c, 1, 1, 1]), shift, dy], {
    attributes,
    domain: CONTRIB,
  })
  at.set(node.outputs[0], { plain: linear, scale })
  at.set(node.outputs[1], { plain: dGamma })
  at.set(node.outputs[2], { plain: sumDy })
  return true
}
