import { ModelError } from '../errors.ts'
import type { GraphBuilder } from '../graph/builder.ts'
import type { Value } from '../graph/graph.ts'
import {
  add,
  div,
  exp,
  max,
  mul,
  neg,
  pow,
  scalar,
  softplus,
  sub,
} from '../graph/ops/elementwise.ts'
import { logSoftmax, meanOf, reduceSum } from '../graph/ops/reductions.ts'
import { tensor } from '../tensor.ts'

/** From logits [N, classes] and wanted shares [N, classes] to one number, added to the graph. */
export interface Loss {
  readonly name: string
  build(g: GraphBuilder, logits: Value, target: Value): Value
}

/** What cross-entropy is told. */
export interface CrossEntropyOptions {
  /** Share of the target that is spread over all classes (Szegedy et al. 2016). Default 0. */
  readonly smoothing?: number
  /** Weight of each class. Default 1 each. */
  readonly weights?: readonly number[]
}

/** Softmax cross-entropy, the mean over the batch; weights and smoothing mean what PyTorch's do. */
export function crossEntropy({ smoothing = 0, weights }: CrossEntropyOptions = {}): Loss {
  if (!(smoothing >= 0 && smoothing < 1)) {
    throw new ModelError(
      'BAD_ARGUMENT',
      `crossEntropy: smoothing ${smoothing}, wanted 0 to below 1`,
    )
  }
  return {
    name: 'cross-entropy',
    build: (g, logits, target) => {
      const classes = Number(logits.shape[1])
      const weight = g.constant(classWeights(classes, weights), 'class_weights')
      const smooth =
        smoothing === 0
          ? target
          : add(g, mul(g, target, scalar(g, 1 - smoothing)), scalar(g, smoothing / classes))
      const each = mul(g, mul(g, smooth, weight), logSoftmax(g, logits))
      const whole = reduceSum(g, mul(g, target, weight), [0, 1], false)
      return neg(g, div(g, reduceSum(g, each, [0, 1], false), whole))
    },
  }
}

/** Each class by itself against its own logit: the mean over batch and classes. */
export function binaryCrossEntropy(): Loss {
  return {
    name: 'binary-cross-entropy',
    build: (g, logits, target) => meanOf(g, sub(g, softplus(g, logits), mul(g, logits, target))),
  }
}

/** What the focal loss is told. */
export interface FocalOptions {
  /** How much less an example counts that is right already. Default 2, the paper's. */
  readonly gamma?: number
  /** Weight of each class. Default 1 each. */
  readonly weights?: readonly number[]
}

/** Cross-entropy times (1 - p)^gamma (Lin et al. 2017), the mean over the batch. */
export function focal({ gamma = 2, weights }: FocalOptions = {}): Loss {
  if (!(gamma >= 0)) {
    throw new ModelError('BAD_ARGUMENT', `focal: gamma ${gamma}, wanted 0 or above`)
  }
  return {
    name: 'focal',
    build: (g, logits, target) => {
      const [n, classes] = logits.shape.map(Number)
      const logs = logSoftmax(g, logits)
      // Not 0, where a power below 1 has no slope: a network that is quite sure would learn NaN.
      const left = max(g, sub(g, scalar(g, 1), exp(g, logs)), scalar(g, 1e-7))
      const hard = pow(g, left, scalar(g, gamma))
      const weight = g.constant(classWeights(classes, weights), 'class_weights')
      const each = mul(g, mul(g, mul(g, target, weight), hard), logs)
      return mul(g, reduceSum(g, each, [0, 1], false), scalar(g, -1 / n))
    },
  }
}

function classWeights(classes: number, weights: readonly number[] | undefined) {
  if (weights && weights.length !== classes) {
    throw new ModelError(
      'BAD_ARGUMENT',
      `loss: got ${weights.length} class weights, wanted ${classes}`,
    )
  }
  return tensor(Float32Array.from(weights ?? Array<number>(classes).fill(1)), [1, classes])
}
