import { describe, expect, it } from 'vitest'
import type { FrameSpec } from '../src/index.ts'
import { plainFrame } from './helpers.ts'

const line = { kind: 'satellite', x0: 20, y0: 30, x1: 240, y1: 200 } as const

describe('clean', () => {
  it('is a frame without anything to report', () => {
    const { truth } = plainFrame({ trails: [{ ...line, pixelSnr: 0.05 }] })
    expect(truth.trails[0]!.matchedSnr).toBeLessThan(5)
    expect(truth.labels).toEqual([])
    expect(truth.clean).toBe(true)
  })

  it.each<[string, Partial<FrameSpec>]>([
    ['trail', { trails: [{ ...line, pixelSnr: 0.3 }] }],
    ['veil', { cloud: { seed: 2, transparency: 0.92, contrast: 0 } }],
    ['haze', { haze: { transparency: 0.95, bloat: 1 } }],
    ['defocus', { seeing: { fwhmPx: 2.5, defocusPx: 1.2 } }],
    ['smear', { seeing: { tracking: { lengthPx: 2.8, angleDeg: 20 } } }],
    ['branch', { occlusion: { seed: 1, fraction: 0.01, angleDeg: 40, softnessPx: 20 } }],
    ['first light', { sky: { twilight: 0.5 } }],
  ])('is not a frame with a faint %s, which no label names', (_, spec) => {
    const { truth } = plainFrame(spec)
    expect(truth.labels).toEqual([])
    expect(truth.clean).toBe(false)
  })

  it('is never a labelled frame', () => {
    const { truth } = plainFrame({ trails: [{ ...line, pixelSnr: 3 }] })
    expect(truth.labels).toEqual(['satellite'])
    expect(truth.clean).toBe(false)
  })
})
