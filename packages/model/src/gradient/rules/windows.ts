import { ModelError } from '../../errors.ts'
import { numberOf } from '../../graph/attributes.ts'
import { dimsOf } from '../../graph/dims.ts'
import { MEANING } from '../../graph/domains.ts'
import { type Attributes, float } from '../../graph/graph.ts'
import { add, div, mul, scalar, sqrt, sub } from '../../graph/ops/elementwise.ts'
import { reshape } from '../../graph/ops/layout.ts'
import { reduceSum } from '../../graph/ops/reductions.ts'
import type { Backward, GradientRule, GradientRules } from '../rule.ts'

const windowNames = ['kernel_shape', 'strides', 'pads', 'dilations', 'group']

const windowAttributes = (attributes: Attributes): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([name]) => windowNames.includes(name)))

/** The bias of every channel was added to all its pixels. */
const biasGradient = (at: Backward) => at.when(2, () => reduceSum(at.g, at.dy(), [0, 2, 3], false))

const convolved: GradientRule = (at) => {
  const window = windowAttributes(at.attributes)
  const [x, w] = [at.x(0), at.x(1)]
  return [
    at.when(0, () =>
      at.g.op('ConvGradInput', [at.dy(), w], {
        domain: MEANING,
        attributes: { ...window, input_shape: dimsOf(x).slice(1) },
        name: `d_${x.name}`,
      }),
    ),
    at.when(1, () =>
      at.g.op('ConvGradWeights', [x, at.dy()], {
        domain: MEANING,
        attributes: { ...window, weights_shape: dimsOf(w) },
        name: `d_${w.name}`,
      }),
    ),
    biasGradient(at),
  ]
}

/** A transposed convolution is a convolution's gradient: going back is the convolution itself. */
const transposed: GradientRule = (at) => {
  const window = windowAttributes(at.attributes)
  const [x, w] = [at.x(0), at.x(1)]
  return [
    at.when(0, () => at.g.op('Conv', [at.dy(), w], { attributes: window, name: `d_${x.name}` })),
    at.when(1, () =>
      at.g.op('ConvGradWeights', [at.dy(), x], {
        domain: MEANING,
        attributes: { ...window, weights_shape: dimsOf(w) },
        name: `d_${w.name}`,
      }),
    ),
    biasGradient(at),
  ]
}

const normalised: GradientRule = (at) =>
  numberOf(at.attributes, 'training_mode', 0) === 1 ? byBatch(at) : byRunning(at)

/** Ioffe & Szegedy 2015. The batch's own statistics depend on x too. */
function byBatch(at: Backward) {
  if (at.hasDy(1) || at.hasDy(2)) {
    throw new ModelError(
      'MISSING_RULE',
      'gradient of BatchNormalization: no rule for a loss that reads the statistics',
    )
  }
  const inputs = [at.x(0), at.dy(), at.x(1), at.y(1), at.y(2)]
  const epsilon = float(numberOf(at.attributes, 'epsilon', 1e-5))
  return at.g.add('BatchNormGrad', inputs, { domain: MEANING, attributes: { epsilon }, outputs: 3 })
}

/** The running statistics are constants: a scale and a shift of every channel. */
function byRunning(at: Backward) {
  const { g } = at
  const channels = dimsOf(at.x(1))[0]
  const epsilon = numberOf(at.attributes, 'epsilon', 1e-5)
  const wide = (v: ReturnType<Backward['x']>) => reshape(g, v, [1, channels, 1, 1])
  const inverse = div(g, scalar(g, 1), sqrt(g, add(g, at.x(4), scalar(g, epsilon))))
  return [
    at.when(0, () => mul(g, at.dy(), wide(mul(g, at.x(1), inverse)))),
    at.when(1, () => {
      const normal = mul(g, sub(g, at.x(0), wide(at.x(3))), wide(inverse))
      return reduceSum(g, mul(g, at.dy(), normal), [0, 2, 3], false)
    }),
    at.when(2, () => reduceSum(g, at.dy(), [0, 2, 3], false)),
  ]
}

export const windowRules: GradientRules = {
  Conv: convolved,
  ConvTranspose: transposed,
  BatchNormalization: normalised,
}
