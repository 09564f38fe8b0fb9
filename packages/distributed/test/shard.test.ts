import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ShardOptions, shard, shardAt } from '../src/shard.ts'

const common = fc.record({
  total: fc.integer({ min: 0, max: 300 }),
  world: fc.integer({ min: 1, max: 17 }),
  epoch: fc.nat(1000),
  seed: fc.nat(),
})
const ofAllRanks = (options: Omit<ShardOptions, 'rank'>) =>
  Array.from({ length: options.world }, (_, rank) => [...shard({ ...options, rank })])
const sorted = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)
const upTo = (total: number) => Array.from({ length: total }, (_, i) => i)

describe('shard', () => {
  it('keep: every example exactly once, shares differ by one at most', () => {
    fc.assert(
      fc.property(common, (options) => {
        const shards = ofAllRanks({ ...options, uneven: 'keep' })
        expect(sorted(shards.flat())).toEqual(upTo(options.total))
        const lengths = shards.map(({ length }) => length)
        expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('drop: equal shares, no example twice, fewer than one a rank left out', () => {
    fc.assert(
      fc.property(common, (options) => {
        const shards = ofAllRanks({ ...options, uneven: 'drop' })
        const length = Math.floor(options.total / options.world)
        expect(shards.every((each) => each.length === length)).toBe(true)
        expect(new Set(shards.flat()).size).toBe(length * options.world)
      }),
    )
  })

  it('pad: equal shares, every example, fewer than one a rank twice', () => {
    fc.assert(
      fc.property(common, (options) => {
        const shards = ofAllRanks({ ...options, uneven: 'pad' })
        const length = Math.ceil(options.total / options.world)
        expect(shards.every((each) => each.length === length)).toBe(true)
        expect(sorted([...new Set(shards.flat())])).toEqual(upTo(options.total))
      }),
    )
  })

  it('shares are the same wherever they are worked out, and others each epoch and seed', () => {
    const options = { total: 1000, world: 4, rank: 1, epoch: 5, seed: 9, uneven: 'keep' } as const
    expect(shard(options)).toEqual(shard({ ...options }))
    const others = [{ epoch: 6 }, { seed: 10 }, { rank: 2 }].map((change) =>
      shard({ ...options, ...change }),
    )
    for (const other of others) {
      const same = other.filter((example, i) => example === shard(options)[i]).length
      // By chance one in a thousand.
      expect(same).toBeLessThan(10)
    }
  })

  it('puts every example into every place equally often', () => {
    const counts = new Float64Array(6 * 6)
    const epochs = 3000
    for (let epoch = 0; epoch < epochs; epoch++) {
      const order = shard({ total: 6, world: 1, rank: 0, epoch, seed: 1, uneven: 'keep' })
      for (const [place, example] of order.entries()) counts[place * 6 + example]!++
    }
    const expected = epochs / 6
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    // 25 degrees of freedom: 52.6 is exceeded once in a thousand.
    expect(chiSquare).toBeLessThan(52.6)
  })

  it('gives any step without those before', () => {
    const batch = fc.integer({ min: 1, max: 40 })
    fc.assert(
      fc.property(common, batch, ({ world, ...options }, batch) => {
        const whole = { ...options, world, rank: world - 1, uneven: 'keep' as const }
        const all = shard(whole)
        const steps = Math.ceil(all.length / batch)
        const pieces = upTo(steps).map((step) => [...shardAt({ ...whole, batch, step })])
        expect(pieces.flat()).toEqual([...all])
        expect(shardAt({ ...whole, batch, step: steps }).length).toBe(0)
      }),
    )
  })

  it('refuses what cannot be', () => {
    const options = { total: 10, world: 2, rank: 0, epoch: 0, seed: 0, uneven: 'keep' } as const
    expect(() => shard({ ...options, rank: 2 })).toThrow(
      'shard: rank: got 2, wanted a whole number from 0 to 1',
    )
    expect(() => shard({ ...options, world: 0 })).toThrow('shard: world: got 0')
    expect(() => shardAt({ ...options, batch: 0, step: 0 })).toThrow('shard: batch: got 0')
  })
})
