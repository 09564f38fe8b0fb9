import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { precisionRecallCurve, rocCurve } from '../../src/metrics/curves.ts'
import { truth } from './reference.ts'

const isSecond = truth.labels.map((label) => Number(label === 1))

const scored = fc.array(
  fc.record({ label: fc.constantFrom(0, 1), score: fc.integer({ min: 0, max: 9 }) }),
  {
    minLength: 1,
    maxLength: 40,
  },
)

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
