import { ModelError } from '../errors.ts'

/** Examples by true class (rows) and predicted class (columns). */
export type Confusion = readonly (readonly number[])[]

/**
 * Counts examples by true and predicted class.
 * @throws ModelError `BAD_ARGUMENT` where lengths differ or a class is not below `classes`
 */
export function confusion(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  classes: number,
): Confusion {
  if (labels.length !== predictions.length) {
    throw new ModelError(
      'BAD_ARGUMENT',
      `confusion: ${labels.length} labels, ${predictions.length} predictions`,
    )
  }
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
  for (let i = 0; i < labels.length; i++) {
    if (!(counts[labels[i]]?.[predictions[i]] >= 0)) {
      const got = `label ${labels[i]}, prediction ${predictions[i]}`
      throw new ModelError('BAD_ARGUMENT', `confusion: ${got} of ${classes} classes`)
    }
    counts[labels[i]][predictions[i]]++
  }
  return counts
}

/** How well one class is told; all 0..1. */
export interface ClassScores {
  /** Of those predicted so, the share that is. 0 where nothing was predicted so. */
  readonly precision: number
  /** Of those that are, the share predicted so. 0 where there are none. */
  readonly recall: number
  /** Harmonic mean of both; 0 where either is. */
  readonly f1: number
  /** Examples of the class. */
  readonly examples: number
}

/** Scores of a confusion matrix. */
export interface ConfusionScores {
  /** Share of examples predicted right; 0 where there are none. */
  readonly accuracy: number
  /** Mean F1 of all classes, rare ones counting as much as common ones. */
  readonly macroF1: number
  readonly classes: readonly ClassScores[]
}

/** Precision, recall and F1 of each class, accuracy and macro-F1; scikit-learn's with `zero_division=0`. */
export function confusionScores(counts: Confusion): ConfusionScores {
  const classes = counts.map((row, own) => {
    const right = row[own]
    const examples = sum(row)
    const predicted = sum(counts.map((each) => each[own]))
    return {
      precision: share(right, predicted),
      recall: share(right, examples),
      f1: share(2 * right, examples + predicted),
      examples,
    }
  })
  return {
    accuracy: share(sum(counts.map((row, own) => row[own])), sum(counts.map(sum))),
    macroF1: share(sum(classes.map(({ f1 }) => f1)), classes.length),
    classes,
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole)
