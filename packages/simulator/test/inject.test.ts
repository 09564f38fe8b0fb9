import { describe, expect, it } from 'vitest'
import { injectTrails, type TrailSpec } from '../src/index.ts'
import { plainFrame, statistics } from './helpers.ts'

const { plane, truth } = plainFrame()
const options = { seed: 4, noise: truth.noiseAdu, fwhmPx: 3, gainE: 2 }
const line: TrailSpec = { kind: 'satellite', x0: -60, y0: 30, x1: 320, y1: 210, pixelSnr: 6 }

/** Mean and noise of what was added along the middle of the line. */
function along(trail: TrailSpec) {
  const { plane: with_ } = injectTrails(plane, [trail], options)
  const added: number[] = []
  for (let x = 20; x < 240; x++) {
    const y = Math.round(
      trail.y0 + ((x - trail.x0) * (trail.y1 - trail.y0)) / (trail.x1 - trail.x0),
    )
    const i = y * plane.width + x
    added.push(with_.data[i]! - plane.data[i]!)
  }
  return statistics(added)
}

describe('injectTrails', () => {
  it('adds light of the stated strength, with the noise of its own photons', () => {
    const { mean, variance } = along(line)
    const peak = 6 * truth.noiseAdu
    // Whole pixels near the middle see a little less than the peak.
    expect(mean / peak).toBeGreaterThan(0.85)
    expect(mean / peak).toBeLessThan(1.02)
    const strong = along({ ...line, pixelSnr: 60 })
    const photons = strong.mean / options.gainE
    expect(strong.variance).toBeGreaterThan(photons)
    expect(variance).toBeLessThan(strong.variance)
  })

  it('tells what can be seen of it', () => {
    const { trails } = injectTrails(plane, [line, { ...line, y0: 900, y1: 900 }], options)
    expect(trails).toHaveLength(1)
    expect(trails[0]).toMatchObject({ kind: 'satellite', pixelSnr: 6, labelled: true })
    expect(trails[0]!.widthPx).toBeCloseTo(3, 0)
    expect(trails[0]!.matchedSnr).toBeGreaterThan(100)
  })

  it('leaves the frame, and every pixel away from the trail, as they are', () => {
    const before = plane.data.slice()
    const { plane: with_ } = injectTrails(plane, [line], options)
    expect(plane.data).toEqual(before)
    expect(with_.data.subarray(0, 200)).toEqual(before.subarray(0, 200))
    expect(with_.data.every((value) => Number.isInteger(value))).toBe(true)
  })

  it('gives equal pixels for equal seeds only', () => {
    const of = (seed: number) => injectTrails(plane, [line], { ...options, seed }).plane.data
    expect(of(4)).toEqual(of(4))
    expect(of(4)).not.toEqual(of(5))
  })

  it('ends at the ceiling, and leaves holes', () => {
    const data = plane.data.map((value, i) => (i === 128 * plane.width + 128 ? Number.NaN : value))
    const ceiling = 20_000
    const bright = { ...line, y0: 128, y1: 128, pixelSnr: 1e4 }
    const injected = injectTrails({ ...plane, data }, [bright], { ...options, ceiling }).plane.data
    expect(injected.reduce((a, b) => Math.max(a, b || 0), 0)).toBe(ceiling)
    expect(injected[128 * plane.width + 128]).toBeNaN()
  })

  it('does nothing without a trail', () => {
    expect(injectTrails(plane, [], options)).toEqual({ plane, trails: [] })
  })
})
