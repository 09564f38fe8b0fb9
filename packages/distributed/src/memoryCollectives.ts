import { roundToBf16 } from './bf16.ts'
import { chunksOf } from './chunks.ts'
import type { Collective } from './collective.ts'
import { openHub, type Reduction } from './hub.ts'

/**
 * The ranks of one process, which meet in memory; by rank. Sums have the same bits as those of a ring of as many
 * machines.
 */
export function memoryCollectives(world: number, { generation = 1 } = {}): Collective[] {
  return openHub({ world, generation, reduce: reduceAsRing })
}

/** Sums each chunk in the order in which it travels, rounded as it travels. */
const reduceAsRing: Reduction = (arrays, { op, wire }) => {
  const [{ length }] = arrays
  const world = arrays.length
  const travelled = wire === 'bf16' && world > 1 ? roundToBf16 : (value: number) => value
  const result = new Float32Array(length)
  for (const [first, { start, length: size }] of chunksOf(length, world).entries()) {
    const order = arrays.map((_, i) => arrays[(first + i) % world])
    for (let i = start; i < start + size; i++) {
      let sum = order[0][i]
      for (let j = 1; j < world; j++) sum = Math.fround(order[j][i] + travelled(sum))
      result[i] = travelled(op === 'mean' ? Math.fround(sum / world) : sum)
    }
  }
  return result
}
