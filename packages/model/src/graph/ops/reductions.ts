import { longs } from '../../tensor.ts'
import type { GraphBuilder } from '../builder.ts'
import type { Value } from '../graph.ts'

const reduction =
  (op: string) =>
  (g: GraphBuilder, x: Value, axes: readonly number[], keep = true): Value =>
    g.op(op, [x, g.shared(`longs_${axes.join('_')}`, () => longs(axes))], {
      attributes: { keepdims: keep ? 1 : 0 },
    })

export const reduceSum = reduction('ReduceSum')
export const reduceMean = reduction('ReduceMean')
export const reduceMax = reduction('ReduceMax')
export const reduceMin = reduction('ReduceMin')

/** The mean of all elements, as a scalar. */
export const meanOf = (g: GraphBuilder, x: Value): Value =>
  reduceMean(
    g,
    x,
    x.shape.map((_, i) => i),
    false,
  )

export const softmax = (g: GraphBuilder, x: Value, axis = -1): Value =>
  g.op('Softmax', [x], { attributes: { axis } })

export const logSoftmax = (g: GraphBuilder, x: Value, axis = -1): Value =>
  g.op('LogSoftmax', [x], { attributes: { axis } })
