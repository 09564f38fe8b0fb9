import {
  averagePool,
  batchNorm,
  batchNormTraining,
  globalAveragePool,
  groupNorm,
  maxPool,
} from '../../../src/graph/ops/windows.ts'
import { type Random, random } from '../../../src/random.ts'
import { tensor } from '../../../src/tensor.ts'
import type { Case } from '../check.ts'
import { apart, between, normal } from '../draw.ts'

interface Window {
  readonly image: readonly number[]
  /** Out, in / group, rows, columns; for a transposed convolution in, out / group, … */
  readonly weights: readonly number[]
  readonly strides?: readonly number[]
  readonly pads?: readonly number[]
  readonly dilations?: readonly number[]
  readonly group?: number
  readonly output_padding?: readonly number[]
  readonly bias?: boolean
}

function windowCase(op: string, says: string, window: Window): Case {
  const numbers = random(says.length)
  const { image, weights, bias = false, ...attributes } = window
  const out = op === 'Conv' ? weights[0] : weights[1] * (window.group ?? 1)
  const inputs = [normal(numbers, image), normal(numbers, weights)]
  if (bias) inputs.push(normal(numbers, [out]))
  return { op, says, inputs, build: (g, x) => g.op(op, x, { attributes }) }
}

const conv = (says: string, window: Window) => windowCase('Conv', says, window)
const transposed = (says: string, window: Window) => windowCase('ConvTranspose', says, window)

const image = [2, 4, 6, 7]

const chosen: Case[] = [
  conv('3x3 with bias', {
    image,
    weights: [3, 4, 3, 3],
    pads: [1, 1, 1, 1],
    bias: true,
  }),
  conv('grouped', { image, weights: [6, 2, 3, 3], group: 2, bias: true }),
  conv('depthwise', { image, weights: [4, 1, 3, 3], group: 4, pads: [1, 1, 1, 1] }),
  conv('depthwise, two a channel, stride 2', {
    image,
    weights: [8, 1, 3, 3],
    group: 4,
    strides: [2, 2],
    pads: [1, 1, 1, 1],
  }),
  conv('stride 2 with a rest at the edge', {
    image: [2, 3, 8, 9],
    weights: [2, 3, 3, 3],
    strides: [2, 3],
  }),
  conv('stride 3 with a rest of two', {
    image: [1, 2, 9, 8],
    weights: [2, 2, 2, 3],
    strides: [3, 3],
    pads: [0, 1, 1, 0],
  }),
  conv('stride larger than the kernel', {
    image: [1, 2, 8, 7],
    weights: [2, 2, 1, 2],
    strides: [3, 3],
  }),
  conv('dilated', { image: [1, 2, 8, 7], weights: [2, 2, 3, 2], dilations: [2, 3] }),
  conv('dilated, strided and grouped', {
    image: [2, 4, 9, 8],
    weights: [4, 2, 2, 2],
    dilations: [3, 2],
    strides: [2, 2],
    pads: [1, 0, 2, 1],
    group: 2,
  }),
  conv('pads on one side', { image, weights: [2, 4, 2, 3], pads: [0, 2, 1, 0] }),
  conv('1x1', { image, weights: [3, 4, 1, 1], bias: true }),
  conv('1x1, stride 2', { image, weights: [3, 4, 1, 1], strides: [2, 2] }),
  conv('1x1, stride 2 and 1', { image, weights: [3, 4, 1, 1], strides: [2, 1] }),
  conv('1x1 with pads', { image, weights: [3, 4, 1, 1], pads: [1, 1, 1, 1] }),
  conv('more padding than the kernel reaches', {
    image: [1, 2, 5, 4],
    weights: [2, 2, 2, 3],
    pads: [3, 4, 2, 3],
  }),
  conv('more padding than the kernel reaches, stride 2', {
    image: [1, 2, 5, 4],
    weights: [2, 2, 3, 2],
    pads: [4, 3, 3, 2],
    strides: [2, 2],
  }),
  conv('the kernel as large as the image', { image: [2, 2, 4, 5], weights: [3, 2, 4, 5] }),
  conv('one pixel', { image: [3, 2, 1, 1], weights: [2, 2, 3, 3], pads: [1, 1, 1, 1] }),
  conv('more than 128 channels', { image: [1, 2, 3, 3], weights: [130, 2, 1, 2] }),
  transposed('stride 2, output padding', {
    image: [2, 3, 4, 3],
    weights: [3, 2, 3, 3],
    strides: [2, 2],
    pads: [1, 1, 1, 1],
    output_padding: [1, 1],
    bias: true,
  }),
  transposed('stride 1', { image: [2, 3, 4, 3], weights: [3, 2, 3, 2], pads: [1, 0, 1, 1] }),
  transposed('2x2, stride 2', {
    image: [2, 3, 4, 3],
    weights: [3, 2, 2, 2],
    strides: [2, 2],
  }),
  transposed('grouped', {
    image: [2, 4, 3, 3],
    weights: [4, 3, 3, 3],
    group: 2,
    strides: [2, 1],
    bias: true,
  }),
  transposed('depthwise', { image: [2, 4, 3, 3], weights: [4, 1, 3, 3], group: 4 }),
  transposed('dilated', {
    image: [1, 2, 4, 4],
    weights: [2, 3, 2, 3],
    dilations: [2, 2],
    strides: [2, 3],
    pads: [1, 2, 0, 1],
    output_padding: [1, 2],
  }),
]

function drawn(i: number): Case {
  const numbers = random(100 + i)
  const pick = (low: number, high: number) => low + numbers.below(high - low + 1)
  const pair = (low: number, high: number) => [pick(low, high), pick(low, high)]
  const [group, [each, out]] = [pick(1, 3), pair(1, 3)]
  const [kernel, dilations] = [pair(1, 3), pair(1, 2)]
  const [height, width] = kernel.map((k, axis) => (k - 1) * dilations[axis] + 1 + pick(0, 5))
  const attributes = { strides: pair(1, 3), pads: [...pair(0, 2), ...pair(0, 2)], dilations, group }
  return conv(`drawn: ${JSON.stringify({ height, width, kernel, ...attributes })}`, {
    image: [pick(1, 2), group * each, height, width],
    weights: [group * out, each, ...kernel],
    ...attributes,
  })
}

const pool = (op: string, says: string, attributes: Record<string, number | number[]>): Case => ({
  op,
  says,
  inputs: [apart(random(says.length), [2, 2, 6, 7])],
  build: (g, [x]) => g.op(op, [x], { attributes, outputs: op === 'MaxPool' ? 2 : 1 }),
})

const pools = ['MaxPool', 'AveragePool'].flatMap((op) => [
  pool(op, '2x2', { kernel_shape: [2, 2], strides: [2, 2] }),
  pool(op, 'overlapping', { kernel_shape: [3, 3], strides: [2, 1] }),
  pool(op, 'padded', { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }),
  pool(op, 'padded on one side', { kernel_shape: [3, 2], strides: [2, 2], pads: [0, 1, 2, 0] }),
  pool(op, 'hanging over', { kernel_shape: [3, 2], strides: [2, 2], ceil_mode: 1 }),
  pool(op, 'hanging over, stride larger than the kernel', {
    kernel_shape: [2, 2],
    strides: [3, 4],
    ceil_mode: 1,
  }),
  pool(op, 'hanging over, padded', {
    kernel_shape: [3, 3],
    strides: [2, 2],
    pads: [1, 1, 1, 1],
    ceil_mode: 1,
  }),
])

const others: Case[] = [
  pool('MaxPool', 'dilated', { kernel_shape: [2, 2], strides: [1, 2], dilations: [2, 3] }),
  pool('AveragePool', 'zeros counted', {
    kernel_shape: [3, 2],
    strides: [2, 2],
    pads: [1, 1, 1, 0],
    count_include_pad: 1,
  }),
  pool('AveragePool', 'zeros counted, hanging over', {
    kernel_shape: [3, 3],
    strides: [2, 2],
    pads: [0, 1, 1, 0],
    count_include_pad: 1,
    ceil_mode: 1,
  }),
  {
    op: 'AveragePool',
    says: 'as averagePool builds it',
    inputs: [normal(random(3), [2, 2, 5, 6])],
    build: (g, [x]) => averagePool(g, x, { kernel: 3, stride: 2, pad: 1 }),
  },
  {
    op: 'MaxPool',
    says: 'as maxPool builds it, and read by two',
    inputs: [apart(random(4), [2, 2, 5, 6])],
    build: (g, [x]) => {
      const y = maxPool(g, x, { kernel: 3, stride: 2, pad: 1 })
      return [y, globalAveragePool(g, y)]
    },
  },
  {
    op: 'MaxPool',
    says: 'without its second output',
    inputs: [apart(random(5), [1, 2, 5, 6])],
    build: (g, [x]) => g.op('MaxPool', [x], { attributes: { kernel_shape: [2, 3] } }),
  },
  {
    op: 'GlobalAveragePool',
    says: '5x3',
    inputs: [normal(random(6), [2, 3, 5, 3])],
    build: (g, [x]) => globalAveragePool(g, x),
  },
]

const channels = (numbers: Random) => [
  normal(numbers, [2, 4, 3, 5]),
  between(numbers, [4], [0.5, 1.5]),
  normal(numbers, [4]),
]

const norms: Case[] = [
  {
    op: 'BatchNormalization',
    says: 'by the statistics of the batch',
    inputs: channels(random(7)),
    build: (g, [x, scale, bias]) => batchNormTraining(g, x, { scale, bias }).y,
  },
  {
    op: 'BatchNormalization',
    says: 'by the statistics of the batch, twice, with another epsilon',
    inputs: channels(random(8)),
    build: (g, [x, scale, bias]) => {
      const { y } = batchNormTraining(g, x, { scale, bias, epsilon: 0.1 })
      return batchNormTraining(g, g.op('Tanh', [y]), { scale, bias }).y
    },
  },
  {
    op: 'BatchNormalization',
    says: 'by running statistics',
    inputs: channels(random(9)),
    build: (g, [x, scale, bias]) => {
      const mean = g.constant(tensor([0.5, -0.25, 1, 0]))
      const variance = g.constant(tensor([1, 0.5, 2, 0.1]))
      return batchNorm(g, x, { scale, bias, mean, variance })
    },
  },
  {
    op: 'Reshape',
    says: 'group norm',
    inputs: channels(random(10)),
    build: (g, [x, scale, bias]) => groupNorm(g, x, { scale, bias, groups: 2 }),
  },
]

/** The gradient of a batch norm hands the scale of its channels on to the convolution before it. */
const before = (op: string, says: string, weights: readonly number[], group = 1): Case => {
  const numbers = random(11 + group)
  const out = op === 'Conv' ? weights[0] : weights[1] * group
  const channel = between(numbers, [out], [0.5, 1.5])
  return {
    op,
    says: `${says} before a batch norm`,
    inputs: [normal(numbers, [2, 4, 5, 4]), normal(numbers, weights), channel],
    build: (g, [x, w, scale]) => {
      const y = g.op(op, [x, w], { attributes: { group, strides: [2, 1] } })
      return batchNormTraining(g, y, { scale, bias: scale }).y
    },
  }
}

const chained: Case[] = [
  before('Conv', '3x2', [3, 4, 3, 2]),
  before('Conv', 'grouped', [6, 2, 2, 2], 2),
  before('Conv', 'depthwise', [4, 1, 3, 3], 4),
  before('Conv', 'more than 128 channels', [130, 4, 1, 1]),
  before('ConvTranspose', '2x2', [4, 3, 2, 2]),
  before('ConvTranspose', 'grouped', [4, 3, 2, 2], 2),
]

export const windowCases: readonly Case[] = [
  ...chosen,
  ...Array.from({ length: 24 }, (_, i) => drawn(i)),
  ...pools,
  ...others,
  ...norms,
  ...chained,
]
