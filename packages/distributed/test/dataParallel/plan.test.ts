import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { planBuckets, planFrom } from '../../src/dataParallel/plan.ts'
import type { Part } from '../../src/replica.ts'

describe('planBuckets', () => {
  it('holds every parameter once, in order, in buckets no larger than asked where that can be', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 30 })
    fc.assert(
      fc.property(lengths, fc.integer({ min: 4, max: 400 }), (lengths, bucketBytes) => {
        const parameters = lengths.map((length, i) => ({ name: `p${i}`, length }))
        const buckets = planBuckets(parameters, bucketBytes)
        expect(
          buckets.flatMap(({ pieces }) => pieces.map(({ name, length }) => ({ name, length }))),
        ).toEqual(parameters)
        for (const { length, pieces } of buckets) {
          let end = 0
          for (const piece of pieces) {
            expect(piece.offset).toBe(end)
            end += piece.length
          }
          expect(length).toBe(end)
          if (pieces.length > 1) expect(length * 4).toBeLessThanOrEqual(bucketBytes)
        }
        // None could have taken in the first parameter of the next.
        for (const [i, { length }] of buckets.slice(0, -1).entries())
          expect((length + buckets[i + 1]!.pieces[0]!.length) * 4).toBeGreaterThan(bucketBytes)
      }),
    )
  })
})

describe('planFrom', () => {
  const parts = async function* (...all: Part[]) {
    yield* all
  }
  const a = new Map([['a', new Float32Array(3)]])

  it('notes names and lengths as they come', async () => {
    const plan = await planFrom(
      parts({ gradients: new Map(), numbers: { loss: 1 } }, { gradients: a }),
    )
    expect(plan).toEqual({ parameters: [{ name: 'a', length: 3 }], numbers: ['loss'] })
  })

  it('refuses gradients that come twice or not at all', async () => {
    await expect(planFrom(parts({ gradients: a }, { gradients: a }))).rejects.toThrow(
      'it gave a twice',
    )
    await expect(planFrom(parts())).rejects.toThrow('it gave none')
  })
})
