import type { Classifier } from '@nebulift/model'
import { type Action, type FrameAssessment, frameEvidence, type Verdict } from '@nebulift/prefilter'
import { CliError } from '../errors.ts'
import type { JudgedFile } from '../frame/judgeFile.ts'
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

/**
 * Loads a classifier of frames.
 * @throws CliError where it tells other classes, or wants evidence this version does not measure
 */
export async function openLearnedJudge(path: string): Promise<LearnedJudge> {
  const { loadClassifier } = await import('@nebulift/model/node')
  const classifier = await loadClassifier(path)
  const clean = classifier.description.classes.indexOf(CLEAN)
  if (clean < 0 || classifier.description.classes.length !== 2) {
    await classifier.close()
    const got = classifier.description.classes.join(', ')
    throw new CliError(`${path}: tells ${got}; wanted a model of clean and contaminated frames`)
  }
  checkEvidence(path, classifier)
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

function checkEvidence(path: string, { description }: Classifier): void {
  const { names } = frameEvidence([])
  const wanted = description.evidence
  if (wanted.length > 0 && wanted.join() !== names.join()) {
    throw new CliError(
      `${path}: was trained on other measures than this version of nebulift takes`,
      {
        hint: 'train it anew with nebulift train',
      },
    )
  }
}

/** Probability of a clean frame, by frame; undefined where there is no picture. */
async function cleanProbabilities(
  classifier: Classifier,
  frames: readonly JudgedFile[],
  clean: number,
): Promise<(number | undefined)[]> {
  const evidence = frameEvidence(frames.map(({ measurement }) => measurement)).frames
  const seen = frames.flatMap(({ picture }, i) =>
    picture ? [{ i, example: { image: picture, evidence: evidence[i] ?? [] } }] : [],
  )
  const rows = await classifier.classify(seen.map(({ example }) => example))
  const found: (number | undefined)[] = frames.map(() => undefined)
  const classes = classifier.description.classes.length
  for (const [row, { i }] of seen.entries()) found[i] = rows[row * classes + clean]
  return found
}
