import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeShard, type Outcome, readShard, shardName } from '../src/shardFile.ts'

const identity = { index: 1, shards: 3, settings: 'v1', items: ['a', 'b'] }
const outcomes: Outcome<unknown>[] = [
  { item: 'a', value: { size: 2 } },
  { item: 'b', error: 'cannot be read' },
]

describe('a file of a shard', () => {
  it('is named so that names sort', () => {
    expect(shardName(12, 64)).toBe('shard-00012-of-00064.json')
    expect(shardName(99_999, 100_000)).toBe('shard-99999-of-100000.json')
  })

  it('gives back any outcomes, under any names', () => {
    const text = fc.string({ unit: 'binary' })
    const outcome = fc.oneof(
      fc.record({ item: text, value: fc.jsonValue() }),
      fc.record({ item: text, error: text }),
    )
    fc.assert(
      fc.property(fc.array(outcome), text, (all, settings) => {
        const work = { index: 0, shards: 1, settings, items: all.map(({ item }) => item) }
        const file = encodeShard(work, all)
        // What JSON cannot tell apart, as -0 from 0, is not promised.
        const kept = JSON.parse(JSON.stringify(all))
        expect(readShard(work, file)).toEqual({ state: 'finished', outcomes: kept })
      }),
    )
  })

  it('counts for no other shard, cut, settings or items', () => {
    const file = encodeShard(identity, outcomes)
    const state = (other: object) => readShard({ ...identity, ...other }, file).state
    expect(state({})).toBe('finished')
    expect(state({ index: 2 })).toBe('other')
    expect(state({ shards: 4 })).toBe('other')
    expect(state({ settings: 'v2' })).toBe('other')
    expect(state({ items: ['b', 'a'] })).toBe('other')
    expect(state({ items: ['a'] })).toBe('other')
    expect(state({ items: ['a', 'b', 'c'] })).toBe('other')
    expect(readShard(identity, undefined).state).toBe('missing')
  })

  it('does not count with any bit flipped, or cut short anywhere', () => {
    const file = encodeShard(identity, outcomes)
    for (let bit = 0; bit < file.length * 8; bit++) {
      const flipped = Uint8Array.from(file)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      expect(readShard(identity, flipped).state, `bit ${bit}`).not.toBe('finished')
    }
    for (let length = 0; length < file.length; length++) {
      expect(readShard(identity, file.subarray(0, length)).state).toBe('damaged')
    }
  })
})
