import { describe, expect, it } from 'vitest'
import { endError, lineAt, search } from './helpers/search.ts'
import { addTrail, noisePlane, starField } from './helpers/sky.ts'

const size = 420

/** Injects one trail into noise and demands exactly it. */
function recover(angleDeg: number, length: number, peak: number, fwhm: number, seed: number) {
  const plane = noisePlane(size, size, seed)
  const shift = [(seed * 37) % 60, -((seed * 53) % 50)] as const
  const line = lineAt(plane, angleDeg, length, shift)
  addTrail(plane, { ...line, peak, fwhm })
  const { streaks } = search(plane)
  return { line, streaks, streak: streaks[0]! }
}

describe('a trail in noise is found where it is', () => {
  const angles = [0, 7, 26, 45, 63, 88, 90, 111, 135, 154, 179]
  const cells = [
    { length: 25, peak: 12, fwhm: 2.5 },
    { length: 70, peak: 3, fwhm: 2.5 },
    { length: 120, peak: 1.5, fwhm: 2.5 },
    { length: 200, peak: 1.5, fwhm: 4 },
    { length: 250, peak: 8, fwhm: 2 },
    { length: 250, peak: 100, fwhm: 3 },
    { length: 250, peak: 4, fwhm: 9 },
  ]
  it.each(cells)('$length px long, $peak sigma high, $fwhm px wide, at all angles', (cell) => {
    const { length, peak, fwhm } = cell
    angles.forEach((angle, i) => {
      const { line, streaks, streak } = recover(angle, length, peak, fwhm, i + 1)
      expect(streaks, `angle ${angle}`).toHaveLength(1)
      // A faint end is uncertain by the stretch that gives about three sigma.
      const ends = Math.max(3.5, 12 / (peak * peak * fwhm))
      expect(endError(streak, line), `ends at ${angle}`).toBeLessThan(ends + 0.5 * fwhm)
      const turn = Math.abs(streak.angleDeg - angle) % 180
      expect(Math.min(turn, 180 - turn)).toBeLessThan(Math.max(0.4, 90 / length))
      const narrow = peak > 2 ? 0.15 : 0.35
      expect(Math.abs(streak.widthPx / fwhm - 1)).toBeLessThan(narrow + 0.1)
      expect(Math.abs(streak.pixelSnr / peak - 1)).toBeLessThan(0.25)
      const ideal = peak * Math.sqrt(0.753 * fwhm * length)
      expect(streak.snr / ideal).toBeGreaterThan(0.5)
      expect(streak.snr / ideal).toBeLessThan(1.25)
      expect(streak.persistence).toBeGreaterThan(0.7)
      expect(streak.brightness).toBeCloseTo(2 * streak.pixelSnr, 3)
    })
  })

  it('half a sigma high from border to border', () => {
    let found = 0
    for (let i = 0; i < 10; i++) {
      const plane = noisePlane(600, 500, i + 50)
      addTrail(plane, { ...lineAt(plane, 18 * i + 5, 1200, [i * 9 - 40, 30 - i * 7]), peak: 0.5 })
      const { streaks } = search(plane)
      expect(streaks.length).toBeLessThan(2)
      if (streaks[0]) found++
      if (streaks[0]) expect(streaks[0].edgeToEdge).toBe(true)
    }
    expect(found).toBeGreaterThanOrEqual(9)
  })

  it('gently curved', () => {
    for (const sagitta of [-6, 3, 6]) {
      const plane = noisePlane(size, size, 70 + sagitta)
      const line = lineAt(plane, 25, 320)
      addTrail(plane, { ...line, peak: 5, sagitta })
      const { streaks } = search(plane)
      expect(streaks).toHaveLength(1)
      expect(endError(streaks[0]!, line)).toBeLessThan(5)
      const sign = Math.sign((streaks[0]!.x1 - streaks[0]!.x0) * (line.x1 - line.x0))
      expect(sign * streaks[0]!.sagittaPx).toBeCloseTo(sagitta, -0.5)
    }
  })

  it('several in one frame, parallel and crossing', () => {
    const plane = noisePlane(size, size, 90)
    const lines = [
      lineAt(plane, 30, 900, [0, -90]),
      lineAt(plane, 30, 900, [0, 0]),
      lineAt(plane, 30, 260, [0, 90]),
      lineAt(plane, 118, 900, [40, 0]),
    ]
    lines.forEach((line, i) => {
      addTrail(plane, { ...line, peak: [6, 1.5, 3, 10][i]! })
    })
    const { streaks } = search(plane)
    expect(streaks.map(({ angleDeg }) => Math.round(angleDeg)).sort()).toEqual([118, 30, 30, 30])
    expect(streaks.filter(({ edgeToEdge }) => edgeToEdge)).toHaveLength(3)
  })

  it('as one where a gap parts it, and never more than are asked for', () => {
    const plane = noisePlane(size, size, 95)
    addTrail(plane, { ...lineAt(plane, 20, 1000), peak: 6 })
    // The light is missing over a third of the frame, as behind a lost amplifier.
    for (let i = 0; i < plane.data.length; i++) {
      if (i % size > 150 && i % size < 290) plane.data[i] = 0
    }
    const { streaks } = search(plane)
    expect(streaks).toHaveLength(1)
    expect(streaks[0]!.edgeToEdge).toBe(true)
    expect(search(plane, [], { maxStreaks: 0 }).streaks).toEqual([])
  })

  it('among stars, and across one', () => {
    for (const [count, seed] of [
      [150, 1],
      [900, 2],
    ] as const) {
      const plane = noisePlane(size, size, seed)
      const stars = starField(plane, count, seed)
      const line = lineAt(plane, 64, 1000)
      addTrail(plane, { ...line, peak: 2 })
      const { streaks } = search(plane, stars)
      expect(streaks).toHaveLength(1)
      expect(Math.abs(streaks[0]!.angleDeg - 64)).toBeLessThan(0.5)
    }
  })
})

describe('nothing is found', () => {
  it('in noise', () => {
    for (let seed = 1; seed <= 12; seed++) {
      expect(search(noisePlane(500, 400, 100 + seed)).streaks).toEqual([])
    }
  })

  it('in heavy-tailed and in quantised noise', () => {
    for (let seed = 1; seed <= 4; seed++) {
      const heavy = noisePlane(400, 400, seed)
      const other = noisePlane(400, 400, seed + 1000).data
      other.forEach((value, i) => {
        // Student's t with few degrees of freedom has wings of outliers.
        heavy.data[i]! /= Math.max(0.25, Math.abs(value))
      })
      expect(search(heavy).streaks).toEqual([])
      const coarse = noisePlane(400, 400, seed + 20)
      coarse.data.forEach((value, i) => {
        coarse.data[i] = 3 * Math.round(value / 3)
      })
      expect(search(coarse).streaks).toEqual([])
    }
  })

  it.each([50, 300, 1500, 4000])('in a field of %d stars', (count) => {
    for (let seed = 1; seed <= 3; seed++) {
      const plane = noisePlane(size, size, count + seed)
      const stars = starField(plane, count, seed * 7)
      expect(search(plane, stars).streaks).toEqual([])
    }
  })

  it('in noise correlated by resampling', () => {
    for (let seed = 1; seed <= 3; seed++) {
      const { data, width, height } = noisePlane(400, 400, 300 + seed)
      const smooth = data.map((_, i) => {
        const right = data[Math.min(data.length - 1, i + 1)]!
        const below = data[Math.min(data.length - 1, i + width)]!
        return (2 * data[i]! + right + below) / Math.sqrt(6)
      })
      expect(search({ data: smooth, width, height }).streaks).toEqual([])
    }
  })

  it('on gradients and ripples that the background left over', () => {
    const plane = noisePlane(400, 400, 400)
    plane.data.forEach((_, i) => {
      const [x, y] = [i % 400, Math.floor(i / 400)]
      plane.data[i]! += x / 200 - y / 300 + 0.8 * Math.sin(x / 25) * Math.cos(y / 31)
    })
    expect(search(plane).streaks).toEqual([])
  })
})

describe('frames of awkward shape', () => {
  it.each([
    [1, 1],
    [1, 300],
    [3, 3],
    [7, 2000],
    [50, 1500],
    [2000, 20],
    [64, 64],
  ])('empty %d x %d gives nothing', (width, height) => {
    expect(search(noisePlane(width, height, 5)).streaks).toEqual([])
    const flat = { data: new Float32Array(width * height), width, height }
    expect(search(flat)).toMatchObject({ streaks: [], rejected: [] })
  })

  it('finds a trail in a narrow strip and without any noise', () => {
    const strip = noisePlane(60, 1200, 6)
    addTrail(strip, { x0: 5, y0: 100, x1: 55, y1: 900, peak: 3 })
    expect(search(strip).streaks).toHaveLength(1)
    const clean = { data: new Float32Array(300 * 300), width: 300, height: 300 }
    addTrail(clean, { x0: 40, y0: 50, x1: 250, y1: 190, peak: 500 })
    const { streaks } = search(clean)
    expect(streaks).toHaveLength(1)
    expect(endError(streaks[0]!, { x0: 40, y0: 50, x1: 250, y1: 190 })).toBeLessThan(4)
  })

  it('finds the same in a mirrored and a transposed frame', () => {
    const plane = noisePlane(300, 240, 8)
    addTrail(plane, { x0: 60, y0: 40, x1: 250, y1: 170, peak: 4 })
    const found = search(plane).streaks[0]!
    const mirrored = {
      ...plane,
      data: plane.data.map((_, i) => plane.data[i - (i % 300) + 299 - (i % 300)]!),
    }
    const other = search(mirrored).streaks[0]!
    expect(endError(other, { ...found, x0: 299 - found.x0, x1: 299 - found.x1 })).toBeLessThan(1.5)
    const data = new Float32Array(300 * 240)
    plane.data.forEach((value, i) => {
      data[(i % 300) * 240 + Math.floor(i / 300)] = value
    })
    const turned = search({ data, width: 240, height: 300 }).streaks[0]!
    const { x0, y0, x1, y1 } = found
    expect(endError(turned, { x0: y0, y0: x0, x1: y1, y1: x1 })).toBeLessThan(1.5)
  })
})
