import { checkWhole } from './checks.ts'
import { DistributedError } from './errors.ts'
import { pause } from './pause.ts'
import { reasonOf } from './reasonOf.ts'
import {
  encodeShard,
  type Outcome,
  type ReadShard,
  readShard,
  type ShardIdentity,
  shardName,
} from './shardFile.ts'

/** Where finished shards are kept: a folder that all nodes see. */
export interface ShardStore {
  read(name: string): Promise<Uint8Array | undefined>
  /** Keeps a file whole or not at all. */
  write(name: string, bytes: Uint8Array): Promise<void>
}

/** The work, the same on all nodes: nothing else has to be agreed on. */
export interface ShardPlan<Item> {
  readonly store: ShardStore
  /** Pieces that the items are cut into, however many nodes there are. */
  readonly shards: number
  /** What the results depend on besides the items, as version and options: shards of other settings do not count. */
  readonly settings: string
  /** What tells an item from others. Default: its text. */
  readonly key?: (item: Item) => string
}

/** Which shards are this node's, and how it makes them. */
export interface MapShardsOptions<Item> extends ShardPlan<Item> {
  /** Nodes. Default 1. */
  readonly world?: number
  /** Of this node, from 0: it takes shards `rank`, `rank + world` and so on. Default 0. */
  readonly rank?: number
  /** Items at once. Default 1. */
  readonly atOnce?: number
  /** Times that a shard is tried before it is given up. Default 3. */
  readonly attempts?: number
  /** Wait before the second attempt, doubled before each further one. Default 1000. */
  readonly pauseMs?: number
  readonly onEvent?: (event: ShardEvent) => void
  /** Stops the work; finished shards stay. */
  readonly signal?: AbortSignal
}

/** What happens while shards are made. */
export type ShardEvent =
  /** What this node has to do in all. */
  | { readonly type: 'start'; readonly shards: number; readonly items: number }
  /** An item was done, or found in a finished shard. */
  | {
      readonly type: 'item'
      readonly item: string
      readonly error?: string
      readonly found?: true
    }
  /** Finished earlier (`found`) or now (`done`); so many of its items failed. */
  | {
      readonly type: 'found' | 'done'
      readonly shard: number
      readonly items: number
      readonly failed: number
    }
  /** There is a file, but it does not count. */
  | { readonly type: 'redo'; readonly shard: number; readonly reason: 'damaged' | 'other' }
  | { readonly type: 'retry'; readonly shard: number; readonly error: string }

/** All that is there, in the order of the items. */
export interface MergedShards<Result> {
  readonly outcomes: readonly Outcome<Result>[]
  readonly missing: readonly { readonly shard: number; readonly reason: MissingReason }[]
}

/** Why a shard is missing: no file, a damaged one, or one of other settings or items. */
export type MissingReason = Exclude<ReadShard<unknown>['state'], 'finished'>

/**
 * Maps items over many nodes that need not know of each other: items are cut into contiguous shards of equal size (to
 * one item), and each node makes its own and keeps each as a file. What is finished and sound is not made again. An
 * item whose work fails is noted with its error and does not fail its shard; a `DistributedError` of work or store
 * does, and the shard is tried again.
 * @throws the last error of a shard that failed at every attempt; the signal's reason; DistributedError `BAD_ARGUMENT`
 */
export async function mapShards<Item, Result>(
  items: readonly Item[],
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
  options: MapShardsOptions<Item>,
): Promise<void> {
  const { shards, world = 1, rank = 0, atOnce = 1, attempts = 3, signal } = options
  checkWhole('mapShards: shards', shards, { low: 1 })
  checkWhole('mapShards: world', world, { low: 1 })
  checkWhole('mapShards: rank', rank, { low: 0, high: world - 1 })
  checkWhole('mapShards: atOnce', atOnce, { low: 1 })
  checkWhole('mapShards: attempts', attempts, { low: 1 })
  const stop = new AbortController()
  const stopped = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal
  const inTurn = limiter(atOnce)
  const run = (item: Item) => inTurn(() => outcomeOf(item, work, { ...options, signal: stopped }))
  const mine = shardsOf(rank, world, shards)
  const own = mine.reduce((count, index) => count + itemsOf(items, index, shards).length, 0)
  options.onEvent?.({ type: 'start', shards: mine.length, items: own })
  // Shards overlap, so that no lane stands idle at the end of each.
  const lane = async () => {
    for (;;) {
      const index = stopped.aborted ? undefined : mine.shift()
      if (index === undefined) return
      await makeShard(items, index, { ...options, run, signal: stopped }).catch((error) =>
        stop.abort(error),
      )
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, mine.length) }, lane))
  stopped.throwIfAborted()
}

/**
 * What all nodes made of the items, and what is missing yet.
 * @throws DistributedError `BAD_ARGUMENT`, and what the store throws
 */
export async function mergeShards<Result, Item = string>(
  items: readonly Item[],
  plan: ShardPlan<Item>,
): Promise<MergedShards<Result>> {
  const { store, shards } = plan
  checkWhole('mergeShards: shards', shards, { low: 1 })
  const outcomes: Outcome<Result>[] = []
  const missing: { shard: number; reason: MissingReason }[] = []
  for (const shard of shardsOf(0, 1, shards)) {
    const bytes = await store.read(shardName(shard, shards))
    const read = readShard<Result>(identityOf(items, shard, plan), bytes)
    if (read.state !== 'finished') missing.push({ shard, reason: read.state })
    else for (const outcome of read.outcomes) outcomes.push(outcome)
  }
  return { outcomes, missing }
}

interface MakeShard<Item, Result> extends MapShardsOptions<Item> {
  readonly run: (item: Item) => Promise<Outcome<Result>>
  readonly signal: AbortSignal
}

async function makeShard<Item, Result>(
  items: readonly Item[],
  shard: number,
  options: MakeShard<Item, Result>,
): Promise<void> {
  const { store, shards, attempts = 3, pauseMs = 1000, signal, onEvent, run } = options
  const own = itemsOf(items, shard, shards)
  const identity = identityOf(items, shard, options)
  const name = shardName(shard, shards)
  const outcomes: Outcome<Result>[] = []
  const make = async () => {
    const earlier = readShard<Result>(identity, await store.read(name))
    if (earlier.state === 'finished') {
      for (const { item, ...rest } of earlier.outcomes) {
        const error = 'error' in rest ? { error: rest.error } : {}
        onEvent?.({ type: 'item', item, ...error, found: true })
      }
      return tell('found', earlier.outcomes)
    }
    if (earlier.state !== 'missing') onEvent?.({ type: 'redo', shard, reason: earlier.state })
    const fill = async (item: Item, i: number) => {
      outcomes[i] ??= await run(item)
    }
    const settled = await Promise.allSettled(own.map(fill))
    for (const one of settled) if (one.status === 'rejected') throw one.reason
    await store.write(name, encodeShard(identity, outcomes))
    tell('done', outcomes)
  }
  const tell = (type: 'found' | 'done', all: readonly Outcome<Result>[]) => {
    const failed = all.filter((outcome) => 'error' in outcome).length
    onEvent?.({ type, shard, items: all.length, failed })
  }
  for (let attempt = 1; ; attempt++) {
    try {
      return await make()
    } catch (error) {
      if (signal.aborted || attempt >= attempts) throw error
      onEvent?.({ type: 'retry', shard, error: reasonOf(error) })
      await pause(pauseMs * 2 ** (attempt - 1), signal)
      signal.throwIfAborted()
    }
  }
}

/** An item's value, or its error as text. */
async function outcomeOf<Item, Result>(
  item: Item,
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
  { key = String, signal, onEvent }: MapShardsOptions<Item> & { readonly signal: AbortSignal },
): Promise<Outcome<Result>> {
  const name = key(item)
  try {
    signal.throwIfAborted()
    const value = await work(item, signal)
    onEvent?.({ type: 'item', item: name })
    return { item: name, value }
  } catch (thrown) {
    if (signal.aborted || thrown instanceof DistributedError) throw thrown
    const error = reasonOf(thrown)
    onEvent?.({ type: 'item', item: name, error })
    return { item: name, error }
  }
}

function shardsOf(rank: number, world: number, shards: number): number[] {
  const count = Math.max(0, Math.ceil((shards - rank) / world))
  return Array.from({ length: count }, (_, i) => rank + i * world)
}

/** Neighbours stay together, and shards differ by one item at most. */
function itemsOf<Item>(items: readonly Item[], shard: number, shards: number): readonly Item[] {
  const start = (part: number) => Math.floor((part * items.length) / shards)
  return items.slice(start(shard), start(shard + 1))
}

function identityOf<Item>(
  items: readonly Item[],
  index: number,
  { shards, settings, key = String }: ShardPlan<Item>,
): ShardIdentity {
  return { index, shards, settings, items: itemsOf(items, index, shards).map((item) => key(item)) }
}

/** Lets so many through at a time, in the order they come. */
function limiter(most: number) {
  let free = most
  const waiting: (() => void)[] = []
  return async <Value>(act: () => Promise<Value>): Promise<Value> => {
    if (free > 0) free--
    else await new Promise<void>((go) => waiting.push(go))
    try {
      return await act()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free++
    }
  }
}
