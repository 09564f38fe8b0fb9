import { describe, expect, it } from 'vitest'
import { combine } from '../../src/learning/combine.ts'

const said = <Said extends object>(word: Said) => ({ opinion: { ...word, causes: [] }, word })
const clean = said({ verdict: 'clean', action: 'keep' } as const)
const masked = said({ verdict: 'contaminated', action: 'mask' } as const)
const open = said({ verdict: 'review', action: 'review' } as const)

describe('combine', () => {
  it('agreement stands, and both decided', () => {
    expect(combine(clean.opinion, 0.1)).toEqual({ ...clean.word, decidedBy: 'both' })
    expect(combine(masked.opinion, 0.9)).toEqual({ ...masked.word, decidedBy: 'both' })
  })

  it('a mild contradiction changes nothing', () => {
    expect(combine(clean.opinion, 0.9)).toEqual({ ...clean.word, decidedBy: 'prefilter' })
    expect(combine(masked.opinion, 0.1)).toEqual({ ...masked.word, decidedBy: 'prefilter' })
  })

  it('a certain contradiction asks a person', () => {
    const asked = { verdict: 'review', action: 'review', decidedBy: 'model' }
    expect(combine(clean.opinion, 0.99)).toEqual(asked)
    expect(combine(masked.opinion, 0.01)).toEqual(asked)
  })

  it('a sure model settles what was left open', () => {
    expect(combine(open.opinion, 0.85)).toMatchObject({
      verdict: 'contaminated',
      decidedBy: 'model',
    })
    expect(combine(open.opinion, 0.15)).toMatchObject({ verdict: 'clean', decidedBy: 'model' })
    expect(combine(open.opinion, 0.5)).toEqual({ ...open.word, decidedBy: 'prefilter' })
  })

  it('has no say where there are no stars', () => {
    const dark = { ...open.opinion, causes: [{ kind: 'no-stars' }] } as const
    expect(combine(dark, 0.01)).toEqual({ ...open.word, decidedBy: 'prefilter' })
    expect(combine(dark, 0.99)).toEqual({ ...open.word, decidedBy: 'prefilter' })
  })

  it('never rejects what the prefilter calls clean, never passes what has a cause', () => {
    for (let p = 0; p <= 1; p += 0.01) {
      expect(combine(clean.opinion, p).verdict).not.toBe('contaminated')
      expect(combine(masked.opinion, p).verdict).not.toBe('clean')
    }
  })
})
