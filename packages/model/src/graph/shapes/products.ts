import { broadcast } from '../dims.ts'
import type { Dim } from '../graph.ts'
import type { Inputs, ShapeRule } from './rule.ts'

function turned(shape: readonly Dim[], transposed: boolean): readonly Dim[] {
  return transposed ? [...shape.slice(0, -2), shape.at(-1) ?? 1, shape.at(-2) ?? 1] : shape
}

function product(inputs: Inputs, a: readonly Dim[], b: readonly Dim[]): readonly Dim[] {
  if (a.at(-1) !== b.at(-2)) inputs.wrong(`${a.at(-1)} columns meet ${b.at(-2)} rows`)
  const batch = broadcast([a.slice(0, -2), b.slice(0, -2)], inputs.call.op)
  return [...batch, a.at(-2) ?? 1, b.at(-1) ?? 1]
}

export const productShapes: Readonly<Record<string, ShapeRule>> = {
  MatMul: (inputs) => [
    { type: inputs.at(0).type, shape: product(inputs, inputs.shape(0), inputs.shape(1)) },
  ],
  FusedMatMul: (inputs) => {
    const a = turned(inputs.shape(0), inputs.number('transA', 0) === 1)
    const b = turned(inputs.shape(1), inputs.number('transB', 0) === 1)
    return [{ type: inputs.at(0).type, shape: product(inputs, a, b) }]
  },
  Gemm: (inputs) => {
    const a = turned(inputs.shape(0), inputs.number('transA', 0) === 1)
    const b = turned(inputs.shape(1), inputs.number('transB', 0) === 1)
    return [{ type: inputs.at(0).type, shape: product(inputs, a, b) }]
  },
}
