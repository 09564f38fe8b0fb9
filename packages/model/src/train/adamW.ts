import {
  checkSetting,
  type DecayRule,
  type KernelArguments,
  type Optimizer,
  optimizerOf,
} from './optimizers.ts'

/** Settings of `adamW`; the defaults are PyTorch's. */
export interface AdamWOptions {
  /** Memory of the mean gradient, 0 to 1. Default 0.9. */
  readonly beta1?: number
  /** Memory of the mean squared gradient, 0 to 1. Default 0.999. */
  readonly beta2?: number
  /** Added to the root of the squares, so that nothing is divided by zero. Default 1e-8. */
  readonly epsilon?: number
  /** Share of a parameter lost at each step, times the rate; apart from the gradient. Default 0.01. */
  readonly weightDecay?: number
  /** Default: every parameter decays, as in PyTorch. Biases and batch norms are often spared. */
  readonly decay?: DecayRule
}

/**
 * Adam with decoupled weight decay (Loshchilov & Hutter 2019), as `torch.optim.AdamW` without `amsgrad`.
 * Rounds to float32 where PyTorch does. One step count serves all parameters: bias correction supposes that
 * each has had a gradient at every step.
 * @throws ModelError `BAD_ARGUMENT` where a setting is out of range
 */
export function adamW(options: AdamWOptions = {}): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0.01 } = options
  checkSetting('adamW: beta1', beta1, beta1 >= 0 && beta1 < 1)
  checkSetting('adamW: beta2', beta2, beta2 >= 0 && beta2 < 1)
  checkSetting('adamW: epsilon', epsilon, epsilon > 0)
  checkSetting('adamW: weightDecay', weightDecay, weightDecay >= 0)
  return optimizerOf({
    name: 'adamW',
    slots: ['mean', 'square'],
    weightDecay,
    decay: options.decay ?? (() => true),
    kernel: (call) => move(call, { beta1, beta2, epsilon }),
  })
}

const { fround, sqrt } = Math

function move(
  { parameter, gradient, memory, step, rate, weightDecay }: KernelArguments,
  { beta1, beta2, epsilon }: Required<Pick<AdamWOptions, 'beta1' | 'beta2' | 'epsilon'>>,
): void {
  const mean = memory[0]
  const square = memory[1]
  const keptMean = fround(beta1)
  const freshMean = fround(1 - beta1)
  const keptSquare = fround(beta2)
  const freshSquare = fround(1 - beta2)
  const shrink = fround(1 - rate * weightDecay)
  const stride = fround(-rate / (1 - beta1 ** step))
  const spread = fround(sqrt(1 - beta2 ** step))
  const least = fround(epsilon)
  for (let i = 0; i < parameter.length; i++) {
    const slope = gradient[i]
    const m = fround(fround(mean[i] * keptMean) + freshMean * slope)
    const v = fround(fround(square[i] * keptSquare) + fround(freshSquare * slope) * slope)
    mean[i] = m
    square[i] = v
    const root = fround(fround(fround(sqrt(v)) / spread) + least)
    parameter[i] = fround(parameter[i] * shrink) + fround(fround(stride * m) / root)
  }
}
