import { memoryCollectives } from '../src/memoryCollectives.ts'
import { describeCollective } from './conformance.ts'

const worlds = Array.from({ length: 16 }, (_, i) => i + 1)

describeCollective('ranks in memory', {
  open: async (world) => memoryCollectives(world),
  worlds,
  large: 300_001,
  // A rounding by half a unit in the last place at each of the additions, and at the end.
  tolerance: (world, wire) => (world + 1) * (wire === 'bf16' ? 2 ** -8 : 2 ** -24),
})
