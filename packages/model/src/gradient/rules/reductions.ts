import { numberOf } from '../../graph/attributes.ts'
import { axisOf, dimsOf } from '../../graph/dims.ts'
import type { Value } from '../../graph/graph.ts'
import { asNumber, div, equal, exp, mul, scalar, sub } from '../../graph/ops/elementwise.ts'
import { expand, reshape } from '../../graph/ops/layout.ts'
import { reduceSum } from '../../graph/ops/reductions.ts'
import { reducedAxes } from '../../graph/shapes/reductions.ts'
import type { Backward, GradientRule, GradientRules } from '../rule.ts'

const goneOf = (at: Backward) => reducedAxes({ ...at.node, constants: at.g.constants })

/** The shape of x with the reduced axes as 1, whether they were kept or not. */
function kept(at: Backward): number[] {
  const gone = goneOf(at)
  return dimsOf(at.x()).map((dim, i) => (gone.has(i) ? 1 : dim))
}

const stretched = (at: Backward, value: Value): Value =>
  expand(at.g, reshape(at.g, value, kept(at)), dimsOf(at.x()))

const summed: GradientRule = (at) => [stretched(at, at.dy())]

const averaged: GradientRule = (at) => {
  const size = dimsOf(at.x())
  const count = [...goneOf(at)].reduce((n, axis) => n * size[axis], 1)
  return [stretched(at, mul(at.g, at.dy(), scalar(at.g, 1 / count)))]
}

/** Equal extremes share the gradient, as PyTorch's amax and amin do. */
const extreme: GradientRule = (at) => {
  const { g } = at
  const hit = asNumber(g, equal(g, at.x(), stretched(at, at.y())))
  const gone = [...goneOf(at)]
  const ties = gone.length > 0 ? reduceSum(g, hit, gone) : hit
  return [div(g, mul(g, hit, stretched(at, at.dy())), ties)]
}

const axesOf = (at: Backward) => [axisOf(numberOf(at.attributes, 'axis', -1), at.y().shape.length)]

export const reductionRules: GradientRules = {
  ReduceSum: summed,
  ReduceMean: averaged,
  ReduceMax: extreme,
  ReduceMin: extreme,
  Softmax: (at) => {
    const { g } = at
    const product = mul(g, at.dy(), at.y())
    return [sub(g, product, mul(g, at.y(), reduceSum(g, product, axesOf(at))))]
  },
  LogSoftmax: (at) => {
    const { g } = at
    return [sub(g, at.dy(), mul(g, exp(g, at.y()), reduceSum(g, at.dy(), axesOf(at))))]
  },
}
