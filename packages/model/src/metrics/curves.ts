import { ModelError } from '../errors.ts'

/** Receiver operating characteristic; arrays run from the strictest threshold to the most lenient. */
export interface RocCurve {
  /** Share of the negatives called positive, from 0 to 1. */
  readonly falsePositiveRate: Float64Array
  /** Share of the positives called positive, from 0 to 1. */
  readonly truePositiveRate: Float64Array
  /** Scores from here on are called positive; begins with infinity. */
  readonly thresholds: Float64Array
  /** Area under the curve: the chance that a positive scores above a negative, ties half. */
  readonly area: number
}

/** Precision against recall; arrays run from the strictest threshold to the most lenient. */
export interface PrecisionRecallCurve {
  readonly precision: Float64Array
  readonly recall: Float64Array
  /** Scores from here on are called positive. */
  readonly thresholds: Float64Array
  /** Sum of precision times gain in recall, without interpolation, as scikit-learn's. */
  readonly averagePrecision: number
}

/**
 * The ROC curve of scores, one point for each distinct score (Fawcett 2006). Without both positives and
 * negatives one rate has no meaning: it stays 0, and the area is NaN.
 * @param labels 1 for a positive, 0 for a negative
 * @throws ModelError `BAD_ARGUMENT` where lengths differ, a label is neither, or a score is NaN
 */
export function rocCurve(labels: ArrayLike<number>, scores: ArrayLike<number>): RocCurve {
  const { thresholds, positives, negatives } = cumulate('rocCurve', labels, scores)
  const truePositiveRate = rates(positives)
  const falsePositiveRate = rates(negatives)
  let area = 0
  for (let i = 1; i < thresholds.length; i++) {
    const width = falsePositiveRate[i] - falsePositiveRate[i - 1]
    area += (width * (truePositiveRate[i] + truePositiveRate[i - 1])) / 2
  }
  const isBoth = positives.at(-1)! > 0 && negatives.at(-1)! > 0
  return { falsePositiveRate, truePositiveRate, thresholds, area: isBoth ? area : Number.NaN }
}

/**
 * Precision and recall of scores at each distinct score (Davis & Goadrich 2006). Without positives recall
 * has no meaning: it stays 0, and the average precision is NaN.
 * @param labels 1 for a positive, 0 for a negative
 * @throws ModelError `BAD_ARGUMENT` where lengths differ, a label is neither, or a score is NaN
 */
export function precisionRecallCurve(
  labels: ArrayLike<number>,
  scores: ArrayLike<number>,
): PrecisionRecallCurve {
  const { thresholds, positives, negatives } = cumulate('precisionRecallCurve', labels, scores)
  const precision = positives.map((right, i) => right / (right + negatives[i])).subarray(1)
  const recall = rates(positives).subarray(1)
  let averagePrecision = 0
  for (let i = 0; i < recall.length; i++) {
    averagePrecision += precision[i] * (recall[i] - (i > 0 ? recall[i - 1] : 0))
  }
  const isAny = positives.at(-1)! > 0
  return {
    precision,
    recall,
    thresholds: thresholds.subarray(1),
    averagePrecision: isAny ? averagePrecision : Number.NaN,
  }
}

/** Positives and negatives at or above each distinct score, the highest first; begins with none. */
function cumulate(subject: string, labels: ArrayLike<number>, scores: ArrayLike<number>) {
  check(subject, labels, scores)
  const order = Array.from(scores, (_, i) => i).sort((a, b) => scores[b] - scores[a])
  const [thresholds, positives, negatives] = [[Number.POSITIVE_INFINITY], [0], [0]]
  for (const [rank, i] of order.entries()) {
    // Equal scores are one point: no threshold can part them.
    if (rank === 0 || scores[i] !== scores[order[rank - 1]]) {
      thresholds.push(scores[i])
      positives.push(positives.at(-1)!)
      negatives.push(negatives.at(-1)!)
    }
    const counts = labels[i] === 1 ? positives : negatives
    counts[counts.length - 1]++
  }
  return {
    thresholds: Float64Array.from(thresholds),
    positives: Float64Array.from(positives),
    negatives: Float64Array.from(negatives),
  }
}

function rates(counts: Float64Array): Float64Array {
  const all = counts.at(-1)!
  return counts.map((count) => (all === 0 ? 0 : count / all))
}

function check(subject: string, labels: ArrayLike<number>, scores: ArrayLike<number>): void {
  const refuse = (why: string) => new ModelError('BAD_ARGUMENT', `${subject}: ${why}`)
  if (labels.length !== scores.length) {
    throw refuse(`${labels.length} labels, ${scores.length} scores`)
  }
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] !== 0 && labels[i] !== 1) throw refuse(`label ${labels[i]}, wanted 0 or 1`)
    if (Number.isNaN(scores[i])) throw refuse(`score ${i} is NaN`)
  }
}
