import { assessFrames, type FrameAssessment } from '@nebulift/prefilter'
import { CliError, isDiskFull } from '../errors.ts'
import type { FileFailure, FoundFile } from '../files/discover.ts'
import { type Learned, type LearnedJudge, openLearnedJudge } from '../learning/learnedJudge.ts'
import { type Corrected, correctFrame } from '../output/correction.ts'
import {
  type CalibrationFrame,
  type Manifest,
  manifestFrame,
  manifestSchema,
  manifestSessions,
} from '../output/manifest.ts'
import { writeMasks } from '../output/masks.ts'
import { readManifest, writeManifest, writeReport } from '../output/writeOutputs.ts'
import { version } from '../version.ts'
import { type FrameCache, openCache } from './cache.ts'
import { type FindWord, readCorrections } from './corrections.ts'
import type { OnBatchEvent } from './events.ts'
import { checkFolders, claimOutput, type NightFolders } from './folders.ts'
import type { Layout } from './layout.ts'
import { type MeasuredFrame, measureFrames } from './measureFrames.ts'
import { type SortAction, sortFrames } from './sortFrames.ts'
import { findSources, type NightSources } from './sources.ts'

export interface BatchOptions {
  /** What becomes of the frames. Default `link`: the originals stay, the folders cost no space. */
  readonly action?: SortAction
  /** Frames measured at once. Default: the cores, as far as memory allows. */
  readonly jobs?: number
  /** Also judge frames in folders inside. Default false. */
  readonly recursive?: boolean
  /** HDU to judge. Default: the first SCI extension, else the largest picture. */
  readonly hdu?: number
  /** ONNX file of a classifier whose opinion joins the prefilter's. Default none. */
  readonly model?: string
  /** Measures the frames elsewhere before the rest is measured here. Default: all are measured here. */
  readonly gather?: Gather
  readonly onEvent?: OnBatchEvent
  /** Stops the work; what was measured stays in the cache. */
  readonly signal?: AbortSignal
}

/** A night whose frames are found and not measured yet. */
export interface FoundNight {
  readonly folders: NightFolders
  readonly frames: readonly FoundFile[]
  /** Where measurements are expected. */
  readonly cache: FrameCache
  /** The network's view is wanted too. */
  readonly picture: boolean
}

/** Puts measurements of a night into its cache; returns how many are new. */
export type Gather = (night: FoundNight) => Promise<number>

export interface BatchResult {
  readonly manifest: Manifest
  readonly layout: Layout
  /** Frames measured in this run; the others were known from earlier ones. */
  readonly measuredNow: number
  /** The signal fired: the manifest is not complete. */
  readonly interrupted: boolean
}

/** Judges a folder of frames and sorts them into an output folder. */
export async function runBatch(
  input: string,
  output: string,
  options: BatchOptions = {},
): Promise<BatchResult> {
  // Opened first: a model that cannot be used is known before anything is measured or made.
  await using opened = await openJudge(options.model)
  const folders = await checkFolders(input, output)
  try {
    const release = await claimOutput(folders)
    try {
      return await judgeNight(folders, options, opened.judge)
    } finally {
      await release()
    }
  } catch (error) {
    if (!isDiskFull(error)) throw error
    throw new CliError(`${folders.layout.root}: no space left; nothing is half-written`, {
      hint: 'free some space and run the same command again: it goes on where it stopped',
      cause: error,
    })
  }
}

async function judgeNight(
  folders: NightFolders,
  options: BatchOptions,
  judge: LearnedJudge | undefined,
): Promise<BatchResult> {
  const { hdu, jobs, recursive = false, signal, onEvent = () => {} } = options
  const { layout } = folders
  const sources = await findSources(folders, { recursive })
  for (const failure of sources.failures) onEvent({ type: 'failed', ...failure })
  const cache = await openCache(layout.cache, { hdu })
  const picture = judge !== undefined
  const gathered =
    (await options.gather?.({ folders, frames: sources.frames, cache, picture })) ?? 0
  const night = await measureFrames(sources.frames, {
    ...{ cache, jobs, hdu, picture, onEvent, signal },
  })
  const failed = [...sources.failures, ...night.failures]
  const findWord = await readCorrections(layout, await readManifest(layout))
  const { lights, calibration } = await splitKinds(night.frames, { findWord, judge })
  const finish = night.interrupted ? describeUnsorted : sortAndDescribe
  const manifest = await finish({ folders, sources, lights, calibration, failed, options })
  return {
    manifest,
    layout,
    measuredNow: gathered + night.measuredNow,
    interrupted: night.interrupted || signal?.aborted === true,
  }
}

/** A model that is closed at the end; nothing where none is wanted. */
async function openJudge(model: string | undefined) {
  const judge = model === undefined ? undefined : await openLearnedJudge(model)
  return { judge, [Symbol.asyncDispose]: async () => judge?.close() }
}

interface Light {
  readonly frame: MeasuredFrame
  readonly assessment: FrameAssessment & Corrected & Learned
}

interface JudgedNight {
  readonly folders: NightFolders
  readonly sources: NightSources
  readonly lights: readonly Light[]
  readonly calibration: readonly CalibrationFrame[]
  readonly failed: readonly FileFailure[]
  readonly options: BatchOptions
}

/** Lights are judged against each other, and a person's word stands; calibration frames are only listed. */
async function splitKinds(
  frames: readonly MeasuredFrame[],
  { findWord, judge }: { readonly findWord: FindWord; readonly judge: LearnedJudge | undefined },
) {
  const isLight = ({ judged }: MeasuredFrame) => judged.measurement.context.kind === 'light'
  const measured = frames.filter(isLight)
  const judged = measured.map((frame) => frame.judged)
  const first = assessFrames(judged.map(({ measurement }) => measurement))
  const assessments = judge ? await judge.join(judged, first) : first
  const lights = measured.flatMap((frame, i): Light[] => {
    const assessment = assessments[i]
    return assessment ? [{ frame, assessment: correctFrame(assessment, findWord(frame)) }] : []
  })
  const calibration = frames.flatMap(({ file, judged }): CalibrationFrame[] => {
    const { kind } = judged.measurement.context
    return kind === 'light' ? [] : [{ file, kind }]
  })
  return { lights, calibration }
}

async function sortAndDescribe(night: JudgedNight): Promise<Manifest> {
  const { folders, sources, lights, options } = night
  const { action = 'link', onEvent = () => {}, signal } = options
  const { input, layout } = folders
  const failed = [...night.failed]
  const onFailure = (file: string, error: string) => {
    failed.push({ file, error })
    onEvent({ type: 'failed', file, error })
  }
  const sortable = lights.map(({ frame, assessment }) => ({ ...frame, ...assessment }))
  const { moved } = sources
  const sorted = await sortFrames(sortable, { layout, input, action, moved, onFailure, signal })
  const onNote = (message: string) => onEvent({ type: 'note', message })
  const masks = await writeMasks(lights.map(maskable), { layout, onFailure, onNote, signal })
  const manifest = describe({ ...night, failed }, { sorted, masks, complete: !signal?.aborted })
  const previews = lights.flatMap(({ frame: { file, judged } }) =>
    judged.preview ? [[file, judged.preview] as const] : [],
  )
  await writeManifest(layout, manifest)
  await writeReport(layout, manifest, new Map(previews))
  return manifest
}

/** After an interruption: what is known so far, unless a complete manifest would be lost. */
async function describeUnsorted(night: JudgedNight): Promise<Manifest> {
  const { layout } = night.folders
  const empty = new Map<string, string>()
  const manifest = describe(night, { sorted: empty, masks: empty, complete: false })
  const earlier = await readManifest(layout)
  if (!earlier?.complete) await writeManifest(layout, manifest)
  return manifest
}

const maskable = ({ frame: { file, judged }, assessment: { streaks } }: Light) => {
  const { width, height } = judged
  return { file, width, height, streaks }
}

interface Places {
  readonly sorted: ReadonlyMap<string, string>
  readonly masks: ReadonlyMap<string, string>
  readonly complete: boolean
}

function describe(night: JudgedNight, { sorted, masks, complete }: Places): Manifest {
  const frames = night.lights.map(({ frame: { file, judged }, assessment }) =>
    manifestFrame(judged, assessment, {
      file,
      sorted: sorted.get(file) ?? null,
      mask: masks.get(file) ?? null,
    }),
  )
  return {
    schema: manifestSchema,
    version,
    created: new Date().toISOString(),
    input: night.folders.input,
    action: night.options.action ?? 'link',
    complete,
    sessions: manifestSessions(frames),
    frames,
    calibration: night.calibration,
    failed: night.failed,
  }
}
