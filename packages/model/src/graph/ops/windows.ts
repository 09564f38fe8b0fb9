import { ModelError } from '../../errors.ts'
import { longs, tensor } from '../../tensor.ts'
import type { GraphBuilder } from '../builder.ts'
import { dimsOf, known } from '../dims.ts'
import { float, type Value } from '../graph.ts'
import { add, div, mul, scalar, sqrt, sub } from './elementwise.ts'
import { reshape } from './layout.ts'
import { reduceMean } from './reductions.ts'

/** A number for both axes, or one each for rows and columns. */
export type Pair = number | readonly [number, number]

const both = (pair: Pair): readonly [number, number] =>
  typeof pair === 'number' ? [pair, pair] : [pair[0], pair[1]]

/** How a window moves. */
export interface WindowOptions {
  /** Default 1. */
  readonly stride?: Pair
  /** Zeros around the image: for both axes, or rows and columns. Default 0. */
  readonly pad?: Pair
  /** Default 1. */
  readonly dilation?: Pair
  /** Groups of channels that do not meet. Default 1. */
  readonly group?: number
  readonly bias?: Value | undefined
  /** Name of the result, for people. */
  readonly name?: string
}

const attributesOf = ({ stride = 1, pad = 0, dilation = 1, group = 1 }: WindowOptions) => ({
  strides: both(stride),
  pads: [...both(pad), ...both(pad)],
  dilations: both(dilation),
  group,
})

/** `x` [N, C, H, W], weights [out, C / group, kh, kw]. */
export function conv(
  g: GraphBuilder,
  [x, w]: readonly [Value, Value],
  options: WindowOptions = {},
): Value {
  const attributes = { kernel_shape: dimsOf(w).slice(2), ...attributesOf(options) }
  return g.op('Conv', [x, w, options.bias], { attributes, name: options.name ?? 'conv' })
}

/** `x` [N, C, H, W], weights [C, out / group, kh, kw]; `outputPad` as in PyTorch. */
export function convTranspose(
  g: GraphBuilder,
  [x, w]: readonly [Value, Value],
  options: WindowOptions & { readonly outputPad?: Pair } = {},
): Value {
  const attributes = {
    kernel_shape: dimsOf(w).slice(2),
    ...attributesOf(options),
    output_padding: both(options.outputPad ?? 0),
  }
  return g.op('ConvTranspose', [x, w, options.bias], { attributes, name: options.name ?? 'conv' })
}

/** Options of a pool. */
export interface PoolOptions {
  readonly kernel: Pair
  /** Default as the kernel. */
  readonly stride?: Pair
  /** Default 0. */
  readonly pad?: Pair
  /** The last window may hang over. Default false. */
  readonly ceil?: boolean
  /** An average counts the zeros of the padding, as PyTorch does. Default true. */
  readonly countPad?: boolean
}

const poolAttributes = ({ kernel, stride = kernel, pad = 0, ceil = false }: PoolOptions) => ({
  kernel_shape: both(kernel),
  strides: both(stride),
  pads: [...both(pad), ...both(pad)],
  ceil_mode: ceil ? 1 : 0,
})

export const maxPool = (g: GraphBuilder, x: Value, options: PoolOptions): Value =>
  // The gradient asks for the second output, where each maximum lies.
  g.op('MaxPool', [x], { attributes: poolAttributes(options), outputs: 2 })

export const averagePool = (g: GraphBuilder, x: Value, options: PoolOptions): Value =>
  g.op('AveragePool', [x], {
    attributes: {
      ...poolAttributes(options),
      count_include_pad: (options.countPad ?? true) ? 1 : 0,
    },
  })

export const globalAveragePool = (g: GraphBuilder, x: Value): Value =>
  g.op('GlobalAveragePool', [x])

/** What a batch norm holds. */
export interface Norm {
  readonly scale: Value
  readonly bias: Value
  readonly mean: Value
  readonly variance: Value
}

/** Normalises by the running statistics. */
export const batchNorm = (g: GraphBuilder, x: Value, norm: Norm, epsilon = 1e-5): Value =>
  g.op('BatchNormalization', [x, norm.scale, norm.bias, norm.mean, norm.variance], {
    attributes: { epsilon: float(epsilon) },
    name: 'norm',
  })

/** Normalises by the batch's own statistics, which are returned too: mean and biased variance. */
export function batchNormTraining(
  g: GraphBuilder,
  x: Value,
  { scale, bias, epsilon = 1e-5 }: { scale: Value; bias: Value; epsilon?: number },
): { y: Value; mean: Value; variance: Value } {
  // Momentum 0 makes the outputs the batch's statistics. The runtime writes them over these two inputs, and
  // merges equal constants: so each gets its own, of numbers that nobody else would choose.
  const own = () => {
    const numbers = new Float32Array(dimsOf(scale)[0]).fill(2 ** 23 + g.constants.size)
    return g.constant(tensor(numbers, dimsOf(scale)), 'overwritten')
  }
  const [y, mean, variance] = g.add('BatchNormalization', [x, scale, bias, own(), own()], {
    attributes: { epsilon: float(epsilon), momentum: float(0), training_mode: 1 },
    name: 'norm',
    outputs: 3,
  })
  return { y, mean, variance }
}

/** Group normalisation (Wu & He 2018) of [N, C, H, W]; scale and bias [C]. */
export function groupNorm(
  g: GraphBuilder,
  x: Value,
  {
    scale,
    bias,
    groups,
    epsilon = 1e-5,
  }: { scale: Value; bias: Value; groups: number; epsilon?: number },
): Value {
  const [c, h, w] = x.shape.slice(1).map((dim) => known(dim, x.name))
  if (c % groups) {
    throw new ModelError('BAD_ARGUMENT', `groupNorm: ${groups} groups do not divide ${c} channels`)
  }
  const rows = reshape(g, x, [0, groups, (c / groups) * h * w])
  const centred = sub(g, rows, reduceMean(g, rows, [2]))
  const variance = reduceMean(g, mul(g, centred, centred), [2])
  const deviation = sqrt(g, add(g, variance, scalar(g, epsilon)))
  const normal = reshape(g, div(g, centred, deviation), [0, c, h, w])
  const channel = (v: Value) => reshape(g, v, [1, c, 1, 1])
  return add(g, mul(g, normal, channel(scale)), channel(bias))
}

/** How an image is made larger or smaller. */
export interface ResizeOptions {
  /** Rows and columns of the result. */
  readonly size: readonly [number, number]
  readonly mode: 'nearest' | 'linear'
  /** Corner pixels keep their places, as PyTorch's `align_corners`. Default false. */
  readonly alignCorners?: boolean
}

/** Resizes as PyTorch's `interpolate` does. */
export function resize(
  g: GraphBuilder,
  x: Value,
  { size, mode, alignCorners = false }: ResizeOptions,
): Value {
  const coordinates =
    mode === 'nearest' ? 'asymmetric' : alignCorners ? 'align_corners' : 'pytorch_half_pixel'
  return g.op('Resize', [x, undefined, undefined, g.constant(longs(size), 'size')], {
    attributes: {
      axes: [2, 3],
      mode,
      coordinate_transformation_mode: coordinates,
      nearest_mode: 'floor',
    },
  })
}
