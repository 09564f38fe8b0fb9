import fc from 'fast-check'
import { expect, it } from 'vitest'
import { chunksOf, partOf, segmentsOf } from '../src/chunks.ts'

it('chunks cover an array once, aligned and alike', () => {
  const property = fc.property(
    fc.nat(100_000),
    fc.integer({ min: 1, max: 40 }),
    (length, world) => {
      const chunks = chunksOf(length, world)
      expect(chunks).toHaveLength(world)
      let end = 0
      for (const { start, length: size } of chunks) {
        expect(start).toBe(end)
        if (size > 0) expect(start % 4).toBe(0)
        expect(size).toBeLessThanOrEqual(Math.ceil(length / 4 / world) * 4)
        end = start + size
      }
      expect(end).toBe(length)
    },
  )
  fc.assert(property)
})

it('parts of lanes cover a chunk once, aligned as it is', () => {
  const chunk = fc.record({ start: fc.nat(1000).map((n) => 4 * n), length: fc.nat(10_000) })
  const property = fc.property(chunk, fc.integer({ min: 1, max: 9 }), (whole, lanes) => {
    let end = whole.start
    for (let lane = 0; lane < lanes; lane++) {
      const { start, length } = partOf(whole, { lane, lanes })
      expect(start).toBe(end)
      if (length > 0) expect(start % 4).toBe(0)
      end = start + length
    }
    expect(end).toBe(whole.start + whole.length)
  })
  fc.assert(property)
})

it('segments cover a stretch once; an empty one has an empty segment', () => {
  const property = fc.property(
    fc.nat(50),
    fc.nat(1000),
    fc.integer({ min: 1, max: 99 }),
    (start, length, most) => {
      const segments = segmentsOf({ start, length }, most)
      let end = start
      for (const segment of segments) {
        expect(segment.start).toBe(end)
        expect(segment.length).toBeLessThanOrEqual(most)
        end += segment.length
      }
      expect(end).toBe(start + length)
      expect(segments).toHaveLength(Math.max(1, Math.ceil(length / most)))
    },
  )
  fc.assert(property)
})
