import { roundToBf16 } from './bf16.ts'
import type { Collective } from './collective.ts'
import { openHub, type Reduction } from './hub.ts'

/** What the others are measured by: sums in double precision, in the order of ranks, rounded once to what travels. */
export function referenceCollectives(world: number): Collective[] {
  return openHub({ world, generation: 1, reduce: reduceByDefinition })
}

const reduceByDefinition: Reduction = (arrays, { op, wire }) =>
  arrays[0].map((_, i) => {
    const sum = arrays.reduce((partial, array) => partial + array[i], 0)
    const result = op === 'mean' ? sum / arrays.length : sum
    return wire === 'bf16' && arrays.length > 1 ? roundToBf16(result) : result
  })
