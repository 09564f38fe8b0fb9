import { numberOf } from '../graph/attributes.ts'
import { dimsOf, sameShape } from '../graph/dims.ts'
import type { Node, Value } from '../graph/graph.ts'
import { add, div, max, mul, positive, scalar, sqrt, sub } from '../graph/ops/elementwise.ts'
import { reshape } from '../graph/ops/layout.ts'
import { reduceMean } from '../graph/ops/reductions.ts'
import { channelTerms } from './batchNormGrad.ts'
import { blockedConv, blockedConvGradInput, blockedConvGradWeights } from './blockedConv.ts'
import type { Blocks } from './blocks.ts'
import type { Lowering } from './lowering.ts'
import type { LowerRule, LowerRules } from './rule.ts'

/** The rule applies where the input lies in blocks already. */
const inBlocks =
  (work: (at: { node: Node; lowering: Lowering; blocks: Blocks }) => void): LowerRule =>
  (node, lowering) => {
    const { blocks } = lowering
    if (!blocks || !lowering.isBlocked(node.inputs[0] as Value)) return false
    work({ node, lowering, blocks })
    return true
  }

interface Following {
  /** The nodes that need not be worked out any more. */
  readonly passed: readonly Node[]
  readonly sum: Value | undefined
  readonly relu: boolean
}

/** What follows a batch norm and can be done in the same pass. */
function following(node: Node, lowering: Lowering): Following {
  const passed: Node[] = []
  let sum: Value | undefined
  let end = node
  const next = lowering.soleReader(end.outputs[0])
  if (next?.op === 'Add') {
    const other = next.inputs.find((input) => input !== node.outputs[0])
    if (other && lowering.isBlocked(other) && sameShape(other.shape, end.outputs[0].shape)) {
      sum = other
      passed.push(next)
      end = next
    }
  }
  const last = lowering.soleReader(end.outputs[0])
  const relu = last?.op === 'Relu'
  if (relu) passed.push(last)
  return { passed, sum, relu }
}

/** Mean and variance of each channel over the batch, by products of small matrices. */
function batchStatistics(blocks: Blocks, x: Value): { mean: Value; variance: Value } {
  const { g } = blocks
  const [n, , h, w] = dimsOf(x)
  const share = scalar(g, 1 / (n * h * w))
  const mean = mul(g, blocks.sum(x), share)
  const square = mul(g, blocks.dot(x, x), share)
  return { mean, variance: max(g, sub(g, square, mul(g, mean, mean)), scalar(g, 0)) }
}

/** One pass that scales, shifts, adds the shortcut and cuts at zero. */
const batchNorm = inBlocks(({ node, lowering, blocks }) => {
  const { g } = lowering
  const x = lowering.blocked(node.inputs[0] as Value)
  const [gamma, beta] = [lowering.plain(node.inputs[1]), lowering.plain(node.inputs[2])]
  const training = numberOf(node.attributes, 'training_mode', 0) === 1
  const { mean, variance } = training
    ? batchStatistics(blocks, x)
    : { mean: lowering.plain(node.inputs[3]), variance: lowering.plain(node.inputs[4]) }
  const epsilon = scalar(g, numberOf(node.attributes, 'epsilon', 1e-5))
  const a = mul(g, gamma, div(g, scalar(g, 1), sqrt(g, add(g, variance, epsilon))))
  const b = sub(g, beta, mul(g, a, mean))
  const { passed, sum, relu } = following(node, lowering)
  const y = blocks.linear(x, [a, b], {
    sum: sum && lowering.blocked(sum),
    activation: relu ? 'Relu' : undefined,
  })
  for (const after of passed) lowering.done(after)
  lowering.set((passed.at(-1) ?? node).outputs[0], { blocked: y })
  if (!training) return
  lowering.set(node.outputs[1], { plain: mean })
  lowering.set(node.outputs[2], { plain: variance })
})

const batchNormGrad = inBlocks(({ node, lowering, blocks }) => {
  const { g } = lowering
  const [x, dy] = [0, 1].map((i) => lowering.blocked(node.inputs[i] as Value))
  const [n, , h, w] = dimsOf(x)
  const [gamma, mean, variance] = [2, 3, 4].map((i) => lowering.plain(node.inputs[i]))
  const sumDy = blocks.sum(dy)
  const given = { count: n * h * w, gamma, mean, variance, sumDy, sumDyX: blocks.dot(dy, x) }
  const { scale, slope, shift, dGamma } = channelTerms(g, node, given)
  lowering.set(node.outputs[0], { blocked: blocks.linear(x, [slope, shift], { sum: dy }), scale })
  lowering.set(node.outputs[1], { plain: dGamma })
  lowering.set(node.outputs[2], { plain: sumDy })
})

const relu = inBlocks(({ node, lowering }) => {
  const x = lowering.blocked(node.inputs[0] as Value)
  lowering.set(node.outputs[0], { blocked: lowering.g.op('Relu', [x]) })
})

const reluGrad = inBlocks(({ node, lowering }) => {
  const { g } = lowering
  const [y, dy] = [0, 1].map((i) => lowering.blocked(node.inputs[i] as Value))
  lowering.set(node.outputs[0], { blocked: mul(g, dy, positive(g, y)) })
})

const sum: LowerRule = (node, lowering) => {
  const [a, b] = node.inputs as [Value, Value]
  const included = lowering.included(a, b)
  if (included) {
    lowering.set(node.outputs[0], { blocked: included })
    return true
  }
  if (!lowering.blocks || !lowering.isBlocked(a) || !lowering.isBlocked(b)) return false
  // In blocks the axes lie otherwise than their shape says: nothing can be stretched.
  if (!sameShape(a.shape, b.shape)) return false
  lowering.set(node.outputs[0], {
    blocked: lowering.blocks.add(lowering.blocked(a), lowering.blocked(b)),
  })
  return true
}

const globalAverage = inBlocks(({ node, lowering, blocks }) => {
  const { g } = lowering
  const x = lowering.blocked(node.inputs[0] as Value)
  const [n, c, h, w] = dimsOf(x)
  const apart = reshape(g, x, [n, c / blocks.size, h * w, blocks.size])
  // One number a channel: in blocks and in rows it lies the same.
  lowering.set(node.outputs[0], { plain: reshape(g, reduceMean(g, apart, [2]), [n, c, 1, 1]) })
})

/** Where a convolution or what surrounds it can run in blocks; else the portable rules apply. */
export const blockedRules: LowerRules = {
  Conv: blockedConv,
  ConvGradInput: blockedConvGradInput,
  ConvGradWeights: blockedConvGradWeights,
  BatchNormalization: batchNorm,
  BatchNormGrad: batchNormGrad,
  Relu: relu,
  ReluGrad: reluGrad,
  Add: sum,
  GlobalAveragePool: globalAverage,
}
