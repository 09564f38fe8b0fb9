import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { shardedPasses } from '../src/shardedPasses.ts'

const load = async (examples: Uint32Array) => [...examples]

describe('shardedPasses', () => {
  it('passes of an epoch hold no example twice, and leave out less than a step', async () => {
    const sizes = fc.record({
      passExamples: fc.integer({ min: 1, max: 6 }),
      passes: fc.integer({ min: 1, max: 6 }),
      more: fc.nat(100),
      seed: fc.nat(),
    })
    await fc.assert(
      fc.asyncProperty(sizes, async ({ more, ...options }) => {
        const step = options.passExamples * options.passes
        const total = step + more
        const data = shardedPasses({ ...options, total, load })
        expect(data.stepsPerEpoch).toBe(Math.floor(total / step))
        const seen = new Set<number>()
        for (let s = 0; s < data.stepsPerEpoch; s++) {
          for (let pass = 0; pass < data.passes; pass++) {
            const batch = await data.load({ epoch: 3, step: s, pass })
            expect(batch.length).toBe(options.passExamples)
            for (const example of batch) seen.add(example)
          }
        }
        expect(seen.size).toBe(data.stepsPerEpoch * step)
        expect(Math.max(...seen)).toBeLessThan(total)
      }),
    )
  })

  it('comes to the same passes from anywhere, others each epoch', async () => {
    const make = () => shardedPasses({ total: 100, passExamples: 5, passes: 4, seed: 1, load })
    const data = make()
    const at = { epoch: 2, step: 3, pass: 1 }
    const batch = await data.load(at)
    await data.load({ epoch: 0, step: 0, pass: 0 })
    await data.load({ epoch: 7, step: 0, pass: 0 })
    expect(await data.load(at)).toEqual(batch)
    expect(await make().load(at)).toEqual(batch)
    expect(await data.load({ ...at, epoch: 3 })).not.toEqual(batch)
  })

  it('refuses what does not fill a step', () => {
    const sizes = { total: 19, passExamples: 5, passes: 4, seed: 1 }
    const message = 'shardedPasses: 19 examples do not fill one step of 4 passes of 5'
    expect(() => shardedPasses({ ...sizes, load })).toThrow(message)
  })
})
