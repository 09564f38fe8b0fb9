import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DistributedError } from '../src/errors.ts'
import {
  type MapShardsOptions,
  mapShards,
  mergeShards,
  type ShardEvent,
  type ShardStore,
} from '../src/mapShards.ts'

interface MemoryStore extends ShardStore {
  readonly files: Map<string, Uint8Array>
}

function memoryStore(): MemoryStore {
  const files = new Map<string, Uint8Array>()
  return {
    files,
    read: async (name) => files.get(name),
    write: async (name, bytes) => void files.set(name, bytes),
  }
}

const names = (count: number) => Array.from({ length: count }, (_, i) => `frame-${i}`)
const plan = (more: Partial<Omit<MapShardsOptions<string>, 'store'>> = {}) => ({
  ...{ store: memoryStore(), shards: 4, settings: 'v1', pauseMs: 1 },
  ...more,
})

/** Maps on every node and tells which items each one was asked for. */
async function onNodes(items: string[], world: number, options: MapShardsOptions<string>) {
  const asked: string[][] = []
  for (let rank = 0; rank < world; rank++) {
    const own: string[] = []
    asked.push(own)
    const work = async (item: string) => {
      own.push(item)
      return item.length
    }
    await mapShards(items, work, { ...options, world, rank })
  }
  return asked
}

describe('mapShards', () => {
  it('asks for every item once, whatever the number of nodes, and keeps the same files', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 25 }),
        fc.integer({ min: 1, max: 4 }),
        async (count, shards, world, atOnce) => {
          const items = names(count)
          const [alone, many] = [plan({ shards }), plan({ shards, atOnce })]
          await onNodes(items, 1, alone)
          const asked = await onNodes(items, world, many)
          expect(asked.flat().sort()).toEqual([...items].sort())
          expect(many.store.files).toEqual(alone.store.files)
          expect(many.store.files.size).toBe(shards)
          expect(await mergeShards<number>(items, many)).toEqual({
            outcomes: items.map((item) => ({ item, value: item.length })),
            missing: [],
          })
        },
      ),
    )
  })

  it('cuts into neighbours, and into sizes that differ by one at most', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 20 }),
        async (count, shards) => {
          const items = names(count)
          const asked = await onNodes(items, shards, plan({ shards }))
          expect(asked.flat()).toEqual(items)
          const sizes = asked.map(({ length }) => length)
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
        },
      ),
    )
  })

  it('makes no finished shard again, and those that do not count', async () => {
    const options = plan()
    const items = names(8)
    await onNodes(items, 1, options)
    expect((await onNodes(items, 1, options)).flat()).toEqual([])
    const [first, second] = [...options.store.files.keys()].sort()
    options.store.files.set(first!, options.store.files.get(first!)!.slice(0, -1))
    options.store.files.delete(second!)
    const events: ShardEvent[] = []
    const onEvent = (event: ShardEvent) => events.push(event)
    const again = await onNodes(items, 1, { ...options, onEvent })
    expect(again.flat()).toEqual(items.slice(0, 4))
    const shards = events.filter((event) => 'shard' in event)
    expect(shards).toEqual([
      { type: 'redo', shard: 0, reason: 'damaged' },
      { type: 'done', shard: 0, items: 2, failed: 0 },
      { type: 'done', shard: 1, items: 2, failed: 0 },
      { type: 'found', shard: 2, items: 2, failed: 0 },
      { type: 'found', shard: 3, items: 2, failed: 0 },
    ])
    expect(events[0]).toEqual({ type: 'start', shards: 4, items: 8 })
    expect(events.filter((event) => event.type === 'item' && event.found)).toHaveLength(4)
    const other = await onNodes(items, 1, { ...options, settings: 'v2' })
    expect(other.flat()).toEqual(items)
    // One more item at the end, of four shards: only the last is another.
    expect((await onNodes(names(9), 1, { ...options, settings: 'v2' })).flat()).toEqual(
      names(9).slice(6),
    )
  })

  it('notes items that fail, and goes on', async () => {
    const options = plan()
    const events: ShardEvent[] = []
    const work = async (item: string) => {
      if (item === 'frame-2') throw new Error('no stars')
      return 1
    }
    const onEvent = (event: ShardEvent) => events.push(event)
    await mapShards(names(4), work, { ...options, onEvent })
    const { outcomes, missing } = await mergeShards(names(4), options)
    expect(missing).toEqual([])
    expect(outcomes[2]).toEqual({ item: 'frame-2', error: 'no stars' })
    expect(outcomes.filter((outcome) => 'value' in outcome)).toHaveLength(3)
    expect(events).toContainEqual({ type: 'item', item: 'frame-2', error: 'no stars' })
    expect(events).toContainEqual({ type: 'done', shard: 2, items: 1, failed: 1 })
  })

  it('tries a shard again where the disk fails, and keeps what was made', async () => {
    const store = memoryStore()
    let full = 2
    const failing = {
      ...store,
      write: async (name: string, bytes: Uint8Array) => {
        if (full-- > 0) throw new DistributedError('IO', `${name}: no space left on the disk`)
        await store.write(name, bytes)
      },
    }
    const events: ShardEvent[] = []
    const onEvent = (event: ShardEvent) => events.push(event)
    const asked = await onNodes(names(3), 1, { ...plan({ shards: 1, onEvent }), store: failing })
    expect(asked.flat()).toEqual(names(3))
    const error = 'shard-00000-of-00001.json: no space left on the disk'
    const retry = { type: 'retry', shard: 0, error }
    expect(events.filter(({ type }) => type === 'retry')).toEqual([retry, retry])
    full = 3
    const gone = onNodes(names(2), 1, { ...plan({ shards: 1 }), store: failing })
    await expect(gone).rejects.toMatchObject({ code: 'IO', message: error })
  })

  it('an error of our own kind fails the shard, not the item', async () => {
    let broken = true
    const work = async (item: string) => {
      if (item === 'frame-1' && broken) {
        broken = false
        throw new DistributedError('IO', 'the cache is gone')
      }
      return item
    }
    const options = plan({ shards: 1, atOnce: 2 })
    await mapShards(names(3), work, options)
    const { outcomes } = await mergeShards(names(3), options)
    expect(outcomes.every((outcome) => 'value' in outcome)).toBe(true)
    const always = () => Promise.reject(new DistributedError('FAILED', 'never'))
    const hopeless = mapShards(names(3), always, plan({ attempts: 1 }))
    await expect(hopeless).rejects.toMatchObject({ code: 'FAILED' })
  })

  it('does as many items at once as asked, over the ends of shards', async () => {
    let [running, most] = [0, 0]
    const work = async () => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setTimeout(resolve, 1))
      running--
    }
    await mapShards(names(30), work, plan({ shards: 30, atOnce: 3 }))
    expect({ running, most }).toEqual({ running: 0, most: 3 })
  })

  it('stops at a signal; finished shards stay', async () => {
    const stop = new AbortController()
    const options = plan({ signal: stop.signal })
    let running = 0
    const work = async (item: string, signal: AbortSignal) => {
      running++
      if (item === 'frame-4') {
        stop.abort(new Error('enough'))
        expect(signal.aborted).toBe(true)
      }
      running--
      return item
    }
    await expect(mapShards(names(8), work, options)).rejects.toThrow('enough')
    expect(running).toBe(0)
    expect((await mergeShards(names(8), options)).missing).toEqual([
      { shard: 2, reason: 'missing' },
      { shard: 3, reason: 'missing' },
    ])
    await expect(mapShards(names(8), work, options)).rejects.toThrow('enough')
    // Also while it waits to try again.
    const later = new AbortController()
    const refusing = { ...memoryStore(), write: () => Promise.reject(new Error('full')) }
    const waiting = mapShards(names(1), async () => 1, {
      ...plan({ shards: 1, pauseMs: 60_000, signal: later.signal }),
      store: refusing,
      onEvent: ({ type }) => type === 'retry' && later.abort(new Error('enough')),
    })
    await expect(waiting).rejects.toThrow('enough')
  })

  it('says what makes no sense', async () => {
    const call = (more: Partial<MapShardsOptions<string>>) =>
      mapShards(names(2), async () => 1, plan(more))
    await expect(call({ shards: 0 })).rejects.toThrow('mapShards: shards: got 0')
    await expect(call({ world: 2, rank: 2 })).rejects.toThrow('mapShards: rank: got 2')
    await expect(call({ atOnce: 0.5 })).rejects.toThrow('mapShards: atOnce: got 0.5')
    await expect(mergeShards(names(2), plan({ shards: -1 }))).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
    })
  })
})

describe('mergeShards', () => {
  it('says which shards are missing, and why', async () => {
    const options = plan()
    await onNodes(names(8), 1, options)
    const [a, b, c] = [...options.store.files.keys()].sort()
    options.store.files.delete(a!)
    options.store.files.set(b!, new Uint8Array())
    options.store.files.set(c!, options.store.files.get('shard-00003-of-00004.json')!)
    const { outcomes, missing } = await mergeShards(names(8), options)
    expect(missing).toEqual([
      { shard: 0, reason: 'missing' },
      { shard: 1, reason: 'damaged' },
      { shard: 2, reason: 'other' },
    ])
    expect(outcomes.map(({ item }) => item)).toEqual(['frame-6', 'frame-7'])
  })
})
