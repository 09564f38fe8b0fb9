import { describe, expect, it } from 'vitest'
import { softmax } from '../../src/metrics/softmax.ts'
import { truth } from './reference.ts'

const { logits, probabilities } = truth

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
