import type { Random } from '../../src/random.ts'
import { sizeOf, type Tensor, tensor } from '../../src/tensor.ts'

type Floats = Tensor<'float32'>

/** Multiples of 1/512, so that small steps from them are exact in float32. */
const grid = (value: number) => Math.round(value * 512) / 512

const filled = (dims: readonly number[], value: (i: number) => number): Floats =>
  tensor(
    Float32Array.from({ length: sizeOf(dims) }, (_, i) => grid(value(i))),
    [...dims],
  )

export const normal = (numbers: Random, dims: readonly number[]): Floats =>
  filled(dims, () => numbers.normal())

/** Uniform between two bounds. */
export const between = (numbers: Random, dims: readonly number[], [low, high]: [number, number]) =>
  filled(dims, () => low + (high - low) * numbers.uniform())

/** Standard normal, but at least 1/10 away from every kink. */
export const away = (numbers: Random, dims: readonly number[], ...kinks: readonly number[]) =>
  filled(dims, () => {
    for (;;) {
      const value = 2 * numbers.normal()
      if (kinks.every((kink) => Math.abs(value - kink) > 0.1)) return value
    }
  })

/** All different, no two nearer than 1/8: no small step changes which one is the largest. */
export function apart(numbers: Random, dims: readonly number[]): Floats {
  const size = sizeOf(dims)
  const order = Array.from({ length: size }, (_, i) => i)
  for (let i = size - 1; i > 0; i--) {
    const j = numbers.below(i + 1)
    ;[order[i], order[j]] = [order[j], order[i]]
  }
  return filled(dims, (i) => (order[i] - size / 2) / 8)
}
