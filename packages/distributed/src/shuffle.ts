import { random } from './random.ts'

/** The numbers 0 to `total` - 1 in an order that seed and epoch decide (Fisher & Yates). */
export function shuffled(total: number, seed: number, epoch: number): Uint32Array {
  const order = Uint32Array.from({ length: total }, (_, i) => i)
  const draw = random(seed, epoch)
  for (let i = total - 1; i > 0; i--) {
    const j = Math.floor((draw() / 2 ** 32) * (i + 1))
    const held = order[i]
    order[i] = order[j]
    order[j] = held
  }
  return order
}
