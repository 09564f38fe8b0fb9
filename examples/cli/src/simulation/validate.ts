import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFits, readPlane } from '@nebulift/fits'
import { fileSource } from '@nebulift/fits/node'
import { planNight, simulateFrame } from '@nebulift/simulator'
import { describeError } from '../errors.ts'
import { type BatchResult, runBatch } from '../night/runBatch.ts'
import { undoBatch } from '../night/undoBatch.ts'
import type { ManifestFrame } from '../output/manifest.ts'
import { type NightTruth, simulateNight } from './simulateNight.ts'

/** One thing that was checked. */
export interface Check {
  readonly name: string
  readonly passed: boolean
  /** What was seen, in a few words. */
  readonly detail: string
  readonly ms: number
}

export interface ValidateOptions {
  /** Told of each check when it is done. */
  readonly onCheck?: (check: Check) => void
  readonly signal?: AbortSignal
}

const night = { seed: 20260314, frames: 12, width: 640, height: 512 }

/** The share of frames that must be judged right: a broken installation fails by far, none narrowly. */
const leastRight = 2 / 3

/** Checks an installation from end to end on simulated frames in a temporary folder. */
export async function validate(options: ValidateOptions = {}): Promise<Check[]> {
  const folder = await mkdtemp(join(tmpdir(), 'nebulift-validate-'))
  const checks: Check[] = []
  const check = async <T>(name: string, work: () => Promise<[T, boolean, string]>) => {
    options.signal?.throwIfAborted()
    const started = performance.now()
    const [value, passed, detail] = await work().catch((error: unknown) => {
      const failure: [undefined, boolean, string] = [undefined, false, describeError(error)]
      return failure
    })
    const done = { name, passed, detail, ms: performance.now() - started }
    checks.push(done)
    options.onCheck?.(done)
    return value
  }
  try {
    const frames = join(folder, 'frames')
    const signal = options.signal ? { signal: options.signal } : {}
    const truth = await check('simulate frames in worker threads', async () => {
      const made = await simulateNight(frames, { ...night, ...signal })
      return [made, made.frames.length === night.frames, `${made.frames.length} FITS frames`]
    })
    if (!truth) return checks
    await check('write and read FITS', () => checkReading(frames, truth))
    await checkBatch({ check, frames, sorted: join(folder, 'sorted'), truth, signal })
    return checks
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

type CheckOne = <T>(
  name: string,
  work: () => Promise<[T, boolean, string]>,
) => Promise<T | undefined>

interface BatchChecks {
  readonly check: CheckOne
  readonly frames: string
  readonly sorted: string
  readonly truth: NightTruth
  readonly signal: { signal?: AbortSignal }
}

async function checkBatch({ check, frames, sorted, truth, signal }: BatchChecks): Promise<void> {
  const first = await check('judge and sort a night', async () => {
    const result = await runBatch(frames, sorted, signal)
    const { manifest } = result
    const placed = manifest.frames.filter((frame) => frame.sorted !== null).length
    const all = placed === night.frames && manifest.failed.length === 0
    return [result, all, `${placed} of ${night.frames} frames sorted`]
  })
  if (!first) return
  const names = await readdir(sorted)
  await check('manifest, table and report', async () => {
    const wanted = ['manifest.json', 'manifest.csv', 'report.html']
    const missing = wanted.filter((name) => !names.includes(name))
    return [0, missing.length === 0, missing.length > 0 ? `no ${missing}` : 'all written']
  })
  for (const [name, group] of Object.entries(groups)) {
    await check(name, async () => compare(first, truth, group))
  }
  await check('resume from the cache', async () => {
    const again = await runBatch(frames, sorted, signal)
    return [0, again.measuredNow === 0, `${again.measuredNow} frames measured again`]
  })
  await check('undo', async () => {
    const { removed, failed } = await undoBatch(sorted)
    const left = (await readdir(frames)).filter((name) => name.endsWith('.fits')).length
    const sound = failed.length === 0 && left === night.frames
    return [0, sound, `${removed.length} links removed, ${left} originals in place`]
  })
}

type Truth = NightTruth['frames'][number]['truth']

/** What must be recognised: which frames count, and what is right for them. */
const groups: Readonly<
  Record<string, { counts: (truth: Truth) => boolean; right: (frame: ManifestFrame) => boolean }>
> = {
  'clean frames stay clean': {
    counts: (truth) => truth.clean,
    right: ({ verdict }) => verdict === 'clean',
  },
  'trails are found': {
    counts: ({ trails }) => trails.some(({ pixelSnr, labelled }) => labelled && pixelSnr >= 1.5),
    right: ({ streaks }) => streaks.length > 0,
  },
  'spoilt frames are not called clean': {
    counts: (truth) => !truth.clean,
    right: ({ verdict }) => verdict !== 'clean',
  },
}

function compare(
  { manifest }: BatchResult,
  truth: NightTruth,
  { counts, right }: (typeof groups)[string],
): [number, boolean, string] {
  const truths = new Map(truth.frames.map((frame) => [frame.file, frame.truth]))
  const counted = manifest.frames.filter(({ file }) => {
    const known = truths.get(file)
    return known !== undefined && counts(known)
  })
  const good = counted.filter(right).length
  return [good, good >= leastRight * counted.length, `${good} of ${counted.length}`]
}

async function checkReading(frames: string, truth: NightTruth): Promise<[number, boolean, string]> {
  const [spec] = planNight(night)
  const file = truth.frames[0]?.file
  if (!spec || !file) return [0, false, 'no frame was planned']
  const { plane } = simulateFrame(spec)
  const source = await fileSource(join(frames, file))
  try {
    const [hdu] = await openFits(source)
    if (!hdu) return [0, false, 'no HDU in the file']
    const { data } = await readPlane(hdu)
    const same =
      data.length === plane.data.length && data.every((value, i) => value === plane.data[i])
    return [0, same, same ? `${data.length} pixels, bit for bit` : 'pixels differ']
  } finally {
    await source.close()
  }
}
