import { brierScore, calibration, type ReliabilityBin } from './calibration.ts'
import { type Confusion, type ConfusionScores, confusion, confusionScores } from './confusion.ts'
import { precisionRecallCurve, rocCurve } from './curves.ts'
import { classesOf, predictionsOf } from './softmax.ts'

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
