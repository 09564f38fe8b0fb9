import { type Classifier, metrics } from '@nebulift/model'
import { type DatasetExample, type DatasetSplit, datasetClasses } from '../dataset/manifest.ts'
import type { Dataset } from '../dataset/openDataset.ts'
import { combine } from './combine.ts'

/** How well one judge does on labelled frames. */
export interface JudgeScores {
  readonly judge: 'prefilter' | 'model' | 'combined'
  /** Share of all frames whose verdict is the label; a frame left for review is not. */
  readonly accuracy: number
  readonly macroF1: number
  /** Share of frames left for a person. */
  readonly review: number
  /** Clean frames called contaminated, and the other way round, as shares of their class. */
  readonly falseAlarms: number
  readonly missed: number
}

/** A model on the labelled examples of a data set. */
export interface ModelEvaluation {
  readonly examples: number
  readonly nights: number
  readonly judges: readonly JudgeScores[]
  /** Of the model alone. */
  readonly model: metrics.Evaluation
}

/** Which examples are judged. */
export interface EvaluateModelOptions {
  /** Sides of the split. Default all. */
  readonly splits?: readonly DatasetSplit[]
  readonly onExamples?: (count: number) => void
  readonly signal?: AbortSignal | undefined
}

const BATCH = 32

/** Prefilter alone, model alone and both together on the same frames. */
export async function evaluateModel(
  classifier: Classifier,
  { manifest, read }: Dataset,
  { splits, onExamples = () => {}, signal }: EvaluateModelOptions = {},
): Promise<ModelEvaluation> {
  const classes: readonly string[] = datasetClasses
  const chosen = manifest.examples.flatMap((example, i) =>
    classes.includes(example.label) && (splits?.includes(example.split) ?? true)
      ? [{ example, i }]
      : [],
  )
  const labels = chosen.map(({ example }) => classes.indexOf(example.label))
  const probabilities = new Float32Array(chosen.length * classes.length)
  for (let at = 0; at < chosen.length; at += BATCH) {
    signal?.throwIfAborted()
    const part = chosen.slice(at, at + BATCH)
    const examples = await Promise.all(
      part.map(async ({ example, i }) => ({ image: await read(i), evidence: example.evidence })),
    )
    probabilities.set(await classifier.classify(examples), at * classes.length)
    onExamples(part.length)
  }
  const contaminated = (row: number) => probabilities[row * classes.length + 1] ?? 0
  const verdicts = {
    prefilter: chosen.map(({ example }) => example.prefilter.verdict),
    model: chosen.map((_, row) => (contaminated(row) > 0.5 ? 'contaminated' : 'clean')),
    combined: chosen.map(({ example }, row) => combinedVerdict(example, contaminated(row))),
  }
  return {
    examples: chosen.length,
    nights: new Set(chosen.map(({ example }) => example.night)).size,
    judges: (['prefilter', 'model', 'combined'] as const).map((judge) => ({
      judge,
      ...scoresOf(verdicts[judge], labels),
    })),
    model: metrics.evaluate(probabilities, labels),
  }
}

const combinedVerdict = ({ prefilter }: DatasetExample, probability: number): string =>
  combine(prefilter, probability).verdict

function scoresOf(
  verdicts: readonly string[],
  labels: readonly number[],
): Omit<JudgeScores, 'judge'> {
  const count = (verdict: string, label?: number) =>
    verdicts.filter((v, i) => v === verdict && (label === undefined || labels[i] === label)).length
  const [clean, contaminated] = [0, 1].map((label) => labels.filter((l) => l === label).length)
  const right = [count('clean', 0), count('contaminated', 1)]
  const f1 = (own: number, verdict: string, all: number) =>
    (2 * own) / Math.max(1, count(verdict) + all)
  return {
    accuracy: ((right[0] ?? 0) + (right[1] ?? 0)) / Math.max(1, labels.length),
    macroF1:
      (f1(right[0] ?? 0, 'clean', clean ?? 0) +
        f1(right[1] ?? 0, 'contaminated', contaminated ?? 0)) /
      2,
    review: count('review') / Math.max(1, labels.length),
    falseAlarms: count('contaminated', 0) / Math.max(1, clean ?? 0),
    missed: count('clean', 1) / Math.max(1, contaminated ?? 0),
  }
}
