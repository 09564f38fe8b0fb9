import type { Classifier } from '@nebulift/model'
import { type Action, type FrameAssessment, frameEvidence, type Verdict } from '@nebulift/prefilter'
import { nightsOf } from '../dataset/nights.ts'
import { CliError, describeError } from '../errors.ts'
import type { JudgedFile } from '../frame/judgeFile.ts'
import { checkFrameClassifier } from './checkClassifier.ts'
import { combine, type DecidedBy } from './combine.ts'

/** What a model adds to an assessment. */
export interface Learned {
  /** Who settled the verdict; absent where no model was asked. */
  readonly decidedBy?: DecidedBy
  /** What the prefilter alone said; absent where no model was asked. */
  readonly prefilter?: { readonly verdict: Verdict; readonly action: Action }
}

/** A model that judges together with the prefilter. */
export interface LearnedJudge {
  /** Joins the model's opinion to each assessment; frames without a picture keep theirs. */
  join(
    frames: readonly JudgedFile[],
    assessments: readonly FrameAssessment[],
  ): Promise<(FrameAssessment & Learned)[]>
  close(): Promise<void>
}

const CLEAN = 'clean'

/** Loads a classifier of frames; refuses others, as `checkFrameClassifier`. */
export async function openLearnedJudge(path: string): Promise<LearnedJudge> {
  const { loadClassifier } = await import('@nebulift/model/node')
  const classifier = await loadClassifier(path).catch((error: unknown) => {
    const said = describeError(error)
    throw new CliError(said.includes(path) ? said : `${path}: ${said}`, { cause: error })
  })
  try {
    checkFrameClassifier(path, classifier.description, frameEvidence([]).names)
  } catch (error) {
    await classifier.close()
    throw error
  }
  const clean = classifier.description.classes.indexOf(CLEAN)
  return {
    join: async (frames, assessments) => {
      const probabilities = await cleanProbabilities(classifier, frames, clean)
      return assessments.map((assessment, i) => {
        const probability = probabilities[i]
        if (probability === undefined) return assessment
        const { verdict, action } = assessment
        const joined = combine(assessment, 1 - probability)
        return { ...assessment, probability, ...joined, prefilter: { verdict, action } }
      })
    },
    close: () => classifier.close(),
  }
}

/** Night by night, as in training: a night of last year tells nothing of tonight's sky. */
function evidenceByNight(frames: readonly JudgedFile[]): (readonly number[])[] {
  const nights = nightsOf(
    frames.map(({ measurement }) => ({ file: '', timeMs: measurement.context.timeMs })),
  )
  const evidence: (readonly number[])[] = frames.map(() => [])
  for (const members of Map.groupBy(frames.keys(), (i) => nights[i] ?? '').values()) {
    const { frames: vectors } = frameEvidence(members.map((i) => frames[i]!.measurement))
    for (const [k, i] of members.entries()) evidence[i] = vectors[k] ?? []
  }
  return evidence
}

/** Probability of a clean frame, by frame; undefined where there is no picture. */
async function cleanProbabilities(
  classifier: Classifier,
  frames: readonly JudgedFile[],
  clean: number,
): Promise<(number | undefined)[]> {
  const evidence = evidenceByNight(frames)
  const seen = frames.flatMap(({ picture }, i) =>
    picture ? [{ i, example: { image: picture, evidence: evidence[i] ?? [] } }] : [],
  )
  const rows = await classifier.classify(seen.map(({ example }) => example))
  const found: (number | undefined)[] = frames.map(() => undefined)
  const classes = classifier.description.classes.length
  for (const [row, { i }] of seen.entries()) found[i] = rows[row * classes + clean]
  return found
}
