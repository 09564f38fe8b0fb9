import { readFile } from 'node:fs/promises'
import type { CauseKind, FrameAssessment } from '@nebulift/prefilter'
import type { FrameTruth } from '@nebulift/simulator'
import { CliError, describeError } from '../errors.ts'
import { parseWord } from '../output/correction.ts'
import { type ManifestFrame, manifestSchema } from '../output/manifest.ts'
import { type DatasetExample, type DatasetLabel, datasetLabels } from './manifest.ts'

/** A label, who gave it, and what is wrong with the frame in their words. */
export type GivenLabel = Pick<DatasetExample, 'label' | 'labelledBy' | 'flaws'>

export interface LabelThresholds {
  /** Scores from here on are clean. Default 0.7. */
  readonly cleanThreshold?: number
  /** Scores up to here are contaminated. Default 0.3. */
  readonly contaminatedThreshold?: number
}

type Judged = Pick<FrameAssessment, 'verdict' | 'action' | 'score' | 'causes'>

const trailKinds: readonly CauseKind[] = ['satellite', 'airplane', 'meteor', 'streak']
/** From this severity on the prefilter asks for a look; below it a cause costs score only. */
const noticed = 0.3

const isTrail = ({ kind }: { readonly kind: CauseKind }) => trailKinds.includes(kind)

/** By what the simulator put in; what is too faint for a label and too much for a clean frame is left aside. */
export function labelByTruth({
  clean,
  labels,
}: Pick<FrameTruth, 'clean' | 'labels'>): DatasetLabel {
  if (clean) return 'clean'
  return labels.length > 0 ? 'contaminated' : 'review'
}

/**
 * By verdict and score together, since either alone misleads: a frame with a trail keeps its score, for the trail is
 * masked, but is contaminated; moonlight takes score from a frame that is clean. Where the two do not agree, or the score
 * lies between the thresholds, a person should look.
 */
export function labelByScore(
  { verdict, score, causes }: Judged,
  { cleanThreshold = 0.7, contaminatedThreshold = 0.3 }: LabelThresholds = {},
): DatasetLabel {
  if (verdict === 'contaminated' && causes.some(isTrail)) return 'contaminated'
  if (verdict === 'clean' && score >= cleanThreshold) return 'clean'
  if (verdict === 'contaminated' && score <= contaminatedThreshold) return 'contaminated'
  return 'review'
}

/** The causes that speak against a frame. */
export function flawsOf(label: DatasetLabel, causes: Judged['causes']): string[] {
  if (label === 'clean') return []
  return causes
    .filter((cause) => isTrail(cause) || cause.severity >= noticed)
    .map(({ kind }) => kind)
}

/** A frame of a manifest that a person has gone through, with `nebulift review` or by hand. */
type CorrectedFrame = Omit<ManifestFrame, 'corrected'> & {
  readonly label?: unknown
  readonly corrected?: unknown
}

/**
 * A person's word on a frame of a manifest: its `label`, or its verdict where `corrected` says so, or a verdict that does
 * not go with its action, as nebulift never writes them. `undefined` where nobody changed anything.
 */
export function personsLabel(frame: CorrectedFrame): DatasetLabel | undefined {
  if (isLabel(frame.label)) return frame.label
  const isCorrected = frame.corrected === true || parseWord(frame.corrected) !== undefined
  return isCorrected || !belongTogether(frame) ? frame.verdict : undefined
}

const isLabel = (value: unknown): value is DatasetLabel =>
  (datasetLabels as readonly unknown[]).includes(value)

function belongTogether({ verdict, action, causes }: Judged): boolean {
  if (action === 'keep') return verdict === 'clean'
  if (action === 'review' && verdict === 'contaminated') return causes.some(isTrail)
  return action === 'review' ? verdict === 'review' : verdict === 'contaminated'
}

/** Labels by file name from a corrected `manifest.json`, or from the `truth.json` of a simulated night. */
export async function readLabels(path: string): Promise<ReadonlyMap<string, GivenLabel>> {
  const content = await readJson(path)
  const { schema, frames } = (content ?? {}) as { schema?: unknown; frames?: unknown }
  if (!Array.isArray(frames) || (schema !== manifestSchema && schema !== 'nebulift.truth/1')) {
    const wanted = `${manifestSchema} or nebulift.truth/1`
    throw new CliError(`${path}: has schema ${schema}, wanted ${wanted}`, { exitCode: 2 })
  }
  const isTruth = schema === 'nebulift.truth/1'
  return new Map(
    frames.flatMap((frame) => {
      const given = isTruth ? fromTruth(frame.truth) : fromPerson(frame)
      return given ? [[frame.file, given] as const] : []
    }),
  )
}

function fromTruth(truth: FrameTruth): GivenLabel {
  return { label: labelByTruth(truth), labelledBy: 'truth', flaws: truth.labels }
}

function fromPerson(frame: CorrectedFrame): GivenLabel | undefined {
  const label = personsLabel(frame)
  if (!label) return undefined
  const said = label === 'clean' ? undefined : parseWord(frame.corrected)?.causes
  return { label, labelledBy: 'person', flaws: [...(said ?? flawsOf(label, frame.causes))] }
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    const what = error instanceof SyntaxError ? 'is no JSON' : describeError(error)
    throw new CliError(`${path}: ${what}`, { exitCode: 2, cause: error })
  }
}
