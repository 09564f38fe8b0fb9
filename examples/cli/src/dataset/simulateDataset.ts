import { CliError } from '../errors.ts'
import { defaultJobs } from '../night/jobs.ts'
import { runPool, siblingScript } from '../night/pool.ts'
import type { DatasetManifest } from './manifest.ts'
import type { NightTask } from './nightWorker.ts'
import { openStore, type Part } from './store.ts'

export interface SimulateDatasetOptions {
  readonly nights: number
  /** Frames of each night. */
  readonly frames: number
  /** Any whole number from 0; the same seed gives the same examples. */
  readonly seed: number
  readonly width: number
  readonly height: number
  /** Nights at once. Default: the cores, as far as memory allows. */
  readonly jobs?: number
  /** Told how many frames are to be made; an earlier run may have made the others. */
  readonly onOpen?: (frames: number) => void
  /** Told how many frames are new since it was last called. */
  readonly onFrames?: (count: number) => void
  readonly signal?: AbortSignal
}

/** Simulating and measuring take several planes of working memory. */
const pixelFactor = 3
const tellEveryMs = 200

/** Seeds of nights below this are left to tests and benchmarks, which must not meet what was learned from. */
const seedsApart = 1_000_000

/** Seed of one of a data set's nights, for `planNight`. */
export const nightSeed = (seed: number, night: number): number => (seed + 1) * seedsApart + night

/**
 * Makes a data set of simulated nights, each of another telescope, with the truth as labels. Nothing but the pictures is
 * written. Interrupted, it goes on with the nights that are missing.
 */
export async function simulateDataset(
  folder: string,
  options: SimulateDatasetOptions,
): Promise<DatasetManifest> {
  const { nights, frames, seed, width, height, onFrames = () => {}, signal } = options
  const recipe = { kind: 'simulated', nights, frames, seed, width, height } as const
  const store = await openStore(folder, recipe)
  if (store.complete) return store.complete
  const done = new SharedArrayBuffer(4)
  const names = Array.from({ length: nights }, (_, i) => nightName(i, nights))
  const tasks = names.flatMap((key, i): NightTask[] =>
    store.parts.has(key)
      ? []
      : [{ key, path: folder, seed: nightSeed(seed, i), frames, width, height, done }],
  )
  let told = 0
  const tell = () => {
    const count = Atomics.load(new Int32Array(done), 0)
    if (count > told) onFrames(count - told)
    told = count
  }
  options.onOpen?.(tasks.length * frames)
  const timer = setInterval(tell, tellEveryMs)
  try {
    await runPool<NightTask, Part>({
      script: siblingScript('nightWorker', import.meta.url),
      jobs: options.jobs ?? defaultJobs(pixelFactor * width * height),
      tasks,
      signal,
      onResult: (_, part) => store.add(part),
      onFailure: (index, { message }) => {
        throw new CliError(`${tasks[index]?.key}: ${message}`)
      },
    })
    tell()
  } finally {
    clearInterval(timer)
  }
  return store.finish(seed)
}

const nightName = (index: number, count: number) =>
  `night-${String(index + 1).padStart(Math.max(4, String(count).length), '0')}`
