import { numberOf, numbersOf, textOf } from '../attributes.ts'
import { checkedAxis, sameShape } from '../dims.ts'
import type { Attributes, Dim } from '../graph.ts'
import { type Inputs, like, type ShapeRule } from './rule.ts'

/** How a window moves over the rows and columns of an image. */
export interface Window {
  readonly kernel: readonly [number, number]
  readonly strides: readonly [number, number]
  /** Rows above, columns left, rows below, columns right. */
  readonly pads: readonly [number, number, number, number]
  readonly dilations: readonly [number, number]
  readonly group: number
}

type Pair = readonly [number, number]

/** A window from a node's attributes; the kernel is the weights' where the attribute is not written. */
export function windowOf(attributes: Attributes, kernel?: readonly number[]): Window {
  return {
    kernel: numbersOf(attributes, 'kernel_shape', kernel) as unknown as Pair,
    strides: numbersOf(attributes, 'strides', [1, 1]) as unknown as Pair,
    pads: numbersOf(attributes, 'pads', [0, 0, 0, 0]) as unknown as Window['pads'],
    dilations: numbersOf(attributes, 'dilations', [1, 1]) as unknown as Pair,
    group: numberOf(attributes, 'group', 1),
  }
}

/** Reach of a dilated kernel in pixels. */
const reach = ({ kernel, dilations }: Window, i: 0 | 1) => (kernel[i] - 1) * dilations[i] + 1

/** Rows and columns that a window yields. */
export function slide(size: readonly number[], window: Window, ceil = false): [number, number] {
  const along = (i: 0 | 1) => {
    const { pads, strides } = window
    const room = size[i] + pads[i] + pads[i + 2] - reach(window, i)
    const steps = ceil ? Math.ceil(room / strides[i]) : Math.floor(room / strides[i])
    // A window may not begin in the padding behind the image.
    const beyond = ceil && steps * strides[i] >= size[i] + pads[i]
    return steps + (beyond ? 0 : 1)
  }
  return [along(0), along(1)]
}

function kernelOf(inputs: Inputs, weights: number): number[] {
  return [inputs.dim(weights, 2), inputs.dim(weights, 3)]
}

function autoPad(inputs: Inputs): void {
  if (textOf(inputs.call.attributes, 'auto_pad', 'NOTSET') !== 'NOTSET') {
    inputs.wrong('auto_pad is not supported: write the pads')
  }
}

const convolved: ShapeRule = (inputs) => {
  autoPad(inputs)
  const window = windowOf(inputs.call.attributes, kernelOf(inputs, 1))
  const [channels, wanted] = [inputs.dim(0, 1), inputs.dim(1, 1) * window.group]
  if (channels !== wanted) inputs.wrong(`got ${channels} channels, the weights want ${wanted}`)
  if (!sameShape(window.kernel, kernelOf(inputs, 1)))
    inputs.wrong('kernel_shape is not that of the weights')
  if (inputs.dim(1, 0) % window.group) inputs.wrong('group does not divide the output channels')
  const size = slide([inputs.dim(0, 2), inputs.dim(0, 3)], window)
  if (Math.min(...size) < 1) inputs.wrong('the kernel is larger than the image')
  return [{ type: inputs.at(0).type, shape: [batchOf(inputs), inputs.dim(1, 0), ...size] }]
}

const batchOf = (inputs: Inputs): Dim => inputs.shape(0)[0] ?? inputs.wrong('wanted an image')

const transposed: ShapeRule = (inputs) => {
  autoPad(inputs)
  const window = windowOf(inputs.call.attributes, kernelOf(inputs, 1))
  const extra = inputs.numbers('output_padding', [0, 0])
  const along = (i: 0 | 1) =>
    (inputs.dim(0, 2 + i) - 1) * window.strides[i] +
    reach(window, i) -
    window.pads[i] -
    window.pads[i + 2] +
    extra[i]
  if (inputs.dim(0, 1) !== inputs.dim(1, 0)) inputs.wrong('channels do not fit the weights')
  const shape = [batchOf(inputs), inputs.dim(1, 1) * window.group, along(0), along(1)]
  return [{ type: inputs.at(0).type, shape }]
}

const pooled: ShapeRule = (inputs) => {
  autoPad(inputs)
  const window = windowOf(inputs.call.attributes)
  const ceil = inputs.number('ceil_mode', 0) === 1
  const size = slide([inputs.dim(0, 2), inputs.dim(0, 3)], window, ceil)
  if (Math.min(...size) < 1) inputs.wrong('the kernel is larger than the image')
  const shape = [batchOf(inputs), inputs.dim(0, 1), ...size]
  return [
    { type: inputs.at(0).type, shape },
    { type: 'int64', shape },
  ]
}

export const windowShapes: Readonly<Record<string, ShapeRule>> = {
  Conv: convolved,
  FusedConv: convolved,
  ConvTranspose: transposed,
  MaxPool: pooled,
  AveragePool: pooled,
  GlobalAveragePool: (inputs) => [
    { type: inputs.at(0).type, shape: [batchOf(inputs), inputs.dim(0, 1), 1, 1] },
  ],
  BatchNormalization: (inputs) => [like(inputs.at(0)), like(inputs.at(3)), like(inputs.at(4))],
  InstanceNormalization: (inputs) => [like(inputs.at(0))],
  Resize: (inputs) => [{ type: inputs.at(0).type, shape: resized(inputs) }],
  ReorderInput: (inputs) => [like(inputs.at(0))],
  ReorderOutput: (inputs) => [like(inputs.at(0))],
}

function resized(inputs: Inputs): readonly Dim[] {
  const policy = textOf(inputs.call.attributes, 'keep_aspect_ratio_policy', 'stretch')
  if (policy !== 'stretch') inputs.wrong(`no rule for keep_aspect_ratio_policy ${policy}`)
  const shape = [...inputs.shape(0)]
  const everywhere = shape.map((_, i) => i)
  const axes = inputs
    .numbers('axes', everywhere)
    .map((axis) => checkedAxis(axis, shape.length, 'Resize'))
  const [sizes, scales] = [3, 2].map((i) => (inputs.has(i) ? inputs.longs(i) : []))
  for (const [i, axis] of axes.entries()) {
    if (sizes.length > 0) shape[axis] = sizes[i]
    else if (scales[i] !== 1) shape[axis] = Math.floor(inputs.dim(0, axis) * scales[i])
  }
  return shape
}
