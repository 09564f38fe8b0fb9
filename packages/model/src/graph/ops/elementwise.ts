import { longs, tensor } from '../../tensor.ts'
import type { GraphBuilder } from '../builder.ts'
import { dimsOf, sameShape } from '../dims.ts'
import { float, type Value } from '../graph.ts'

// One function an ONNX operator, with its own name.

const unary = (op: string) => (g: GraphBuilder, x: Value) => g.op(op, [x])
const binary = (op: string) => (g: GraphBuilder, a: Value, b: Value) => g.op(op, [a, b])

export const abs = unary('Abs')
export const exp = unary('Exp')
export const log = unary('Log')
export const neg = unary('Neg')
export const relu = unary('Relu')
export const sigmoid = unary('Sigmoid')
export const hardSwish = unary('HardSwish')
export const sign = unary('Sign')
export const softplus = unary('Softplus')
export const sqrt = unary('Sqrt')
export const tanh = unary('Tanh')
export const not = unary('Not')

export const add = binary('Add')
export const sub = binary('Sub')
export const mul = binary('Mul')
export const div = binary('Div')
export const pow = binary('Pow')
export const max = binary('Max')
export const min = binary('Min')
export const equal = binary('Equal')
export const greater = binary('Greater')
export const greaterOrEqual = binary('GreaterOrEqual')
export const less = binary('Less')
export const lessOrEqual = binary('LessOrEqual')

/** One number as a constant; equal ones are shared. */
export const scalar = (g: GraphBuilder, value: number): Value =>
  g.shared(`number_${value}`, () => tensor([value], []))

/** x * sigmoid(x), also called Swish (Elfwing et al. 2017). */
export const silu = (g: GraphBuilder, x: Value): Value => mul(g, x, sigmoid(g, x))

/** max(0, min(1, alpha x + beta)). */
export const hardSigmoid = (g: GraphBuilder, x: Value, alpha = 0.2, beta = 0.5): Value =>
  g.op('HardSigmoid', [x], { attributes: { alpha: float(alpha), beta: float(beta) } })

/** 1 where x > 0, else 0; for x that is nowhere in (0, 1e-30) the cheapest spelling of that. */
export const positive = (g: GraphBuilder, x: Value): Value => hardSigmoid(g, x, 1e30, 0)

export const where = (g: GraphBuilder, test: Value, yes: Value, no: Value): Value =>
  g.op('Where', [test, yes, no])

/** Between `low` and `high`; either may be left out. */
export const clip = (
  g: GraphBuilder,
  x: Value,
  { low, high }: { readonly low?: number; readonly high?: number },
): Value => {
  const bound = (value: number | undefined) => (value === undefined ? undefined : scalar(g, value))
  return g.op('Clip', [x, bound(low), bound(high)])
}

/**
 * x times a mask (Srivastava et al. 2014). The mask is an input, 0 where a value is dropped and
 * 1 / (1 - rate) elsewhere: whoever runs the graph draws it, so that a step can be repeated bit for bit.
 */
export const dropout = (g: GraphBuilder, x: Value, mask: Value): Value =>
  g.op('Mul', [x, mask], { name: 'dropout' })

/** Truth as 1 and 0. */
export const asNumber = (g: GraphBuilder, test: Value): Value =>
  g.op('Cast', [test], { attributes: { to: 1 } })

/** Zeros in the shape of `x`. */
export const zerosLike = (g: GraphBuilder, x: Value): Value =>
  g.op('Expand', [scalar(g, 0), g.constant(longs(dimsOf(x)), 'shape')])

/** The sum of values of one shape. */
export function total(g: GraphBuilder, values: readonly Value[]): Value {
  return values.reduce((sum, value) => add(g, sum, value))
}

/** Sums what broadcasting stretched, so that `x` has the shape of `model` again. */
export function sumTo(g: GraphBuilder, x: Value, model: Value): Value {
  if (sameShape(x.shape, model.shape)) return x
  const added = x.shape.length - model.shape.length
  const axes = x.shape.flatMap((dim, i) =>
    i < added || (model.shape[i - added] === 1 && dim !== 1) ? [i] : [],
  )
  // No axes would mean all of them; what does not fit is for the caller to refuse.
  if (axes.length === 0) return x
  const sum = g.op('ReduceSum', [x, g.constant(longs(axes), 'axes')], {
    attributes: { keepdims: 1 },
  })
  if (added === 0) return sum
  return g.op('Reshape', [sum, g.constant(longs(dimsOf(model)), 'shape')])
}
