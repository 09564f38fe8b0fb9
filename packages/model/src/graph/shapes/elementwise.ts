import type { DType } from '../../tensor.ts'
import { broadcast } from '../dims.ts'
import { like, type ShapeRule } from './rule.ts'

/** The shape of the first input. */
const same: ShapeRule = (inputs) => [like(inputs.at(0))]

const spread =
  (type?: DType, first = 0): ShapeRule =>
  (inputs) => {
    const shapes = inputs.call.inputs.map((_, i) => inputs.shape(i))
    const types = inputs.call.inputs.slice(first).map((_, i) => inputs.at(first + i).type)
    // A power alone may mix them.
    if (new Set(types).size > 1 && inputs.call.op !== 'Pow') {
      inputs.wrong(`element types ${types.join(' and ')} do not fit together`)
    }
    return [{ type: type ?? inputs.at(first).type, shape: broadcast(shapes, inputs.call.op) }]
  }

const unary = [
  'Abs Clip Elu Erf Exp Floor HardSigmoid HardSwish Identity LeakyRelu Log LogSoftmax Neg Reciprocal',
  'Relu Sigmoid Sign Softmax Softplus Sqrt Tanh Gelu FastGelu QuickGelu',
]
const binary = 'Add Div Max Min Mul Pow Sub Sum'
const compared = 'And Equal Greater GreaterOrEqual Less LessOrEqual Or'

const all = (names: string, rule: ShapeRule) =>
  Object.fromEntries(names.split(' ').map((name) => [name, rule]))

// In the order of the ONNX element type numbers, which `Cast` is given.
const castTypes: Readonly<Record<number, DType>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  9: 'bool',
  10: 'float16',
  11: 'float64',
}

export const elementwiseShapes: Readonly<Record<string, ShapeRule>> = {
  ...all(unary.join(' '), same),
  ...all(binary, spread()),
  ...all(compared, spread('bool')),
  Not: same,
  Where: spread(undefined, 1),
  Cast: (inputs) => {
    const type = castTypes[inputs.number('to')]
    return [{ type: type ?? inputs.wrong('unknown element type'), shape: inputs.shape(0) }]
  },
}
