import { readValues } from '../train/reference.ts'

interface Values {
  readonly labels: readonly number[]
  readonly logits: readonly number[]
  readonly probabilities: readonly number[]
  readonly predictions: readonly number[]
  readonly confusion: readonly (readonly number[])[]
  readonly accuracy: number
  readonly classes: readonly (readonly [number, number, number])[]
  readonly macroF1: number
  readonly scores: readonly number[]
  readonly rocArea: number
  readonly averagePrecision: number
  readonly expectedCalibrationError: number
  readonly brier: number
  readonly temperature: number
  readonly lossBefore: number
  readonly lossAfter: number
}

/** Made-up predictions and their measures; written by tests/reference/model/optimizers.py. */
export const truth = readValues<Values>('metrics')
