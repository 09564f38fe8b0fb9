import type { Collective } from './collective.ts'
import { openHub, type Reduction } from './hub.ts'

/** What the others are measured by: sums in double precision, in the order of ranks, rounded once. */
export function referenceCollectives(world: number): Collective[] {
  return openHub({ world, generation: 1, reduce: reduceByDefinition })
}

const reduceByDefinition: Reduction = (arrays, { op }) =>
  arrays[0].map((_, i) => {
    const sum = arrays.reduce((partial, array) => partial + array[i], 0)
    return op === 'mean' ? sum / arrays.length : sum
  })
