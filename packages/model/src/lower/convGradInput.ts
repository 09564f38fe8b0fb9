import type { GraphBuilder } from '../graph/builder.ts'
import { dimsOf } from '../graph/dims.ts'
import type { Value } from '../graph/graph.ts'
import { mul } from '../graph/ops/elementwise.ts'
import { reshape, transpose } from '../graph/ops/layout.ts'
import { matMul } from '../graph/ops/products.ts'
import { type Window, windowOf } from '../graph/shapes/windows.ts'
import { tensor } from '../tensor.ts'
import type { LowerRule } from './rule.ts'

/** Below this many channels it is cheaper to scale the weights than the image. */
export const SCALE_WEIGHTS = 128

export const convGradInput: LowerRule = (node, at) => {
  const { g } = at
  const [oldDy, oldW] = [node.inputs[0], node.inputs[1]] as [Value, Value]
  let w = at.plain(oldW)
  const [out] = dimsOf(w)
  const window = windowOf(node.attributes, dimsOf(w).slice(2))
  const { scale } = at.unscaled(oldDy)
  let dy: Value
  if (scale && out <= SCALE_WEIGHTS && !at.isBlocked(oldDy)) {
    dy = at.unscaled(oldDy).value
    w = mul(g, w, reshape(g, scale, [out, 1, 1, 1]))
  } else dy = at.plain(oldDy)
  const flipped = window.group === 1 && simple(window)
  const result = flipped
    ? asConv(g, [dy, w], window)
    : asTransposed(g, [dy, w], { window, shape: dimsOf(node.outputs[0]) })
  at.set(node.outputs[0], { plain: result })
  return true
}

/** Stride 1 without dilation, and no more padding than the kernel reaches. */
export function simple({ strides, dilations, kernel, pads }: Window): boolean {
  const ones = [...strides, ...dilations].every((n) => n === 1)
  return ones && pads.every((p, i) => p <= kernel[i % 2] - 1)
}

/** The convolution of dy with the kernel turned by 180 degrees; faster than ConvTranspose. */
function asConv(
  g: GraphBuilder,
  [dy, w]: readonly [Value, Value],
  { kernel, pads }: Window,
): Value {
  const behind = pads.map((p, i) => kernel[i % 2] - 1 - p)
  return g.op('Conv', [dy, turned(g, w)], {
    attributes: { kernel_shape: kernel, pads: [behind[0], behind[1], behind[2], behind[3]] },
  })
}

/** [O, I, kh, kw] to [I, O, kh, kw], each kernel reversed: a product with the reversal, then a transpose. */
function turned(g: GraphBuilder, w: Value): Value {
  const [out, input, kh, kw] = dimsOf(w)
  const taps = kh * kw
  const exchanged = transpose(g, reshape(g, w, [out, input, taps]), [1, 0, 2])
  if (taps === 1) return reshape(g, exchanged, [input, out, 1, 1])
  const reversal = g.shared(`reversal_${taps}`, () =>
    tensor(
      Float32Array.from({ length: taps * taps }, (_, i) =>
        Math.floor(i / taps) + (i % taps) === taps - 1 ? 1 : 0,
      ),
      [taps, taps],
    ),
  )
  const rows = reshape(g, exchanged, [input * out, taps])
  return reshape(g, matMul(g, rows, reversal), [input, out, kh, kw])
}

/** The definition, for every stride, dilation and group. */
function asTransposed(
  g: GraphBuilder,
  [dy, w]: readonly [Value, Value],
  { window, shape }: { window: Window; shape: readonly number[] },
): Value {
  const { kernel, strides, pads, dilations, group } = window
  const rows = dimsOf(dy).slice(2)
  const missing = rows.map((size, i) => {
    const full =
      (size - 1) * strides[i] + (kernel[i] - 1) * dilations[i] + 1 - pads[i] - pads[i + 2]
    return shape[2 + i] - full
  })
  // A pool's last window may hang over the edge: what it reaches there is cut off.
  const cut = pads.map((p, i) => (i < 2 ? p : p + Math.max(0, -missing[i - 2])))
  const extra = missing.map((size) => Math.max(0, size))
  return g.op('ConvTranspose', [dy, w], {
    attributes: {
      kernel_shape: kernel,
      strides,
      pads: cut,
      dilations,
      group,
      output_padding: extra,
    },
  })
}
