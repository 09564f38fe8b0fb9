import { brierScore, calibration, type ReliabilityBin } from '../metrics/calibration.ts'
import {
  type Confusion,
  type ConfusionScores,
  confusion,
  confusionScores,
} from '../metrics/confusion.ts'
import { precisionRecallCurve, rocCurve } from '../metrics/curves.ts'
import { classesOf, predictionsOf } from '../metrics/softmax.ts'

/** Something that happened in a training; one line of JSON in its log. */
export type TrainingEvent = StartEvent | StepEvent | EpochEvent | DoneEvent | ProblemEvent

interface Moment {
  /** Milliseconds since 1970 UTC. */
  readonly timeMs: number
}

/** Training begins, or goes on after an interruption. */
export interface StartEvent extends Moment {
  readonly kind: 'start'
  readonly network: string
  /** Names of the classes, in the order of the network's outputs. */
  readonly classes: readonly string[]
  readonly trainExamples: number
  readonly validationExamples: number
  /** Examples of one step. */
  readonly batch: number
  readonly epochs: number
  readonly stepsPerEpoch: number
  /** Numbers that are learned. */
  readonly parameters: number
  readonly optimizer: string
  readonly seed: number
  /** Steps made before an interruption; absent or 0 at a first start. */
  readonly resumedAt?: number
}

/** A step was made. */
export interface StepEvent extends Moment {
  readonly kind: 'step'
  /** Epoch, from 0. */
  readonly epoch: number
  /** Steps over the whole training, from 0. */
  readonly step: number
  /** Mean loss of the batch. */
  readonly loss: number
  /** Learning rate. */
  readonly rate: number
  readonly imagesPerSecond: number
}

/** An epoch ended and the held-out examples were judged. */
export interface EpochEvent extends Moment {
  readonly kind: 'epoch'
  /** Epoch, from 0. */
  readonly epoch: number
  /** Steps made so far. */
  readonly steps: number
  readonly trainLoss: number
  readonly validationLoss: number
  /** Shares predicted right, 0..1. */
  readonly trainAccuracy: number
  readonly validationAccuracy: number
  readonly validationMacroF1: number
  readonly imagesPerSecond: number
  /** Whether this is the best epoch so far, whose parameters are kept. */
  readonly best: boolean
}

/** Training ended in good order. */
export interface DoneEvent extends Moment {
  readonly kind: 'done'
  readonly reason: 'finished' | 'stopped-early' | 'interrupted'
  /** Epoch whose parameters are kept, from 0. */
  readonly bestEpoch: number
  /** How the kept parameters judge the held-out examples. */
  readonly evaluation?: Evaluation
}

/** Something went wrong; training may have gone on. */
export interface ProblemEvent extends Moment {
  readonly kind: 'problem'
  /** One line for people. */
  readonly message: string
}

/**
 * ROC and precision-recall curve of one class against all others, each thinned to at most 300 points.
 * JSON has no NaN: null tells that an area has no meaning.
 */
export interface ClassCurves {
  readonly falsePositiveRate: readonly number[]
  readonly truePositiveRate: readonly number[]
  readonly area: number | null
  readonly recall: readonly number[]
  readonly precision: readonly number[]
  readonly averagePrecision: number | null
}

/** All measures of a set of judged examples, as plain JSON. */
export interface Evaluation {
  readonly confusion: Confusion
  readonly scores: ConfusionScores
  /** One for each class, in order. */
  readonly curves: readonly ClassCurves[]
  readonly calibration: {
    readonly expectedError: number
    readonly bins: readonly ReliabilityBin[]
  }
  readonly brier: number
}

/**
 * Measures judged examples: confusion, scores, curves of every class, calibration over 15 bins.
 * @param probabilities rows, one number a class
 * @param labels true class of each row; at least one
 * @throws ModelError `BAD_ARGUMENT` where they do not fit
 */
export function evaluate(probabilities: ArrayLike<number>, labels: ArrayLike<number>): Evaluation {
  const classes = classesOf('evaluate', probabilities, labels)
  const counts = confusion(labels, predictionsOf(probabilities, classes), classes)
  const { expectedError, bins } = calibration(probabilities, labels)
  return {
    confusion: counts,
    scores: confusionScores(counts),
    curves: counts.map((_, own) => curvesOf(own, probabilities, labels)),
    calibration: { expectedError, bins },
    brier: brierScore(probabilities, labels),
  }
}

function curvesOf(
  own: number,
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
): ClassCurves {
  const classes = probabilities.length / labels.length
  const isOwn = Array.from(labels, (label) => Number(label === own))
  const scores = isOwn.map((_, row) => probabilities[row * classes + own])
  const roc = rocCurve(isOwn, scores)
  const pr = precisionRecallCurve(isOwn, scores)
  const orNull = (value: number) => (Number.isNaN(value) ? null : value)
  return {
    falsePositiveRate: thinned(roc.falsePositiveRate),
    truePositiveRate: thinned(roc.truePositiveRate),
    area: orNull(roc.area),
    recall: thinned(pr.recall),
    precision: thinned(pr.precision),
    averagePrecision: orNull(pr.averagePrecision),
  }
}

const MOST_POINTS = 300

/** Evenly chosen values, both ends among them. */
function thinned(values: Float64Array): number[] {
  if (values.length <= MOST_POINTS) return [...values]
  const stride = (values.length - 1) / (MOST_POINTS - 1)
  return Array.from({ length: MOST_POINTS }, (_, i) => values[Math.round(i * stride)])
}

/** The events of a log's text, one JSON object a line. Lines that a crash cut short are left out. */
export function parseTrainingLog(text: string): readonly TrainingEvent[] {
  return text.split('\n').flatMap((line) => {
    try {
      const event = JSON.parse(line)
      return typeof event?.kind === 'string' ? [event as TrainingEvent] : []
    } catch {
      return []
    }
  })
}
