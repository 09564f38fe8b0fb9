import { describe, expect, it } from 'vitest'
import { type EarlyStoppingOptions, earlyStopping } from '../../src/train/earlyStopping.ts'

function follow(values: readonly number[], options?: EarlyStoppingOptions) {
  const { start, observe } = earlyStopping(options)
  const states = [start]
  for (const value of values) states.push(observe(states.at(-1)!, value))
  return states.slice(1)
}

describe('earlyStopping', () => {
  it('stops one observation after its patience is used up', () => {
    const states = follow([3, 2, 2.5, 2, 4], { patience: 2 })
    expect(states.map(({ stop }) => stop)).toEqual([false, false, false, false, true])
    expect(states.at(-1)).toEqual({ seen: 5, best: 2, bestAt: 1, stop: true })
  })

  it('follows larger values where they are better', () => {
    const [, , last] = follow([0.5, 0.9, 0.8], { better: 'larger' })
    expect(last).toMatchObject({ best: 0.9, bestAt: 1 })
  })

  it('asks for the least gain', () => {
    expect(follow([1, 0.95, 0.85], { leastGain: 0.1 }).at(-1)).toMatchObject({
      best: 0.85,
      bestAt: 2,
    })
    expect(follow([1, 0.95], { leastGain: 0.1 }).at(-1)).toMatchObject({ best: 1, bestAt: 0 })
  })

  it('takes no NaN or infinity for progress, and stops on them alone', () => {
    const states = follow([Number.NaN, Number.NEGATIVE_INFINITY, Number.NaN], { patience: 1 })
    expect(states.at(-1)).toEqual({ seen: 3, best: null, bestAt: -1, stop: true })
    expect(follow([Number.NaN, 1, Number.NaN]).at(-1)).toMatchObject({ best: 1, bestAt: 1 })
  })

  it('goes on from its state as JSON', () => {
    const { start, observe } = earlyStopping({ patience: 1 })
    const kept = JSON.parse(JSON.stringify(observe(observe(start, 2), 3)))
    expect(observe(kept, 3)).toEqual({ seen: 3, best: 2, bestAt: 0, stop: true })
  })
})
