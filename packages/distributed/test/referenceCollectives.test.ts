import { referenceCollectives } from '../src/referenceCollectives.ts'
import { describeCollective } from './conformance.ts'

const worlds = Array.from({ length: 16 }, (_, i) => i + 1)

describeCollective('the definition', {
  open: async (world) => referenceCollectives(world),
  worlds,
  large: 0,
  tolerance: (_, wire) => (wire === 'bf16' ? 2 ** -8 : 2 ** -24),
})
