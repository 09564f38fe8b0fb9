import { ModelError } from '../errors.ts'
import type { Arrays } from './arrays.ts'

/** Alters gradients in place, between the backward pass and the optimiser. Needs all of them at once. */
export type GradientTransform = (gradients: Arrays) => void

/**
 * Shrinks all gradients together so that their norm, taken as one vector, is at most `most`; as
 * `torch.nn.utils.clip_grad_norm_` (Pascanu et al. 2013). Smaller gradients stay as they are.
 * @throws ModelError `NOT_FINITE` where a gradient holds NaN or infinity
 */
export function clipByNorm(most: number): GradientTransform {
  return (gradients) => {
    let squares = 0
    for (const [name, values] of gradients) {
      const own = sumOfSquares(values)
      if (!Number.isFinite(own)) {
        throw new ModelError('NOT_FINITE', `the gradient of ${name} is not finite`)
      }
      squares += own
    }
    // PyTorch's epsilon: a gradient right at the bound shrinks by a millionth.
    const factor = most / (Math.sqrt(squares) + 1e-6)
    if (factor < 1) scaleBy(factor)(gradients)
  }
}

/** Multiplies all gradients: the mean over accumulated batches, or over machines, is a sum times 1/n. */
export function scaleBy(factor: number): GradientTransform {
  return (gradients) => {
    for (const values of gradients.values()) {
      for (let i = 0; i < values.length; i++) values[i] *= factor
    }
  }
}

/** Transforms one after the other, as one. */
export function chain(...transforms: readonly GradientTransform[]): GradientTransform {
  return (gradients) => {
    for (const transform of transforms) transform(gradients)
  }
}

function sumOfSquares(values: Float32Array): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i] * values[i]
  return sum
}
