import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maskStreaks } from '../../src/streaks/mask.ts'
import { pointAt } from '../../src/streaks/path.ts'
import type { Streak } from '../../src/verdict/assessment.ts'

const [width, height] = [90, 60]

function streak(
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  widthPx: number,
  sagittaPx = 0,
): Streak {
  return {
    ...{ x0, y0, x1, y1, widthPx, sagittaPx },
    lengthPx: Math.hypot(x1 - x0, y1 - y0),
    ...{
      angleDeg: 0,
      snr: 10,
      pixelSnr: 1,
      brightness: 1,
      kind: 'unknown',
      edgeToEdge: false,
      persistence: 1,
    },
  }
}

const place = (most: number) => fc.integer({ min: 0, max: most - 1 })
const anyStreak = fc
  .tuple(place(width), place(height), place(width), place(height), fc.integer({ min: 1, max: 12 }))
  .filter(([x0, y0, x1, y1]) => Math.hypot(x1 - x0, y1 - y0) >= 1)

function distanceTo({ x0, y0, x1, y1 }: Streak, x: number, y: number): number {
  const length = Math.hypot(x1 - x0, y1 - y0)
  const t = ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length ** 2
  const share = Math.max(0, Math.min(1, t))
  return Math.hypot(x - x0 - share * (x1 - x0), y - y0 - share * (y1 - y0))
}

describe('maskStreaks', () => {
  it('covers exactly what lies within three sigma and the margin of a straight trail', () => {
    fc.assert(
      fc.property(anyStreak, fc.integer({ min: 0, max: 5 }), (ends, growPx) => {
        const trail = streak(...ends)
        const half = (3 * trail.widthPx) / 2.3548 + growPx
        const mask = maskStreaks([trail], { width, height }, { growPx })
        for (let i = 0; i < mask.length; i++) {
          const distance = distanceTo(trail, i % width, Math.floor(i / width))
          if (Math.abs(distance - half) < 1e-6) continue
          if (mask[i] !== (distance < half ? 1 : 0)) return false
        }
        return true
      }),
      { numRuns: 60 },
    )
  })

  it('turns with its trail: mirrored, transposed, reversed', () => {
    fc.assert(
      fc.property(anyStreak, ([x0, y0, x1, y1, w]) => {
        const mask = maskStreaks([streak(x0, y0, x1, y1, w)], { width, height })
        const mirrored = maskStreaks([streak(width - 1 - x0, y0, width - 1 - x1, y1, w)], {
          width,
          height,
        })
        const transposed = maskStreaks([streak(y0, x0, y1, x1, w)], {
          width: height,
          height: width,
        })
        const reversed = maskStreaks([streak(x1, y1, x0, y0, w)], { width, height })
        return mask.every((value, i) => {
          const [x, y] = [i % width, Math.floor(i / width)]
          return (
            value === mirrored[y * width + width - 1 - x] &&
            value === transposed[x * height + y] &&
            value === reversed[i]
          )
        })
      }),
      { numRuns: 60 },
    )
  })

  it('follows a bow', () => {
    const trail = streak(5, 30, 85, 30, 3, 12)
    const mask = maskStreaks([trail], { width, height }, { growPx: 0 })
    for (let t = 0; t <= 80; t += 4) {
      const { x, y } = pointAt(trail, t)
      expect(mask[Math.round(y) * width + Math.round(x)]).toBe(1)
    }
    expect(mask[30 * width + 45]).toBe(0)
  })

  it('joins several trails, and is empty for none or outside', () => {
    const both = maskStreaks([streak(0, 10, 89, 10, 2), streak(0, 50, 89, 50, 2)], {
      width,
      height,
    })
    expect([both[10 * width], both[30 * width], both[50 * width + 89]]).toEqual([1, 0, 1])
    expect(maskStreaks([], { width: 4, height: 4 })).toEqual(new Uint8Array(16))
    expect(maskStreaks([streak(-50, -50, -20, -20, 3)], { width, height })).toEqual(
      new Uint8Array(width * height),
    )
  })
})
