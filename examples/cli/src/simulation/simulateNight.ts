import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type FrameSpec, type FrameTruth, planNight } from '@nebulift/simulator'
import { CliError, errorCode } from '../errors.ts'
import { makeFolders, writeAtomic } from '../files/atomic.ts'
import { isFrameName } from '../files/discover.ts'
import { defaultJobs } from '../night/jobs.ts'
import { runPool, siblingScript } from '../night/pool.ts'
import { version } from '../version.ts'
import type { SimulateTask } from './worker.ts'

export interface SimulateOptions {
  readonly frames: number
  /** Any whole number; the same seed gives the same files. */
  readonly seed: number
  readonly width: number
  readonly height: number
  /** The frames, where they are not to be drawn from the seed. As many as `frames` says. */
  readonly specs?: readonly FrameSpec[]
  /** Frames at once. Default: the cores, as far as memory allows. */
  readonly jobs?: number
  /** Called after each frame. */
  readonly onFrame?: (file: string) => void
  readonly signal?: AbortSignal
}

/** What is truly in each simulated frame, as in `truth.json`. */
export interface NightTruth {
  readonly schema: 'nebulift.truth/1'
  readonly version: string
  readonly seed: number
  readonly width: number
  readonly height: number
  /** False while the frames are being written. */
  readonly complete: boolean
  readonly frames: readonly { readonly file: string; readonly truth: FrameTruth }[]
}

/** A simulated exposure takes several planes of working memory. */
const pixelFactor = 3

/** Writes a simulated night of FITS frames and their `truth.json` into a folder. */
export async function simulateNight(folder: string, options: SimulateOptions): Promise<NightTruth> {
  const { frames, seed, width, height, onFrame = () => {}, signal } = options
  const earlier = await readTruth(folder)
  const start = { schema: 'nebulift.truth/1', version, seed, width, height } as const
  const names = Array.from({ length: frames }, (_, i) => frameName(i, frames))
  if (await isDone(folder, { earlier, start, names })) return earlier as NightTruth
  await refuseOther(folder, { earlier, start })
  await makeFolders(folder)
  await writeTruth(folder, { ...start, complete: false, frames: [] })
  const specs = options.specs ?? planNight({ seed, frames, width, height })
  const truths = new Map<number, FrameTruth>()
  await runPool<SimulateTask, FrameTruth>({
    script: siblingScript('worker', import.meta.url),
    jobs: options.jobs ?? defaultJobs(pixelFactor * width * height),
    tasks: specs.map((spec, i) => ({ spec, path: join(folder, names[i] ?? '') })),
    signal,
    onResult: (index, truth) => {
      truths.set(index, truth)
      onFrame(names[index] ?? '')
    },
    onFailure: (index, { message, code }) => {
      const error = new CliError(`${names[index]}: ${message}`)
      throw code ? Object.assign(error, { code }) : error
    },
  })
  const known = names.flatMap((file, i) => {
    const truth = truths.get(i)
    return truth ? [{ file, truth }] : []
  })
  const truth: NightTruth = { ...start, complete: true, frames: known }
  await writeTruth(folder, truth)
  return truth
}

type Start = Omit<NightTruth, 'complete' | 'frames'>

const frameName = (index: number, count: number) =>
  `light-${String(index + 1).padStart(Math.max(4, String(count).length), '0')}.fits`

const writeTruth = (folder: string, truth: NightTruth) =>
  writeAtomic(join(folder, 'truth.json'), `${JSON.stringify(truth, null, 1)}\n`)

/** What is written in a folder's `truth.json`; `undefined` where there is none. */
export async function readTruth(folder: string): Promise<NightTruth | undefined> {
  try {
    const truth = JSON.parse(await readFile(join(folder, 'truth.json'), 'utf8'))
    return truth?.schema === 'nebulift.truth/1' ? truth : undefined
  } catch (error) {
    if (error instanceof SyntaxError || errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

const isSameNight = (a: Start, b: Start) =>
  a.version === b.version && a.seed === b.seed && a.width === b.width && a.height === b.height

interface Earlier {
  readonly earlier: NightTruth | undefined
  readonly start: Start
}

/** The very same night is there already, every frame of it. */
async function isDone(
  folder: string,
  { earlier, start, names }: Earlier & { readonly names: readonly string[] },
): Promise<boolean> {
  if (!earlier?.complete || !isSameNight(earlier, start)) return false
  if (earlier.frames.length !== names.length) return false
  const present = new Set(await readdir(folder))
  return names.every((name) => present.has(name))
}

/** Frames that are there must be our own of the same night; anything else could be somebody's data. */
async function refuseOther(folder: string, { earlier, start }: Earlier): Promise<void> {
  const present = await readdir(folder).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [] as string[]
    throw error
  })
  const taken = present.some(isFrameName) || present.includes('truth.json')
  if (!taken || (earlier && isSameNight(earlier, start))) return
  throw new CliError(`${folder} holds other frames already`, {
    hint: 'choose an empty folder; nothing was written',
  })
}
