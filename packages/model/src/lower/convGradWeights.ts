import type { GraphBuilder } from '../graph/builder.ts'
import { dimsOf } from '../graph/dims.ts'
import type { Value } from '../graph/graph.ts'
import { mul } from '../graph/ops/elementwise.ts'
import { gather, pad, reshape, slice, transpose } from '../graph/ops/layout.ts'
import { fusedMatMul, matMul } from '../graph/ops/products.ts'
import { maxPool } from '../graph/ops/windows.ts'
import { type Window, windowOf } from '../graph/shapes/windows.ts'
import { longs, tensor } from '../tensor.ts'
import { SCALE_WEIGHTS } from './convGradInput.ts'
import type { LowerRule } from './rule.ts'

/** How a window moved, and the shape of the weights. */
interface WeightsWork {
  readonly window: Window
  readonly shape: readonly number[]
}

/** Below this many channels the windows of one image make a matrix product that is large enough. */
const FEW_CHANNELS = 16

export const convGradWeights: LowerRule = (node, at) => {
  const { g } = at
  const [oldX, oldDy] = [node.inputs[0], node.inputs[1]] as [Value, Value]
  const shape = dimsOf(node.outputs[0])
  const window = windowOf(node.attributes, shape.slice(2))
  const { scale } = at.unscaled(oldDy)
  const after = scale && shape[0] <= SCALE_WEIGHTS && !at.isBlocked(oldDy) ? scale : undefined
  const dy = after ? at.unscaled(oldDy).value : at.plain(oldDy)
  const x = at.plain(oldX)
  const usual = window.group === 1 && window.dilations.every((d) => d === 1)
  const way = !usual ? asExchanged : shape[1] < FEW_CHANNELS ? byImage : asProduct
  const dw = way(g, [x, dy], { window, shape })
  at.set(node.outputs[0], {
    plain: after ? mul(g, dw, reshape(g, after, [shape[0], 1, 1, 1])) : dw,
  })
  return true
}

/**
 * One matrix product over all pixels of all images: dy [out, pixels] with every pixel's window
 * [in * taps, pixels]. The columns of a window are shifted by a convolution with single ones, its rows
 * are then only read from another place.
 */
function asProduct(
  g: GraphBuilder,
  [x, dy]: readonly [Value, Value],
  { window }: WeightsWork,
): Value {
  const [n, out, rows, columns] = dimsOf(dy)
  const input = dimsOf(x)[1]
  const [kh, kw] = window.kernel
  const pixels = rows * n * columns
  const dyt = reshape(g, transpose(g, dy, [1, 2, 0, 3]), [out, pixels])
  const windows = reshape(g, columnsOf(g, x, { window, rows }), [input * kh * kw, pixels])
  // The runtime packs the second factor, so the smaller one belongs there.
  if (out > 128) {
    return reshape(g, fusedMatMul(g, [dyt, windows], { turnB: true }), [out, input, kh, kw])
  }
  const turned = fusedMatMul(g, [windows, dyt], { turnB: true })
  return reshape(g, transpose(g, turned, [1, 0]), [out, input, kh, kw])
}

/**
 * A product for each image and then their sum: with few channels the result is small, and nothing has to be
 * transposed before.
 */
function byImage(
  g: GraphBuilder,
  [x, dy]: readonly [Value, Value],
  { window, shape }: WeightsWork,
): Value {
  const [n, out, rows, columns] = dimsOf(dy)
  const [, input, kh, kw] = shape
  const { pads, strides } = window
  const framed = pad(g, x, [0, 0, pads[0], pads[1], 0, 0, pads[2], pads[3]])
  const high = dimsOf(framed)[2]
  const shifted = g.op('Conv', [framed, shifts(g, input, kw)], {
    attributes: { kernel_shape: [1, kw], strides: [1, strides[1]], group: input },
  })
  const places = g.shared(`windows_${[input, high, rows, kh, kw, strides[0]].join('_')}`, () => {
    const order: number[] = []
    for (let c = 0; c < input; c++) {
      for (let tap = 0; tap < kh * kw; tap++) {
        const [i, j] = [Math.floor(tap / kw), tap % kw]
        for (let row = 0; row < rows; row++) order.push((c * kw + j) * high + row * strides[0] + i)
      }
    }
    return longs(order)
  })
  const taps = input * kh * kw
  const read = gather(g, reshape(g, shifted, [n, input * kw * high, -1]), places, 1)
  const windows = reshape(g, read, [n, taps, rows * columns])
  const images = reshape(g, dy, [n, out, rows * columns])
  const each = reshape(g, fusedMatMul(g, [windows, images], { turnB: true }), [n, taps * out])
  const ones = g.shared(`ones_${n}`, () => tensor(new Float32Array(n).fill(1), [1, n]))
  const sum = reshape(g, matMul(g, ones, each), [input, kh, kw, out])
  return transpose(g, sum, [3, 0, 1, 2])
}

/** The weights of a convolution that lays the `kw` shifts of each row beside each other as channels. */
const shifts = (g: GraphBuilder, channels: number, kw: number): Value =>
  g.shared(`shifts_${channels}_${kw}`, () => {
    const ones = new Float32Array(channels * kw * kw)
    for (let i = 0; i < channels * kw; i++) ones[i * kw + (i % kw)] = 1
    return tensor(ones, [channels * kw, 1, 1, kw])
  })

/** [in, kh, kw, rows, images, columns] */
function columnsOf(
  g: GraphBuilder,
  x: Value,
  { window, rows }: { window: Window; rows: number },
): Value {
  const { kernel, strides, pads } = window
  const [kh, kw] = kernel
  if (kh === 1 && kw === 1 && pads.every((p) => p === 0)) {
    const seen = strides.every((s) => s === 1) ? x : maxPool(g, x, { kernel: 1, stride: strides })
    return transpose(g, seen, [1, 2, 0, 3])
  }
  const xt = pad(g, transpose(g, x, [1, 2, 0, 3]), [0, pads[0], 0, pads[1], 0, pads[2], 0, pads[3]])
  const high = dimsOf(xt)[1]
  const shifted = g.op('Conv', [xt, shifts(g, high, kw)], {
    attributes: { kernel_shape: [1, kw], strides: [1, strides[1]], group: high },
  })
  const indices = g.shared(`rows_${rows}_${kh}_${kw}_${strides[0]}`, () => {
    const places: number[] = []
    for (let i = 0; i < kh; i++) {
      for (let j = 0; j < kw; j++) {
        for (let row = 0; row < rows; row++) places.push((row * strides[0] + i) * kw + j)
      }
    }
    return longs(places, [kh, kw, rows])
  })
  return gather(g, shifted, indices, 1)
}

/**
 * The definition, for every stride, dilation and group: images and channels change roles, and so do
 * stride and dilation.
 */
function asExchanged(
  g: GraphBuilder,
  [x, dy]: readonly [Value, Value],
  { window, shape }: WeightsWork,
): Value {
  const [n, channels, height, width] = dimsOf(x)
  const { group, strides, dilations, pads, kernel } = window
  const each = channels / group
  const apart = transpose(g, reshape(g, x, [n, group, each, height, width]), [2, 1, 0, 3, 4])
  const images = reshape(g, apart, [each, group * n, height, width])
  const kernels = transpose(g, dy, [1, 0, 2, 3])
  const wide = g.op('Conv', [images, kernels], {
    attributes: {
      kernel_shape: dimsOf(dy).slice(2),
      strides: dilations,
      dilations: strides,
      pads,
      group,
    },
  })
  // Where the stride left a rest at the edge, there are taps too many.
  const cut = slice(g, wide, { axes: [2, 3], starts: [0, 0], ends: [...kernel] })
  return reshape(g, transpose(g, cut, [1, 0, 2, 3]), shape)
}
