import { ModelError } from '../../errors.ts'
import { numberOf } from '../../graph/attributes.ts'
import { dimsOf } from '../../graph/dims.ts'
import { MEANING } from '../../graph/domains.ts'
import { mul, scalar } from '../../graph/ops/elementwise.ts'
import { expand } from '../../graph/ops/layout.ts'
import { type Window, windowOf } from '../../graph/shapes/windows.ts'
import { tensor } from '../../tensor.ts'
import type { Backward, GradientRule, GradientRules } from '../rule.ts'

/** Each pixel sends its gradient to where its maximum was; overlapping windows add up. */
const largest: GradientRule = (at) => {
  const { attributes } = at
  if (numberOf(attributes, 'storage_order', 0) !== 0) {
    throw new ModelError('MISSING_RULE', 'gradient of MaxPool: no rule for storage_order 1')
  }
  // A graph that was read from a file may not ask where the maxima lie.
  const indices = at.node.outputs[1] ?? at.g.add('MaxPool', [at.x()], { attributes, outputs: 2 })[1]
  return [
    at.g.op('MaxPoolGrad', [at.dy(), indices], {
      domain: MEANING,
      attributes: { input_shape: dimsOf(at.x()).slice(1) },
    }),
  ]
}

/** Every pixel of a window gets its share: a depthwise transposed convolution with ones. */
const average: GradientRule = (at) => {
  const { g } = at
  const window = windowOf(at.attributes)
  const size = dimsOf(at.x())
  const [channels, out] = [size[1], dimsOf(at.y())]
  const shares = g.constant(tensor(sharesOf(at, window), [1, 1, out[2], out[3]]), 'shares')
  const ones = g.constant(
    tensor(new Float32Array(channels * window.kernel[0] * window.kernel[1]).fill(1), [
      channels,
      1,
      ...window.kernel,
    ]),
    'ones',
  )
  const { strides, pads, kernel } = window
  return [
    g.op('ConvGradInput', [mul(g, at.dy(), shares), ones], {
      domain: MEANING,
      attributes: {
        kernel_shape: kernel,
        strides,
        pads,
        group: channels,
        input_shape: size.slice(1),
      },
    }),
  ]
}

/** One over the number of pixels that each window averaged. */
function sharesOf(at: Backward, { kernel, strides, pads }: Window): Float32Array {
  const size = dimsOf(at.x()).slice(2)
  const out = dimsOf(at.y()).slice(2)
  const padded = numberOf(at.attributes, 'count_include_pad', 0) === 1
  const counts = [0, 1].map((i) =>
    Array.from({ length: out[i] }, (_, at) => {
      const start = at * strides[i] - pads[i]
      const [low, high] = padded ? [-pads[i], size[i] + pads[i + 2]] : [0, size[i]]
      return Math.min(high, start + kernel[i]) - Math.max(low, start)
    }),
  )
  return Float32Array.from({ length: out[0] * out[1] }, (_, i) => {
    return 1 / (counts[0][Math.floor(i / out[1])] * counts[1][i % out[1]])
  })
}

const everything: GradientRule = (at) => {
  const [n, c, h, w] = dimsOf(at.x())
  return [expand(at.g, mul(at.g, at.dy(), scalar(at.g, 1 / (h * w))), [n, c, h, w])]
}

export const poolRules: GradientRules = {
  MaxPool: largest,
  AveragePool: average,
  GlobalAveragePool: everything,
}
