import { like, type ShapeRule } from './rule.ts'

export const quantizedShapes: Readonly<Record<string, ShapeRule>> = {
  QuantizeLinear: (inputs) => [
    { type: inputs.has(2) ? inputs.at(2).type : 'uint8', shape: inputs.shape(0) },
  ],
  DequantizeLinear: (inputs) => [{ type: inputs.at(1).type, shape: inputs.shape(0) }],
  Dropout: (inputs) => [like(inputs.at(0)), { type: 'bool', shape: inputs.shape(0) }],
}
