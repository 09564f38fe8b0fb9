import { describe, expect, it } from 'vitest'
import { evaluate } from '../../src/metrics/evaluation.ts'
import { softmax } from '../../src/metrics/softmax.ts'
import { truth } from './reference.ts'

describe('evaluate', () => {
  it('puts the measures together, and they survive JSON', () => {
    const evaluation = evaluate(softmax(truth.logits, 3), truth.labels)
    expect(evaluation.confusion).toEqual(truth.confusion)
    expect(evaluation.scores.accuracy).toBeCloseTo(truth.accuracy, 12)
    expect(evaluation.calibration.expectedError).toBeCloseTo(truth.expectedCalibrationError, 6)
    expect(evaluation.curves).toHaveLength(3)
    expect(JSON.parse(JSON.stringify(evaluation))).toEqual(evaluation)
  })

  it('says null where a class does not occur', () => {
    const { curves } = evaluate([0.9, 0.1, 0.2, 0.8], [0, 0])
    expect(curves.map(({ area }) => area)).toEqual([null, null])
    expect(curves.map(({ averagePrecision }) => averagePrecision)).toEqual([1, null])
  })

  it('keeps curves small, from end to end', () => {
    const count = 5000
    const labels = Array.from({ length: count }, (_, i) => i % 2)
    const share = (i: number) => ((i * 7919) % count) / count
    const { curves } = evaluate(
      labels.flatMap((_, i) => [share(i), 1 - share(i)]),
      labels,
    )
    const { falsePositiveRate, truePositiveRate, recall } = curves[0]
    expect(falsePositiveRate).toHaveLength(300)
    expect([falsePositiveRate[0], truePositiveRate[0]]).toEqual([0, 0])
    expect([falsePositiveRate.at(-1), truePositiveRate.at(-1), recall.at(-1)]).toEqual([1, 1, 1])
  })

  it('refuses nothing to judge', () => {
    expect(() => evaluate([], [])).toThrow('evaluate: 0 numbers for 0 labels')
  })
})
