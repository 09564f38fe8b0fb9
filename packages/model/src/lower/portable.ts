import { dimsOf } from '../graph/dims.ts'
import { asNumber, mul, positive, scalar } from '../graph/ops/elementwise.ts'
import { expand, reshape, slice } from '../graph/ops/layout.ts'
import { batchNormGrad } from './batchNormGrad.ts'
import { convGradInput } from './convGradInput.ts'
import { convGradWeights } from './convGradWeights.ts'
import type { LowerRule, LowerRules } from './rule.ts'

/** Scatters into zeros, adding up: windows overlap. */
const maxPoolGrad: LowerRule = (node, at) => {
  const { g } = at
  const [dy, indices] = [at.plain(node.inputs[0]), at.plain(node.inputs[1])]
  const shape = dimsOf(node.outputs[0])
  const size = shape.reduce((n, dim) => n * dim, 1)
  const places = reshape(g, indices, [-1])
  // A zero that is computed: zeros of a constant would be folded into a constant as large as the activations.
  const one = asNumber(g, slice(g, places, { axes: [0], starts: [0], ends: [1] }))
  const zeros = expand(g, mul(g, one, scalar(g, 0)), [size])
  const flat = g.op('ScatterElements', [zeros, places, reshape(g, dy, [-1])], {
    attributes: { axis: 0, reduction: 'add' },
  })
  at.set(node.outputs[0], { plain: reshape(g, flat, shape) })
  return true
}

const reluGrad: LowerRule = (node, at) => {
  const [y, dy] = [at.plain(node.inputs[0]), at.plain(node.inputs[1])]
  at.set(node.outputs[0], { plain: mul(at.g, dy, positive(at.g, y)) })
  return true
}

/** Plain convolutions and ONNX Runtime's documented operators: the same on every machine. */
export const portableRules: LowerRules = {
  ReluGrad: reluGrad,
  MaxPoolGrad: maxPoolGrad,
  BatchNormGrad: batchNormGrad,
  ConvGradInput: convGradInput,
  ConvGradWeights: convGradWeights,
}
