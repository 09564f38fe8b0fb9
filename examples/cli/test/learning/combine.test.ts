import { describe, expect, it } from 'vitest'
import { combine } from '../../src/learning/combine.ts'

const clean = { verdict: 'clean', action: 'keep' } as const
const masked = { verdict: 'contaminated', action: 'mask' } as const
const open = { verdict: 'review', action: 'review' } as const

describe('combine', () => {
  it('agreement stands, and both decided', () => {
    expect(combine(clean, 0.1)).toEqual({ ...clean, decidedBy: 'both' })
    expect(combine(masked, 0.9)).toEqual({ ...masked, decidedBy: 'both' })
  })

  it('a mild contradiction changes nothing', () => {
    expect(combine(clean, 0.9)).toEqual({ ...clean, decidedBy: 'prefilter' })
    expect(combine(masked, 0.1)).toEqual({ ...masked, decidedBy: 'prefilter' })
  })

  it('a certain contradiction asks a person', () => {
    const asked = { verdict: 'review', action: 'review', decidedBy: 'model' }
    expect(combine(clean, 0.99)).toEqual(asked)
    expect(combine(masked, 0.01)).toEqual(asked)
  })

  it('a sure model settles what was left open', () => {
    expect(combine(open, 0.85)).toMatchObject({ verdict: 'contaminated', decidedBy: 'model' })
    expect(combine(open, 0.15)).toMatchObject({ verdict: 'clean', decidedBy: 'model' })
    expect(combine(open, 0.5)).toEqual({ ...open, decidedBy: 'prefilter' })
  })

  it('never rejects what the prefilter calls clean, never passes what has a cause', () => {
    for (let p = 0; p <= 1; p += 0.01) {
      expect(combine(clean, p).verdict).not.toBe('contaminated')
      expect(combine(masked, p).verdict).not.toBe('clean')
    }
  })
})
