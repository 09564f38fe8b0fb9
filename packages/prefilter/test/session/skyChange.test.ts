import { describe, expect, it } from 'vitest'
import { findPoses } from '../../src/session/pose.ts'
import { skyChanges } from '../../src/session/skyChange.ts'
import { assessFrames } from '../../src/verdict/assess.ts'
import { field, measurement, seeded } from './nights.ts'

const stars = field(7, 200)
const columns = 16
const rows = 12

/** Frames whose coarse sky is vignetted and noisy, brightened by `moon`, changed by `change`. */
function session(change: (i: number, x: number, y: number) => number, moon: (i: number) => number) {
  const random = seeded(3)
  return Array.from({ length: 10 }, (_, i) => {
    const values = Array.from({ length: columns * rows }, (_, k) => {
      const x = ((k % columns) / (columns - 1)) * 2 - 1
      const y = (Math.floor(k / columns) / (rows - 1)) * 2 - 1
      const vignetting = (1 - 0.1 * (x * x + y * y)) ** 2
      return (
        500 +
        (500 + moon(i)) * vignetting * (1 + 0.1 * moon(i) * 1e-3 * x) +
        random() +
        change(i, x, y)
      )
    })
    return measurement(stars, {
      context: { timeMs: i * 60_000 },
      background: { level: 1000 + moon(i), cells: { columns, rows, values } },
    })
  })
}
const ratios = (frames: ReturnType<typeof session>) =>
  skyChanges(frames, findPoses(frames).transforms).map(({ ratio }) => ratio)

describe('skyChanges', () => {
  it('is calm under a rising Moon', () => {
    const frames = session(
      () => 0,
      (i) => 60 * i,
    )
    for (const ratio of ratios(frames)) expect(ratio).toBeLessThan(2)
  })

  it('sees a roof that has just begun to hide the corner', () => {
    const frames = session(
      (i, x, y) => (i === 9 && x + y > 1.3 ? -40 : 0),
      () => 0,
    )
    expect(ratios(frames)[9]).toBeGreaterThan(4)
    const last = assessFrames(frames).at(-1)!
    expect(last.verdict).toBe('review')
    expect(last.causes[0]).toMatchObject({ kind: 'occlusion', region: { x1: 1000, y1: 800 } })
    expect(last.causes[0]!.region!.x0).toBeGreaterThan(500)
  })

  it('knows nothing from few frames', () => {
    const frames = session(
      () => 0,
      () => 0,
    ).slice(0, 4)
    expect(ratios(frames)).toEqual([0, 0, 0, 0])
  })
})
