import {
  checkSetting,
  type DecayRule,
  type KernelArguments,
  type Optimizer,
  optimizerOf,
} from './optimizers.ts'

/** Settings of `sgd`. */
export interface SgdOptions {
  /** Share of the last direction kept, 0 to 1. Default 0.9, as ResNet was trained (He et al. 2016). */
  readonly momentum?: number
  /** Looks one step ahead (Sutskever et al. 2013); needs momentum without dampening. Default false. */
  readonly nesterov?: boolean
  /** L2 penalty added to the gradient. Default 1e-4, as ResNet was trained. */
  readonly weightDecay?: number
  /** Share of the new gradient left out of the momentum, 0 to 1. Default 0, as in PyTorch. */
  readonly dampening?: number
  /** Default: every parameter decays, as in PyTorch. Biases and batch norms are often spared. */
  readonly decay?: DecayRule
}

/**
 * Stochastic gradient descent with momentum, as `torch.optim.SGD`: decay joins the gradient `g`, the first
 * momentum is `g` itself, later ones `momentum v + (1 - dampening) g`, and the parameter loses `rate v`.
 * Rounds as PyTorch on a processor with fused multiply-add: results are equal to the bit.
 * @throws ModelError `BAD_ARGUMENT` where a setting is out of range
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  const { momentum = 0.9, nesterov = false, weightDecay = 1e-4, dampening = 0 } = options
  checkSetting('sgd: momentum', momentum, momentum >= 0 && momentum < 1)
  checkSetting('sgd: weightDecay', weightDecay, weightDecay >= 0)
  checkSetting('sgd: dampening', dampening, dampening >= 0 && dampening <= 1)
  checkSetting(
    'sgd: dampening with nesterov',
    dampening,
    !nesterov || (dampening === 0 && momentum > 0),
  )
  return optimizerOf({
    name: 'sgd',
    slots: momentum === 0 ? [] : ['momentum'],
    weightDecay,
    decay: options.decay ?? (() => true),
    kernel: momentum === 0 ? descend : withMomentum({ momentum, nesterov, dampening }),
  })
}

const { fround } = Math

function descend({ parameter, gradient, rate, weightDecay }: KernelArguments): void {
  const [decay, back] = [fround(weightDecay), fround(-rate)]
  for (let i = 0; i < parameter.length; i++) {
    const value = parameter[i]
    parameter[i] = value + back * fround(gradient[i] + decay * value)
  }
}

interface Scales {
  readonly decay: number
  readonly back: number
  /** Of the last velocity, and of the new gradient in the next one. */
  readonly kept: number
  readonly fresh: number
  readonly ahead: number
}

function withMomentum({
  momentum,
  nesterov,
  dampening,
}: {
  momentum: number
  nesterov: boolean
  dampening: number
}): (call: KernelArguments) => void {
  const loop = nesterov ? lookAhead : roll
  return (call) =>
    loop(call, {
      decay: fround(call.weightDecay),
      back: fround(-call.rate),
      kept: call.step === 1 ? 0 : fround(momentum),
      fresh: call.step === 1 ? 1 : fround(1 - dampening),
      ahead: fround(momentum),
    })
}

// Products of two float32 are exact in double precision, so that `fround(a + b * c)` rounds once, like the
// fused multiply-add of PyTorch's loops. Two loops: a choice inside would slow down both.

function roll({ parameter, gradient, memory }: KernelArguments, scales: Scales): void {
  const velocity = memory[0]
  const { decay, back, kept, fresh } = scales
  for (let i = 0; i < parameter.length; i++) {
    const value = parameter[i]
    const slope = fround(gradient[i] + decay * value)
    const next = fround(fround(velocity[i] * kept) + fresh * slope)
    velocity[i] = next
    parameter[i] = value + back * next
  }
}

function lookAhead({ parameter, gradient, memory }: KernelArguments, scales: Scales): void {
  const velocity = memory[0]
  const { decay, back, kept, fresh, ahead } = scales
  for (let i = 0; i < parameter.length; i++) {
    const value = parameter[i]
    const slope = fround(gradient[i] + decay * value)
    const next = fround(fround(velocity[i] * kept) + fresh * slope)
    velocity[i] = next
    parameter[i] = value + back * fround(slope + ahead * next)
  }
}
