import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFits, readPlane } from '@nebulift/fits'
import { fileSource } from '@nebulift/fits/node'
import { defaultTelescope, type FrameSpec, planNight, simulateFrame } from '@nebulift/simulator'
import { describeError } from '../errors.ts'
import { type BatchResult, runBatch } from '../night/runBatch.ts'
import { undoBatch } from '../night/undoBatch.ts'
import type { ManifestFrame } from '../output/manifest.ts'
import { type NightTruth, type SimulateOptions, simulateNight } from './simulateNight.ts'

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

/**
 * Clean frames and frames that nobody could take for clean: how well faint things are recognised is told
 * by the benchmarks; a broken installation fails here by far.
 */
function planChecks(): SimulateOptions & { readonly specs: readonly FrameSpec[] } {
  const [width, height] = [640, 512]
  const none = { satellite: 0, airplane: 0, meteor: 0, cloud: 0, haze: 0 }
  const mix = { ...none, defocus: 0, tracking: 0, wind: 0, occlusion: 0, twilight: 0 }
  const night = { seed: 20260314, frames: 12, width, height }
  const clean = planNight({ ...night, mix, telescope: defaultTelescope })
  const trail = { kind: 'satellite' as const, x0: -20, y0: 100, x1: width + 20, pixelSnr: 6 }
  const faults: readonly Partial<FrameSpec>[] = [
    { trails: [{ ...trail, y1: 400 }] },
    { trails: [{ ...trail, y1: 180 }] },
    { cloud: { seed: 1, transparency: 0.25, contrast: 0 } },
    { seeing: { defocusPx: 9 } },
  ]
  const fault = (index: number) => (index % 3 === 2 ? faults[(index - 2) / 3] : {})
  return { ...night, specs: clean.map((spec, index) => ({ ...spec, ...fault(index) })) }
}

/** The share of frames that must be judged right. */
const leastRight = 0.75

/** Checks an installation from end to end on simulated frames in a temporary folder. */
export async function validate(options: ValidateOptions = {}): Promise<Check[]> {
  const folder = await mkdtemp(join(tmpdir(), 'nebulift-validate-'))
  const checks: Check[] = []
  const night = planChecks()
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
    await check('write and read FITS', () =>
      checkReading(join(frames, truth.frames[0]?.file ?? ''), night.specs),
    )
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
    const all = placed === truth.frames.length && manifest.failed.length === 0
    return [result, all, `${placed} of ${truth.frames.length} frames sorted`]
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
    const sound = failed.length === 0 && left === truth.frames.length
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
    counts: ({ trails }) => trails.length > 0,
    right: ({ streaks }) => streaks.length > 0,
  },
  'spoilt frames are not called clean': {
    counts: (truth) => truth.labels.length > 0,
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
  return [good, good > 0 && good >= leastRight * counted.length, `${good} of ${counted.length}`]
}

async function checkReading(
  path: string,
  [spec]: readonly FrameSpec[],
): Promise<[number, boolean, string]> {
  if (!spec) return [0, false, 'no frame was planned']
  const { plane } = simulateFrame(spec)
  const source = await fileSource(path)
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
