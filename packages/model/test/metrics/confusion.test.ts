import { describe, expect, it } from 'vitest'
import { confusion, confusionScores } from '../../src/metrics/confusion.ts'
import { predictionsOf } from '../../src/metrics/softmax.ts'
import { truth } from './reference.ts'

const { labels, logits } = truth

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
