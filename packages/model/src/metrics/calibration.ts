import { ModelError } from '../errors.ts'
import { classesOf, logSumExp, predictionsOf } from './softmax.ts'

/** Predictions of about the same confidence. */
export interface ReliabilityBin {
  /** Confidences above `low` and up to `high`. */
  readonly low: number
  readonly high: number
  readonly count: number
  /** Mean highest probability; 0 where the bin is empty. */
  readonly confidence: number
  /** Share predicted right; 0 where the bin is empty. */
  readonly accuracy: number
}

/** Whether probabilities mean what they say. */
export interface Calibration {
  /** Mean distance of confidence and accuracy over the bins, weighted by count; 0 is perfect. */
  readonly expectedError: number
  /** The same in the worst bin that is not empty. */
  readonly maximumError: number
  readonly bins: readonly ReliabilityBin[]
}

/**
 * Expected calibration error of the predicted (most probable) class over bins of equal width
 * (Guo et al. 2017).
 * @param probabilities rows, one number a class, each row summing to 1
 * @param labels true class of each row
 * @param bins number of bins. Default 15, as in the paper
 */
export function calibration(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  bins = 15,
): Calibration {
  const counts = Array.from({ length: bins }, () => ({ count: 0, confidence: 0, right: 0 }))
  if (labels.length > 0) {
    const classes = classesOf('calibration', probabilities, labels)
    predictionsOf(probabilities, classes).forEach((predicted, row) => {
      const confidence = probabilities[row * classes + predicted]
      const bin = counts[Math.min(bins - 1, Math.max(0, Math.ceil(confidence * bins) - 1))]
      bin.count++
      bin.confidence += confidence
      bin.right += Number(predicted === labels[row])
    })
  }
  const full = counts.map(({ count, confidence, right }, i) => ({
    low: i / bins,
    high: (i + 1) / bins,
    count,
    confidence: count && confidence / count,
    accuracy: count && right / count,
  }))
  const errors = full.map(({ confidence, accuracy }) => Math.abs(confidence - accuracy))
  const weighted = full.reduce((sum, { count }, i) => sum + count * errors[i], 0)
  return {
    expectedError: labels.length && weighted / labels.length,
    maximumError: Math.max(0, ...errors),
    bins: full,
  }
}

/**
 * Brier's score: mean squared distance between probabilities and the truth, summed over the classes, 0
 * (sure and right) to 2 (sure and wrong), as Brier (1950) has it. For two classes it is twice the score that
 * counts the positive class alone. NaN for no examples.
 * @param probabilities rows, one number a class
 * @param labels true class of each row
 */
export function brierScore(probabilities: ArrayLike<number>, labels: ArrayLike<number>): number {
  if (labels.length === 0) return Number.NaN
  const classes = classesOf('brierScore', probabilities, labels)
  let sum = 0
  for (let i = 0; i < probabilities.length; i++) {
    const truth = Number(labels[Math.floor(i / classes)] === i % classes)
    sum += (probabilities[i] - truth) ** 2
  }
  return sum / labels.length
}

/** What `fitTemperature` found. */
export interface TemperatureFit {
  /** Divide logits by this before the softmax; above 1 where the network was too sure. */
  readonly temperature: number
  /** Mean cross-entropy in nats without and with it. */
  readonly lossBefore: number
  readonly lossAfter: number
}

const COLDEST = 0.05
const HOTTEST = 20

/**
 * The temperature that makes the cross-entropy of held-out examples least (Guo et al. 2017). The loss is
 * convex in 1 / temperature, so that bisection of its slope finds the only minimum; the answer stays within
 * 0.05 and 20, whose ends it takes where every example is right, or the logits tell nothing.
 * @param logits rows, one number a class
 * @param labels true class of each row
 * @throws ModelError `BAD_ARGUMENT` for no examples, NaN, or labels that do not fit
 */
export function fitTemperature(
  logits: ArrayLike<number>,
  labels: ArrayLike<number>,
): TemperatureFit {
  const classes = classesOf('fitTemperature', logits, labels)
  for (let i = 0; i < logits.length; i++) {
    if (!Number.isFinite(logits[i])) {
      throw new ModelError('BAD_ARGUMENT', `fitTemperature: logit ${i} is ${logits[i]}`)
    }
  }
  // Bisection in the logarithm: 50 halvings of a range of 6 leave nothing a double could tell apart.
  let [low, high] = [Math.log(1 / HOTTEST), Math.log(1 / COLDEST)]
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2
    if (slopeAt(logits, labels, Math.exp(middle)) < 0) low = middle
    else high = middle
  }
  const temperature = Math.exp(-(low + high) / 2)
  return {
    temperature,
    lossBefore: crossEntropy(logits, labels, { classes, factor: 1 }),
    lossAfter: crossEntropy(logits, labels, { classes, factor: 1 / temperature }),
  }
}

/** Derivative of the mean cross-entropy by the factor: expected minus true logit. */
function slopeAt(logits: ArrayLike<number>, labels: ArrayLike<number>, factor: number): number {
  const classes = logits.length / labels.length
  let slope = 0
  for (let row = 0; row < labels.length; row++) {
    const from = row * classes
    const norm = logSumExp(logits, { from, classes, factor })
    for (let i = from; i < from + classes; i++) {
      slope += Math.exp(logits[i] * factor - norm) * (logits[i] - logits[from + labels[row]])
    }
  }
  return slope / labels.length
}

function crossEntropy(
  logits: ArrayLike<number>,
  labels: ArrayLike<number>,
  { classes, factor }: { classes: number; factor: number },
): number {
  let sum = 0
  for (let row = 0; row < labels.length; row++) {
    const from = row * classes
    sum += logSumExp(logits, { from, classes, factor }) - logits[from + labels[row]] * factor
  }
  return sum / labels.length
}
