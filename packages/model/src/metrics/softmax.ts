import { ModelError } from '../errors.ts'

/**
 * Probabilities from logits, row by row; each row sums to 1. Safe for logits of any size.
 * @param logits rows of `classes` numbers
 * @param temperature divides the logits; above 1 makes less sure. Default 1
 * @throws ModelError `BAD_ARGUMENT` where the logits are not whole rows
 */
export function softmax(logits: ArrayLike<number>, classes: number, temperature = 1): Float32Array {
  const rows = rowsOf('softmax', logits, classes)
  const probabilities = new Float32Array(logits.length)
  for (let row = 0; row < rows; row++) {
    const from = row * classes
    const norm = logSumExp(logits, { from, classes, factor: 1 / temperature })
    for (let i = from; i < from + classes; i++) {
      probabilities[i] = Math.exp(logits[i] / temperature - norm)
    }
  }
  return probabilities
}

/** Logarithm of the sum of the exponentials of a row times `factor`, without overflow. */
export function logSumExp(
  logits: ArrayLike<number>,
  { from, classes, factor }: { from: number; classes: number; factor: number },
): number {
  let most = Number.NEGATIVE_INFINITY
  for (let i = from; i < from + classes; i++) most = Math.max(most, logits[i] * factor)
  let sum = 0
  for (let i = from; i < from + classes; i++) sum += Math.exp(logits[i] * factor - most)
  return most + Math.log(sum)
}

/** Number of rows; refuses a part of one. */
export function rowsOf(subject: string, values: ArrayLike<number>, classes: number): number {
  if (classes >= 1 && values.length % classes === 0) return values.length / classes
  throw new ModelError(
    'BAD_ARGUMENT',
    `${subject}: ${values.length} numbers are no rows of ${classes} classes`,
  )
}

/** Classes of each row, from how many numbers there are for so many labels. */
export function classesOf(
  subject: string,
  values: ArrayLike<number>,
  labels: ArrayLike<number>,
): number {
  const classes = values.length / labels.length
  if (!Number.isInteger(classes) || classes < 1) {
    throw new ModelError(
      'BAD_ARGUMENT',
      `${subject}: ${values.length} numbers for ${labels.length} labels`,
    )
  }
  for (let i = 0; i < labels.length; i++) {
    if (!(labels[i] >= 0 && labels[i] < classes)) {
      throw new ModelError('BAD_ARGUMENT', `${subject}: label ${labels[i]} of ${classes} classes`)
    }
  }
  return classes
}

/** Place of the largest number in each row; the first of equals. */
export function predictionsOf(values: ArrayLike<number>, classes: number): Uint32Array {
  const predictions = new Uint32Array(rowsOf('predictionsOf', values, classes))
  for (let row = 0; row < predictions.length; row++) {
    let best = row * classes
    for (let i = best + 1; i < (row + 1) * classes; i++) if (values[i] > values[best]) best = i
    predictions[row] = best - row * classes
  }
  return predictions
}
