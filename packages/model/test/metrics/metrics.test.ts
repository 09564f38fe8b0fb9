import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { brierScore, calibration, fitTemperature } from '../../src/metrics/calibration.ts'
import { confusion, confusionScores } from '../../src/metrics/confusion.ts'
import { precisionRecallCurve, rocCurve } from '../../src/metrics/curves.ts'
import { predictionsOf, softmax } from '../../src/metrics/softmax.ts'
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

/** Written by tests/reference/model/optimizers.py. */
const truth = readValues<Values>('metrics')
const { labels, logits, probabilities } = truth
const isSecond = labels.map((label) => Number(label === 1))

const scored = fc.array(
  fc.record({ label: fc.constantFrom(0, 1), score: fc.integer({ min: 0, max: 9 }) }),
  {
    minLength: 1,
    maxLength: 40,
  },
)

describe('softmax', () => {
  it('is scipy’s, to float32', () => {
    softmax(logits, 3).forEach((p, i) => {
      expect(p).toBeCloseTo(probabilities[i], 6)
    })
  })

  it('survives huge logits, and none', () => {
    expect([...softmax([1e30, 0, -1e30, -1000, -1000, -1000], 3)].map((p) => p.toFixed(3))).toEqual(
      [...['1.000', '0.000', '0.000'], ...['0.333', '0.333', '0.333']],
    )
    expect(softmax([], 3)).toHaveLength(0)
    expect(() => softmax([1, 2], 3)).toThrow('softmax: 2 numbers are no rows of 3 classes')
  })
})

describe('confusion', () => {
  it('and its scores agree with the definition', () => {
    expect([...predictionsOf(logits, 3)]).toEqual(truth.predictions)
    const counts = confusion(labels, truth.predictions, 3)
    expect(counts).toEqual(truth.confusion)
    const scores = confusionScores(counts)
    expect(scores.accuracy).toBeCloseTo(truth.accuracy, 12)
    expect(scores.macroF1).toBeCloseTo(truth.macroF1, 12)
    scores.classes.forEach(({ precision, recall, f1 }, c) => {
      ;[precision, recall, f1].forEach((value, i) => {
        expect(value).toBeCloseTo(truth.classes[c][i], 12)
      })
    })
  })

  it('knows nothing of nothing', () => {
    const scores = confusionScores(confusion([], [], 2))
    expect(scores).toMatchObject({ accuracy: 0, macroF1: 0 })
    expect(scores.classes[0]).toEqual({ precision: 0, recall: 0, f1: 0, examples: 0 })
  })

  it('names a class it does not have', () => {
    expect(() => confusion([0, 2], [0, 0], 2)).toThrow(
      'confusion: label 2, prediction 0 of 2 classes',
    )
    expect(() => confusion([0], [], 2)).toThrow('confusion: 1 labels, 0 predictions')
  })
})

describe('rocCurve', () => {
  it('has the area of the rank sum', () => {
    expect(rocCurve(isSecond, truth.scores).area).toBeCloseTo(truth.rocArea, 12)
  })

  it('has the textbook points', () => {
    // scikit-learn's own example.
    const curve = rocCurve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    expect([...curve.falsePositiveRate]).toEqual([0, 0, 0.5, 0.5, 1])
    expect([...curve.truePositiveRate]).toEqual([0, 0.5, 0.5, 1, 1])
    expect([...curve.thresholds]).toEqual([Number.POSITIVE_INFINITY, 0.8, 0.4, 0.35, 0.1])
    expect(curve.area).toBe(0.75)
  })

  it('area is the share of pairs in the right order, and turns round with the scores', () => {
    fc.assert(
      fc.property(scored, (examples) => {
        const [own, scores] = [examples.map((e) => e.label), examples.map((e) => e.score)]
        const pairs = examples.flatMap((a) =>
          examples
            .filter((b) => a.label > b.label)
            .map((b) => (Math.sign(a.score - b.score) + 1) / 2),
        )
        const { area } = rocCurve(own, scores)
        const share = pairs.reduce((sum, pair) => sum + pair, 0) / pairs.length
        if (pairs.length === 0) expect(area).toBeNaN()
        else expect(area).toBeCloseTo(share, 12)
        const turned = rocCurve(
          own,
          scores.map((s) => -s),
        ).area
        if (pairs.length > 0) expect(turned).toBeCloseTo(1 - area, 12)
      }),
    )
  })

  it('refuses NaN and strange labels', () => {
    expect(() => rocCurve([1], [Number.NaN])).toThrow('rocCurve: score 0 is NaN')
    expect(() => rocCurve([2], [0.5])).toThrow('rocCurve: label 2, wanted 0 or 1')
    expect(() => rocCurve([1], [])).toThrow('rocCurve: 1 labels, 0 scores')
  })
})

describe('precisionRecallCurve', () => {
  it('has the average precision of its definition', () => {
    const { averagePrecision } = precisionRecallCurve(isSecond, truth.scores)
    expect(averagePrecision).toBeCloseTo(truth.averagePrecision, 12)
    expect(precisionRecallCurve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).averagePrecision).toBeCloseTo(
      0.8333333333,
      9,
    )
  })

  it('has no meaning without positives', () => {
    expect(precisionRecallCurve([0, 0], [1, 2]).averagePrecision).toBeNaN()
    expect(precisionRecallCurve([], []).recall).toHaveLength(0)
  })
})

describe('calibration', () => {
  it('agrees with the definition over 15 bins', () => {
    const { expectedError, bins } = calibration(probabilities, labels)
    expect(expectedError).toBeCloseTo(truth.expectedCalibrationError, 12)
    expect(bins).toHaveLength(15)
    expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(labels.length)
  })

  it('is perfect for the sure and right, worst for the sure and wrong', () => {
    expect(calibration([1, 0, 0, 1], [0, 1])).toMatchObject({ expectedError: 0, maximumError: 0 })
    expect(calibration([1, 0, 0, 1], [1, 0])).toMatchObject({ expectedError: 1, maximumError: 1 })
    expect(calibration([], [])).toMatchObject({ expectedError: 0, maximumError: 0 })
  })

  it('names what does not fit', () => {
    expect(() => calibration([1, 0, 0], [0, 1])).toThrow('calibration: 3 numbers for 2 labels')
    expect(() => calibration([1, 0], [2])).toThrow('calibration: label 2 of 2 classes')
  })
})

describe('brierScore', () => {
  it('agrees with the definition', () => {
    expect(brierScore(probabilities, labels)).toBeCloseTo(truth.brier, 12)
    expect(brierScore([1, 0], [1])).toBe(2)
    expect(brierScore([], [])).toBeNaN()
  })
})

describe('fitTemperature', () => {
  it('finds scipy’s minimum', () => {
    const fit = fitTemperature(logits, labels)
    expect(fit.temperature).toBeCloseTo(truth.temperature, 5)
    expect(fit.lossBefore).toBeCloseTo(truth.lossBefore, 12)
    expect(fit.lossAfter).toBeCloseTo(truth.lossAfter, 12)
  })

  it('scales with the logits, and gives back the temperature put in', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.2, max: 5, noNaN: true }), (factor) => {
        const hotter = logits.map((logit) => logit * factor)
        expect(fitTemperature(hotter, labels).temperature / factor).toBeCloseTo(
          truth.temperature,
          5,
        )
      }),
    )
  })

  it('never makes the loss worse where 1 is allowed', () => {
    const rows = fc.array(
      fc.record({
        z: fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: 3, maxLength: 3 }),
        y: fc.nat(2),
      }),
      { minLength: 1, maxLength: 20 },
    )
    fc.assert(
      fc.property(rows, (examples) => {
        const fit = fitTemperature(
          examples.flatMap(({ z }) => z),
          examples.map(({ y }) => y),
        )
        expect(fit.lossAfter).toBeLessThanOrEqual(fit.lossBefore + 1e-9)
      }),
    )
  })

  it('stays within its bounds where there is no minimum', () => {
    expect(fitTemperature([1, 0, 0, 1], [0, 1]).temperature).toBeCloseTo(0.05, 9)
    expect(fitTemperature([1, 0, 0, 1], [1, 0]).temperature).toBeCloseTo(20, 9)
    expect(() => fitTemperature([Number.NaN, 0], [0])).toThrow('fitTemperature: logit 0 is NaN')
    expect(() => fitTemperature([], [])).toThrow('fitTemperature: 0 numbers for 0 labels')
  })
})
