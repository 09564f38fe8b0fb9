import { axisOf } from '../dims.ts'
import type { Dim } from '../graph.ts'
import type { Inputs, ShapeRule } from './rule.ts'

function reduced(inputs: Inputs, axes: readonly number[] | undefined): readonly Dim[] {
  const shape = inputs.shape(0)
  const gone = new Set((axes ?? shape.map((_, i) => i)).map((axis) => axisOf(axis, shape.length)))
  if (inputs.number('keepdims', 1) === 1) return shape.map((dim, i) => (gone.has(i) ? 1 : dim))
  return shape.filter((_, i) => !gone.has(i))
}

/** Axes are an input since opset 13 (ReduceSum) or 18 (the others). */
const reduce: ShapeRule = (inputs) => {
  const axes = inputs.has(1) ? inputs.longs(1) : undefined
  return [{ type: inputs.at(0).type, shape: reduced(inputs, axes) }]
}

const single: ShapeRule = (inputs) => [
  { type: 'int64', shape: reduced(inputs, [inputs.number('axis', 0)]) },
]

export const reductionShapes: Readonly<Record<string, ShapeRule>> = {
  ReduceSum: reduce,
  ReduceMean: reduce,
  ReduceMax: reduce,
  ReduceMin: reduce,
  ReduceSumSquare: reduce,
  ReduceL2: reduce,
  ArgMax: single,
}
