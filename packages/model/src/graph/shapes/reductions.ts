import { ModelError } from '../../errors.ts'
import { numberOf, numbersOf } from '../attributes.ts'
import { checkedAxis } from '../dims.ts'
import type { Dim } from '../graph.ts'
import type { Call, Inputs, ShapeRule } from './rule.ts'

/** Axes that go; all of them where none is named. */
export function reducedAxes(call: Call): ReadonlySet<number> {
  const [x, list] = call.inputs
  const rank = x?.shape.length ?? 0
  const constant = list && call.constants.get(list.name)
  if (list && !constant) {
    throw new ModelError('BAD_ARGUMENT', `${call.op}: ${list.name} must be a constant`)
  }
  // Axes are an input since opset 13 (ReduceSum) or 18 (the others), an attribute before.
  const axes = constant
    ? Array.from(constant.data as ArrayLike<number | bigint>, Number)
    : numbersOf(call.attributes, 'axes', [])
  if (axes.length > 0) return new Set(axes.map((axis) => checkedAxis(axis, rank, call.op)))
  const none = numberOf(call.attributes, 'noop_with_empty_axes', 0) === 1
  return new Set(none ? [] : Array.from({ length: rank }, (_, i) => i))
}

function without(inputs: Inputs, gone: ReadonlySet<number>): readonly Dim[] {
  const shape = inputs.shape(0)
  if (inputs.number('keepdims', 1) === 1) return shape.map((dim, i) => (gone.has(i) ? 1 : dim))
  return shape.filter((_, i) => !gone.has(i))
}

const reduce: ShapeRule = (inputs) => [
  { type: inputs.at(0).type, shape: without(inputs, reducedAxes(inputs.call)) },
]

const single: ShapeRule = (inputs) => [
  { type: 'int64', shape: without(inputs, new Set([inputs.axis()])) },
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
