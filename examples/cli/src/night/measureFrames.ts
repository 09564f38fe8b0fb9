import { CliError, describeError } from '../errors.ts'
import type { FileFailure, FoundFile } from '../files/discover.ts'
import { type FileMark, markOf } from '../files/identity.ts'
import type { JudgedFile } from '../frame/judgeFile.ts'
import { type FrameCache, readEntry, serves } from './cache.ts'
import type { OnBatchEvent } from './events.ts'
import { defaultJobs, estimatePixels } from './jobs.ts'
import { runPool, siblingScript } from './pool.ts'
import type { MeasureResult, MeasureTask } from './worker.ts'

/** A frame with its measurement, before it is compared with others. */
export interface MeasuredFrame extends FoundFile {
  readonly judged: JudgedFile
  readonly sha256: string
}

export interface MeasureOptions {
  readonly cache: FrameCache
  /** Workers at once. Default: the cores, as far as memory allows. */
  readonly jobs?: number | undefined
  readonly hdu?: number | undefined
  /** Also render the network's view. Default false. */
  readonly picture?: boolean
  readonly onEvent: OnBatchEvent
  readonly signal?: AbortSignal | undefined
}

export interface MeasuredNight {
  /** In the order of the input. */
  readonly frames: readonly MeasuredFrame[]
  readonly failures: readonly FileFailure[]
  /** Frames that had to be measured; the others came from the cache. */
  readonly measuredNow: number
  /** The signal fired before all were measured. */
  readonly interrupted: boolean
}

interface OpenFrame extends FoundFile {
  readonly mark: FileMark
}

/** Measures every frame that the cache does not know, in worker threads. */
export async function measureFrames(
  found: readonly FoundFile[],
  options: MeasureOptions,
): Promise<MeasuredNight> {
  const { onEvent } = options
  const measured = new Map<string, MeasuredFrame>()
  const failures: FileFailure[] = []
  const fail = (file: string, error: string) => {
    failures.push({ file, error })
    onEvent({ type: 'failed', file, error })
  }
  const open = await recall(found, { ...options, measured, fail })
  const jobs = options.jobs ?? defaultJobs(largestPixels(open))
  for (const { file, judged } of measured.values()) {
    onEvent({ type: 'measured', file, judged, cached: true })
  }
  onEvent({ type: 'found', files: found.length, open: open.length, jobs })
  let measuredNow = 0
  const count = () => {
    measuredNow++
  }
  const interrupted = await measureOpen(open, { ...options, jobs, measured, fail, count })
  const frames = found.flatMap(({ file }) => measured.get(file) ?? [])
  return { frames, failures, measuredNow, interrupted }
}

interface Recall {
  readonly cache: FrameCache
  readonly picture?: boolean
  readonly measured: Map<string, MeasuredFrame>
  readonly fail: (file: string, error: string) => void
}

/** Takes what the cache knows; returns the rest. */
async function recall(found: readonly FoundFile[], options: Recall) {
  const { cache, measured, fail } = options
  const open: OpenFrame[] = []
  for (const frame of found) {
    try {
      const mark = await markOf(frame.path)
      if (!mark) throw new CliError(frame.isLink ? 'is a broken symbolic link' : 'is gone')
      const sha256 = cache.knownHash(mark)
      const judged = sha256 ? await readEntry(cache.folder, sha256) : undefined
      if (sha256 && serves(judged, options)) measured.set(frame.file, { ...frame, judged, sha256 })
      else open.push({ ...frame, mark })
    } catch (error) {
      fail(frame.file, describeError(error, frame.path))
    }
  }
  return open
}

async function measureOpen(
  open: readonly OpenFrame[],
  options: MeasureOptions & Recall & { readonly jobs: number; readonly count: () => void },
): Promise<boolean> {
  const { cache, hdu, picture, jobs, measured, fail, count, onEvent, signal } = options
  const tasks = open.map(
    ({ path }): MeasureTask => ({
      path,
      cacheFolder: cache.folder,
      ...(hdu !== undefined && { hdu }),
      ...(picture !== undefined && { picture }),
    }),
  )
  try {
    await runPool<MeasureTask, MeasureResult>({
      script: siblingScript('worker', import.meta.url),
      jobs,
      tasks,
      signal,
      onFailure: (index, { message }) => fail(open[index]?.file ?? '', message),
      onResult: async (index, { judged, sha256, cached }) => {
        const frame = open[index]
        if (!frame) throw new Error(`internal: a worker answered task ${index} of ${open.length}`)
        if (cached) await cache.remember(frame.mark, sha256)
        else await cache.store(frame.mark, sha256, judged)
        const { file, path, isLink } = frame
        measured.set(file, { file, path, isLink, judged, sha256 })
        if (!cached) count()
        onEvent({ type: 'measured', file, judged, cached })
      },
    })
    return false
  } catch (error) {
    if (signal?.aborted) return true
    throw error
  }
}

function largestPixels(frames: readonly OpenFrame[]): number {
  return Math.max(0, ...frames.map(({ path, mark }) => estimatePixels(path, mark.size)))
}
