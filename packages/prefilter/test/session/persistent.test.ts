import { expect, it } from 'vitest'
import { splitPersistent } from '../../src/session/persistent.ts'
import { findPoses } from '../../src/session/pose.ts'
import { assessFrames } from '../../src/verdict/assess.ts'
import { field, measurement } from './nights.ts'

const stars = field(4, 120)
const streak = (x0: number, y0: number, x1: number, y1: number) => ({
  x0,
  y0,
  x1,
  y1,
  lengthPx: Math.hypot(x1 - x0, y1 - y0),
  angleDeg: 30,
  widthPx: 3,
  snr: 20,
  pixelSnr: 2,
  brightness: 20,
  kind: 'unknown' as const,
  edgeToEdge: false,
  persistence: 1,
  sagittaPx: 0,
})
/** Frames dithered by whole steps, each with the lines given for it. */
const session = (lines: (dx: number, dy: number, i: number) => ReturnType<typeof streak>[]) =>
  Array.from({ length: 6 }, (_, i) => {
    const dx = 9 * i
    const dy = -5 * i
    const moved = stars.map((s) => ({ ...s, x: s.x + dx, y: s.y + dy }))
    return measurement(moved, { streaks: lines(dx, dy, i) as never })
  })

it('knows a line that moves with the stars', () => {
  const frames = session((dx, dy) => [streak(400 + dx, 300 + dy, 500 + dx, 340 + dy)])
  for (const { passing, repeating } of splitPersistent(frames, findPoses(frames).transforms)) {
    expect(passing).toHaveLength(0)
    expect(repeating).toHaveLength(1)
  }
})

it('knows a line that stays on the detector, whichever way its ends are named', () => {
  const frames = session((_dx, _dy, i) =>
    i % 2 ? [streak(100, 200, 600, 210)] : [streak(600, 210, 100, 200)],
  )
  expect(
    splitPersistent(frames, findPoses(frames).transforms).every(
      ({ passing }) => passing.length === 0,
    ),
  ).toBe(true)
  for (const frame of assessFrames(frames)) expect(frame.verdict).toBe('clean')
})

it('lets passers-by pass', () => {
  const frames = session((_dx, _dy, i) => [streak(100 + 90 * i, 0, 300 + 60 * i, 799)])
  expect(
    splitPersistent(frames, findPoses(frames).transforms).every(
      ({ passing }) => passing.length === 1,
    ),
  ).toBe(true)
})

it('needs three frames', () => {
  const frames = session((_dx, _dy, i) => (i < 2 ? [streak(100, 200, 600, 210)] : []))
  expect(splitPersistent(frames, findPoses(frames).transforms)[0]?.passing).toHaveLength(1)
})
