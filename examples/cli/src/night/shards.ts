import { basename } from 'node:path'
import {
  DistributedError,
  type MissingReason,
  mapShards,
  mergeShards,
  type ShardEvent,
  type ShardPlan,
} from '@nebulift/distributed'
import { type ShardFolder, shardFolder } from '@nebulift/distributed/node'
import { CliError, describeError } from '../errors.ts'
import type { FoundFile } from '../files/discover.ts'
import { markOf } from '../files/identity.ts'
import { type FrameCache, openCache, readEntry, serves } from './cache.ts'
import { checkFolders, joinOutput } from './folders.ts'
import { defaultJobs, estimatePixels } from './jobs.ts'
import type { Layout } from './layout.ts'
import { siblingScript, WorkerPool } from './pool.ts'
import type { FoundNight } from './runBatch.ts'
import { settingsOf, shardFiles } from './shardFiles.ts'
import { findSources } from './sources.ts'
import type { MeasureResult, MeasureTask } from './worker.ts'

/** What a shard says of a frame: its measurement lies in the cache, by its content. */
interface MeasuredElsewhere {
  readonly sha256: string
  /** Stamp of the file when it was measured. */
  readonly size: number
  readonly mtimeNs: string
  /** It was measured in an earlier run. */
  readonly cached: boolean
}

export interface ShardOptions {
  /** Pieces that the night is cut into: the same for all that measure it and for the merge. */
  readonly shards: number
  /** This process takes shards `rank`, `rank + world` and so on. */
  readonly world: number
  readonly rank: number
  /** Frames measured at once. Default: the cores, as far as memory allows. */
  readonly jobs?: number | undefined
  readonly recursive?: boolean
  readonly hdu?: number | undefined
  /** Also render the network's view. Default false. */
  readonly picture?: boolean
  readonly onEvent?: (event: ShardEvent) => void
  readonly signal?: AbortSignal | undefined
}

/**
 * Measures some shards of a night into the books of its output folder, beside other processes that measure others.
 * Frames are not judged: that takes all of them. Returns how many shards are there in the end, of all processes.
 */
export async function measureShards(
  input: string,
  output: string,
  options: ShardOptions,
): Promise<number> {
  const { shards, hdu, recursive = false, picture = false, signal } = options
  const folders = await checkFolders(input, output)
  await joinOutput(folders)
  const { layout } = folders
  const { frames } = await findSources(folders, { recursive })
  const cache = await openCache(layout.cache, { hdu, shared: true })
  const jobs = options.jobs ?? defaultJobs(await largestPixels(frames))
  const script = siblingScript('worker', import.meta.url)
  const pool = new WorkerPool<MeasureTask, MeasureResult>({ script, jobs, signal })
  const measure = (frame: FoundFile) => measureFrame(frame, { cache, pool, hdu, picture })
  try {
    await mapShards(frames, measure, {
      ...shardPlan(layout, { cache, picture, shards }),
      ...{ world: options.world, rank: options.rank, atOnce: jobs },
      ...(options.onEvent && { onEvent: options.onEvent }),
      ...(signal && { signal }),
    })
    await pool.dismiss()
  } finally {
    await pool.stop()
  }
  return (await shardFiles(layout, shards)).size
}

interface Wanted {
  readonly cache: FrameCache
  readonly picture: boolean
  readonly shards: number
}

function shardPlan(layout: Layout, { cache, picture, shards }: Wanted) {
  return {
    store: shardFolder(layout.shards),
    shards,
    // The cache's folder is named after all versions that measurements depend on.
    settings: `${basename(cache.folder)}${picture ? '-picture' : ''}`,
    key: ({ file }: FoundFile) => file,
  } satisfies ShardPlan<FoundFile> & { store: ShardFolder }
}

interface Tools {
  readonly cache: FrameCache
  readonly pool: WorkerPool<MeasureTask, MeasureResult>
  readonly hdu: number | undefined
  readonly picture: boolean
}

async function measureFrame(
  { path, isLink }: FoundFile,
  { cache, pool, hdu, picture }: Tools,
): Promise<MeasuredElsewhere> {
  const mark = await markOf(path)
  if (!mark) throw new CliError(isLink ? 'is a broken symbolic link' : 'is gone')
  const { size, mtimeNs } = mark
  const known = cache.knownHash(mark)
  if (known !== undefined && serves(await readEntry(cache.folder, known), { picture })) {
    return { sha256: known, size, mtimeNs, cached: true }
  }
  const task = { path, cacheFolder: cache.folder, picture, ...(hdu !== undefined && { hdu }) }
  const answer = await pool.run(task)
  if ('failure' in answer) throw new CliError(answer.failure.message)
  const { sha256, judged, cached } = answer.result
  if (!cached) {
    await cache.keep(sha256, judged).catch((cause) => {
      // Of our folder, not of this frame: the shard fails.
      throw new DistributedError('IO', `${cache.folder}: ${describeError(cause)}`, { cause })
    })
  }
  return { sha256, size, mtimeNs, cached }
}

export async function largestPixels(frames: readonly FoundFile[]): Promise<number> {
  const marks = await Promise.all(frames.map(({ path }) => markOf(path).catch(() => undefined)))
  return frames.reduce(
    (largest, { path }, i) => Math.max(largest, estimatePixels(path, marks[i]?.size ?? 0)),
    0,
  )
}

/** What was measured elsewhere. */
export interface GatheredShards {
  /** Frames measured since the last merge. */
  readonly measuredNow: number
  readonly missing: readonly MissingShard[]
}

export interface MissingShard {
  readonly shard: number
  /** No file, a damaged one, or one of other options (or another version) or of other frames. */
  readonly reason: Exclude<MissingReason, 'other'> | 'options' | 'frames'
}

/**
 * Tells the night's cache what the finished shards hold. A frame that failed there, or was changed since, is left to
 * be measured by whoever goes on.
 */
export async function gatherShards(night: FoundNight, shards: number): Promise<GatheredShards> {
  const { folders, frames, cache, picture } = night
  const plan = shardPlan(folders.layout, { cache, picture, shards })
  const { outcomes, missing } = await mergeShards<MeasuredElsewhere, FoundFile>(frames, plan)
  const places = new Map(frames.map(({ file, path }) => [file, path]))
  let measuredNow = 0
  for (const outcome of outcomes) {
    const path = places.get(outcome.item)
    if (!('value' in outcome) || path === undefined) continue
    const { sha256, size, mtimeNs, cached } = outcome.value
    const mark = await markOf(path)
    if (!mark || mark.size !== size || mark.mtimeNs !== mtimeNs) continue
    await cache.remember(mark, sha256)
    if (!cached) measuredNow++
  }
  if (missing.length === 0) return { measuredNow, missing: [] }
  const files = await shardFiles(folders.layout, shards)
  const explain = async ({ shard, reason }: (typeof missing)[number]): Promise<MissingShard> => {
    if (reason !== 'other') return { shard, reason }
    const settings = await settingsOf(files.get(shard) ?? '')
    return { shard, reason: settings === plan.settings ? 'frames' : 'options' }
  }
  const explained: MissingShard[] = []
  for (const one of missing) explained.push(await explain(one))
  return { measuredNow, missing: explained }
}

/** Removes all shards of a night, once it is judged. */
export const removeShards = (layout: Layout): Promise<void> => shardFolder(layout.shards).clear()
