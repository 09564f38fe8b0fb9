import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { brierScore, calibration, fitTemperature } from '../../src/metrics/calibration.ts'
import { truth } from './reference.ts'

const { labels, logits, probabilities } = truth

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
