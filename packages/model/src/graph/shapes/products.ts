import { broadcast, sameShape } from '../dims.ts'
import type { Dim } from '../graph.ts'
import type { Inputs, ShapeRule } from './rule.ts'

function turned(shape: readonly Dim[], transposed: boolean): readonly Dim[] {
  return transposed ? [...shape.slice(0, -2), shape.at(-1) ?? 1, shape.at(-2) ?? 1] : shape
}

/** NumPy's rule: a vector is a row before a matrix and a column behind one, and its axis is gone after. */
function product(inputs: Inputs, a: readonly Dim[], b: readonly Dim[]): readonly Dim[] {
  if (a.length === 0 || b.length === 0) return inputs.wrong('a number is no matrix')
  const [row, column] = [a.length === 1, b.length === 1]
  const [left, right] = [row ? [1, ...a] : a, column ? [...b, 1] : b]
  if (left.at(-1) !== right.at(-2)) {
    inputs.wrong(`${left.at(-1)} columns meet ${right.at(-2)} rows`)
  }
  const batch = broadcast([left.slice(0, -2), right.slice(0, -2)], inputs.call.op)
  return [...batch, ...(row ? [] : left.slice(-2, -1)), ...(column ? [] : right.slice(-1))]
}

const fused: ShapeRule = (inputs) => {
  const a = turned(inputs.shape(0), inputs.number('transA', 0) === 1)
  const b = turned(inputs.shape(1), inputs.number('transB', 0) === 1)
  return [{ type: inputs.at(0).type, shape: product(inputs, a, b) }]
}

export const productShapes: Readonly<Record<string, ShapeRule>> = {
  MatMul: (inputs) => [
    { type: inputs.at(0).type, shape: product(inputs, inputs.shape(0), inputs.shape(1)) },
  ],
  FusedMatMul: fused,
  Gemm: (inputs) => {
    if (inputs.shape(0).length !== 2 || inputs.shape(1).length !== 2) {
      inputs.wrong('wanted two matrices')
    }
    const result = fused(inputs)
    if (inputs.has(2)) {
      const wide = broadcast([result[0].shape, inputs.shape(2)], inputs.call.op)
      if (!sameShape(wide, result[0].shape)) inputs.wrong('the summand is larger than the product')
    }
    return result
  },
}
