import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fromBlocks, toBlocks } from '../../src/lower/weightBlocks.ts'
import { sizeOf } from '../../src/tensor.ts'

const layouts = fc
  .tuple(
    fc.constantFrom(8, 16),
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 1, max: 4 }),
  )
  .map(([block, o, i, kh, kw]) => ({ block, dims: [o * block, i * block, kh, kw] }))

it('weights come back from blocks as they were, none lost and none twice', () => {
  fc.assert(
    fc.property(layouts, (layout) => {
      const rows = Float32Array.from({ length: sizeOf(layout.dims) }, (_, i) => i)
      const blocks = toBlocks(rows, layout)
      expect(fromBlocks(blocks, layout)).toEqual(rows)
      expect(toBlocks(fromBlocks(rows, layout), layout)).toEqual(rows)
      expect(blocks.toSorted()).toEqual(rows)
    }),
    { numRuns: 50 },
  )
})

it('within a block the outputs lie side by side', () => {
  const layout = { block: 8, dims: [16, 8, 1, 2] }
  const rows = Float32Array.from({ length: 256 }, (_, i) => i)
  const blocks = toBlocks(rows, layout)
  // Tap 0 of input 0 for outputs 0 to 7, then input 1; 16 numbers lie between two outputs.
  expect([...blocks.subarray(0, 8)]).toEqual([0, 16, 32, 48, 64, 80, 96, 112])
  expect(blocks[8]).toBe(2)
  expect(blocks[64]).toBe(1)
  expect(blocks[128]).toBe(128)
})
