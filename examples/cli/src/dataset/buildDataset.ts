import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { assessFrames, type FrameAssessment } from '@nebulift/prefilter'
import { CliError, InterruptedError } from '../errors.ts'
import {
  discoverFrames,
  type FileFailure,
  type FoundFile,
  resolveFolder,
} from '../files/discover.ts'
import { hashFile, markOf } from '../files/identity.ts'
import { openCache } from '../night/cache.ts'
import type { OnBatchEvent } from '../night/events.ts'
import { type MeasuredFrame, measureFrames } from '../night/measureFrames.ts'
import { baseName, splitName, uniqueNames } from '../night/names.ts'
import type { Candidate } from './candidate.ts'
import {
  flawsOf,
  type GivenLabel,
  type LabelThresholds,
  labelByScore,
  readLabels,
} from './labels.ts'
import type { DatasetManifest, DatasetRecipe } from './manifest.ts'
import { nightsOf } from './nights.ts'
import { opinionOf, roundedEvidence } from './picture.ts'
import { renderExamples } from './renderExamples.ts'
import { type DatasetStore, openStore } from './store.ts'

export interface BuildDatasetOptions extends LabelThresholds {
  /** A corrected `manifest.json`, or the `truth.json` of a simulated night: its word stands against the prefilter's. */
  readonly labels?: string
  /** How many clean frames to repeat with simulated trails laid over them. Default 0. */
  readonly inject?: number
  /** Decides split and trails. Default 1. */
  readonly seed?: number
  /** Also search the folders inside. Default false. */
  readonly recursive?: boolean
  /** HDU to judge. Default: the first SCI extension, else the largest picture. */
  readonly hdu?: number
  /** Frames at once. Default: the cores, as far as memory allows. */
  readonly jobs?: number
  /** Told of files measured and failed. */
  readonly onEvent?: OnBatchEvent
  /** Told how many pictures are to be made, then of each. */
  readonly onPictures?: (open: number) => void
  readonly onPicture?: () => void
  readonly signal?: AbortSignal | undefined
}

export interface BuiltDataset {
  readonly manifest: DatasetManifest
  /** Files left out because they could not be read. */
  readonly failures: readonly FileFailure[]
}

/**
 * Makes a data set of a folder of FITS frames: judged night by night, labelled by score and verdict or by whoever knows
 * better, enlarged by trails laid over clean frames. The frames stay untouched. Interrupted, it goes on where it was.
 */
export async function buildDataset(
  input: string,
  output: string,
  options: BuildDatasetOptions = {},
): Promise<BuiltDataset> {
  const { labels, inject = 0, seed = 1, recursive = false, signal } = options
  const root = await resolveFolder(input)
  const { files, unreadable } = await discoverFrames(root, { recursive, exclude: output })
  if (files.length === 0) {
    throw new CliError(`${input} holds no FITS files (.fit .fits .fts, also .gz and .fz)`, {
      hint: recursive ? undefined : 'add --recursive to search the folders inside',
    })
  }
  const given = labels === undefined ? new Map<string, GivenLabel>() : await readLabels(labels)
  if (given.size > 0 && !files.some(({ file }) => given.has(file))) {
    throw new CliError(`${labels} names none of the frames in ${input}`, {
      hint: 'names count from the folder that was judged or simulated; give that folder',
      exitCode: 2,
    })
  }
  const store = await openStore(output, await recipeOf(root, files, { ...options, inject, seed }))
  if (store.complete) return { manifest: store.complete, failures: unreadable }
  const measured = await measure(files, store, options)
  const frames = oneOfEquals(measured.frames.filter(isPicture), given)
  const { examples, evidence } = labelFrames(frames, given, options)
  await renderExamples(store, examples, { ...options, inject, seed, evidence })
  signal?.throwIfAborted()
  return { manifest: await store.finish(seed), failures: [...unreadable, ...measured.failures] }
}

async function measure(
  files: readonly FoundFile[],
  store: DatasetStore,
  options: BuildDatasetOptions,
) {
  const { hdu, jobs, onEvent = () => {}, signal } = options
  const cache = await openCache(join(store.folder, '.cache'), hdu === undefined ? {} : { hdu })
  const night = await measureFrames(files, { cache, jobs, hdu, onEvent, signal })
  if (night.interrupted) throw new InterruptedError()
  return night
}

/** Calibration frames are no pictures of the sky, and of a frame without two values no picture can be made. */
function isPicture({ judged: { measurement } }: MeasuredFrame): boolean {
  const { context, pixels, sketch } = measurement
  return context.kind === 'light' && pixels.minimum < pixels.maximum && sketch !== undefined
}

/**
 * A copy or link under another name teaches nothing new, and could lie on the other side of the split. Of equals the one
 * that somebody labelled stays.
 */
function oneOfEquals(
  frames: readonly MeasuredFrame[],
  given: ReadonlyMap<string, GivenLabel>,
): MeasuredFrame[] {
  return [...Map.groupBy(frames, ({ sha256 }) => sha256).values()].flatMap(
    (equals) => equals.find(({ file }) => given.has(file)) ?? equals.slice(0, 1),
  )
}

interface Candidates {
  readonly examples: readonly Candidate[]
  readonly evidence: readonly string[]
}

function labelFrames(
  frames: readonly MeasuredFrame[],
  given: ReadonlyMap<string, GivenLabel>,
  thresholds: LabelThresholds,
): Candidates {
  const nights = nightsOf(
    frames.map(({ file, judged }) => ({ file, timeMs: judged.measurement.context.timeMs })),
  )
  const ids = uniqueNames(
    frames.map(({ file }) => file),
    (file) => splitName(baseName(file)).stem.replaceAll(/[^\w.+-]/g, '_'),
  )
  const groups = Map.groupBy(frames.keys(), (i) => nights[i] ?? '')
  let evidence: readonly string[] = []
  const examples = [...groups].flatMap(([night, members]) => {
    const measurements = members.map((i) => frames[i]!.judged.measurement)
    // Night by night: a night on the test side must not be judged by one that was trained on.
    const assessments = assessFrames(measurements)
    const { names, vectors } = roundedEvidence(measurements)
    evidence = names
    return members.map((i, k): Candidate => {
      const frame = frames[i]!
      return {
        id: ids.get(frame.file) ?? '',
        ...labelOf(frame, assessments[k]!, given, thresholds),
        session: `${night} | ${frame.judged.measurement.context.sessionKey}`,
        night,
        evidence: vectors[k] ?? [],
        prefilter: opinionOf(assessments[k]!),
        origin: { kind: 'file', path: frame.path, sha256: frame.sha256 },
        frame,
      }
    })
  })
  return { examples, evidence }
}

function labelOf(
  { file }: MeasuredFrame,
  assessment: FrameAssessment,
  given: ReadonlyMap<string, GivenLabel>,
  thresholds: LabelThresholds,
): GivenLabel {
  const known = given.get(file)
  if (known) return known
  const label = labelByScore(assessment, thresholds)
  return { label, labelledBy: 'prefilter', flaws: flawsOf(label, assessment.causes) }
}

/** Everything that decides what is in the set, and the frames as they lie there now. */
async function recipeOf(
  root: string,
  files: readonly FoundFile[],
  options: BuildDatasetOptions,
): Promise<DatasetRecipe> {
  const { cleanThreshold = 0.7, contaminatedThreshold = 0.3, inject, seed, hdu, labels } = options
  const digest = createHash('sha256')
  for (const { file, path } of files) {
    const mark = await markOf(path).catch(() => undefined)
    digest.update(JSON.stringify([file, mark?.size, mark?.mtimeNs]))
  }
  return {
    kind: 'built',
    ...{ input: root, cleanThreshold, contaminatedThreshold, inject, seed, hdu },
    labels: labels === undefined ? undefined : await hashFile(labels),
    files: digest.digest('hex'),
  }
}
