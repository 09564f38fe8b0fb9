import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Plane, TrailSpec, TrailTruth } from '../src/index.ts'
import { lightAlong } from '../src/trailLight.ts'
import { placeAt, trailPath, visiblePart } from '../src/trailPath.ts'
import { forEachPixel, idealTelescope, plainFrame, statistics } from './helpers.ts'

const telescope = { ...idealTelescope, gainE: 0.5, skyE: 900 }

function trailFrame(trail: Partial<TrailSpec>, spec: Parameters<typeof plainFrame>[0] = {}) {
  const line: TrailSpec = {
    kind: 'satellite',
    x0: -60,
    y0: 30,
    x1: 320,
    y1: 210,
    pixelSnr: 10,
    ...trail,
  }
  const frame = plainFrame({ telescope, trails: [line], ...spec })
  return { ...frame, trail: frame.truth.trails[0]! }
}

/** Mean light over the noise by distance from the trail, in bins of a quarter pixel; away from its ends. */
function crossProfile(plane: Plane, trail: TrailTruth, background: number, noise: number) {
  const c = (trail.x1 - trail.x0) / trail.lengthPx
  const s = (trail.y1 - trail.y0) / trail.lengthPx
  const sums = new Float64Array(200)
  const counts = new Float64Array(200)
  forEachPixel(plane, (x, y, value) => {
    const along = (x - trail.x0) * c + (y - trail.y0) * s
    const bin = Math.round(((y - trail.y0) * c - (x - trail.x0) * s) * 4) + 100
    if (along < 5 || along > trail.lengthPx - 5 || bin < 0 || bin >= 200) return
    sums[bin]! += (value - background) / noise
    counts[bin]! += 1
  })
  return sums.map((sum, i) => sum / Math.max(1, counts[i]!))
}

function widthOf(profile: Float64Array, peak: number): number {
  const first = profile.findIndex((v) => v > peak / 2)
  const last = profile.findLastIndex((v) => v > peak / 2)
  const rise = (peak / 2 - profile[first - 1]!) / (profile[first]! - profile[first - 1]!)
  const fall = (peak / 2 - profile[last + 1]!) / (profile[last]! - profile[last + 1]!)
  return (last - first + 2 - rise - fall) / 4
}

describe('a satellite', () => {
  it.each([
    [{ x0: -60, y0: 30, x1: 320, y1: 210 }],
    [{ x0: 40, y0: -20, x1: 53, y1: 300 }],
    [{ x0: -20, y0: 122, x1: 300, y1: 136 }],
    [{ x0: 300, y0: -40, x1: -40, y1: 290, blurPx: 4 }],
  ])('shows the stated strength and width %j', (line) => {
    const { plane, truth, trail } = trailFrame(line)
    const noise = Math.sqrt(statistics(plainFrame({ telescope }).plane.data).variance)
    expect(noise / truth.noiseAdu).toBeCloseTo(1, 1.7)
    const profile = crossProfile(plane, trail, truth.backgroundAdu, noise)
    const peak = Math.max(...profile)
    expect(Math.abs(peak / 10 - 1)).toBeLessThan(0.05)
    expect(Math.abs(widthOf(profile, peak) / trail.widthPx - 1)).toBeLessThan(0.06)
  })

  it('runs from edge to edge of the frame', () => {
    const { trail } = trailFrame({})
    expect(trail.x0).toBeCloseTo(-0.5, 0)
    expect(trail.x1).toBeCloseTo(256.5, 0)
    expect(trail.y0).toBeCloseTo(30 + (59.5 * 180) / 380, 0)
    expect(trail.matchedSnr).toBeCloseTo(10 * Math.sqrt(0.75 * trail.widthPx * trail.lengthPx), -1)
  })

  it('ends where it is said to end', () => {
    const { plane, truth, trail } = trailFrame({
      x0: 60.25,
      y0: 100,
      x1: 180.75,
      y1: 100,
      pixelSnr: 30,
    })
    expect([trail.x0, trail.x1]).toEqual([60.25, 180.75])
    const row = plane.data.subarray(100 * 257, 101 * 257)
    const half = truth.backgroundAdu + 15 * truth.noiseAdu
    expect(Math.abs(row.findIndex((v) => v > half) - 60.25)).toBeLessThan(1.5)
    expect(Math.abs(row.findLastIndex((v) => v > half) - 180.75)).toBeLessThan(1.5)
  })

  it('bends by its sagitta', () => {
    const { trail, plane, truth } = trailFrame({
      x0: -40,
      y0: 128,
      x1: 297,
      y1: 128,
      sagittaPx: 12,
      pixelSnr: 20,
    })
    expect(trail.sagittaPx).toBeGreaterThan(6)
    expect(trail.sagittaPx).toBeLessThan(12)
    const middle = Array.from({ length: 257 }, (_, y) => plane.data[y * 257 + 128]!)
    expect(middle.indexOf(Math.max(...middle))).toBe(140)
    expect(truth.labels).toEqual(['satellite'])
  })

  it('tumbles around its mean', () => {
    const spec: TrailSpec = {
      kind: 'satellite',
      x0: 0,
      y0: 0,
      x1: 900,
      y1: 0,
      pixelSnr: 5,
      tumble: { depth: 0.8, periodPx: 100, phase: 0.1 },
    }
    const light = Array.from({ length: 800 }, (_, i) => lightAlong(spec, 900, 3, 50 + i))
    expect(statistics(light).mean).toBeCloseTo(1, 1)
    expect(Math.max(...light) - Math.min(...light)).toBeGreaterThan(1.2)
  })

  it('is not labelled when nobody could see it, but stays in the truth', () => {
    const { truth } = trailFrame({ x0: 100, y0: 100, x1: 130, y1: 100, pixelSnr: 0.4 })
    expect(truth.labels).toEqual([])
    expect(truth.trails).toHaveLength(1)
    expect(truth.trails[0]!.labelled).toBe(false)
  })

  it('is out of focus when the telescope is', () => {
    const { trail } = trailFrame({}, { seeing: { defocusPx: 6 } })
    expect(trail.widthPx).toBeGreaterThan(8)
  })

  it('stops behind a roof', () => {
    const occlusion = { seed: 1, fraction: 0.5, angleDeg: 0, softnessPx: 20 }
    const { trail } = trailFrame({ x0: -10, y0: 100, x1: 300, y1: 100 }, { occlusion })
    expect(trail.x1).toBeLessThan(160)
  })

  it('misses the frame, or lies outside', () => {
    expect(
      plainFrame({ trails: [{ kind: 'satellite', x0: 400, y0: 0, x1: 500, y1: 90, pixelSnr: 9 }] })
        .truth.trails,
    ).toEqual([])
  })
})

describe('an airplane', () => {
  it('flashes at even distances', () => {
    const { plane, truth } = trailFrame({
      kind: 'airplane',
      x0: -10,
      y0: 128,
      x1: 300,
      y1: 128,
      pixelSnr: 3,
      blurPx: 3,
      strobe: { periodPx: 80, strength: 8, phase: 0 },
    })
    const row = plane.data.subarray(128 * 257, 129 * 257)
    const bright = [...row.keys()].filter(
      (x) => row[x]! > truth.backgroundAdu + 15 * truth.noiseAdu,
    )
    for (const x of bright) expect(Math.abs(((x + 10 + 40) % 80) - 40)).toBeLessThan(7)
    expect(bright.length).toBeGreaterThan(9)
    expect(truth.labels).toEqual(['airplane'])
  })
})

describe('a meteor', () => {
  it('kindles slowly, flares once and goes out fast', () => {
    const { plane, truth, trail } = trailFrame({
      kind: 'meteor',
      x0: 30,
      y0: 100,
      x1: 230,
      y1: 100,
      pixelSnr: 30,
      flareAt: 0.75,
    })
    const row = Array.from(
      plane.data.subarray(100 * 257, 101 * 257),
      (v) => (v - truth.backgroundAdu) / truth.noiseAdu,
    )
    expect(row.indexOf(Math.max(...row))).toBeGreaterThan(165)
    expect(row.indexOf(Math.max(...row))).toBeLessThan(195)
    expect(row[50]!).toBeLessThan(row[150]!)
    expect(trail.widthPx).toBeGreaterThan(3)
    expect(truth.labels).toEqual(['meteor'])
  })
})

describe('geometry', () => {
  it('keeps the visible part on the path and inside the frame', () => {
    const place = fc.double({ min: -400, max: 400, noNaN: true })
    fc.assert(
      fc.property(
        place,
        place,
        place,
        place,
        fc.double({ min: -9, max: 9, noNaN: true }),
        (x0, y0, x1, y1, sagittaPx) => {
          const size = { width: 120, height: 90 }
          const path = trailPath(
            { kind: 'satellite', x0, y0, x1, y1, sagittaPx, pixelSnr: 1 },
            size,
            10,
          )
          const part = visiblePart(path, size, () => true)
          if (!part) return
          for (const [x, y] of [
            [part.x0, part.y0],
            [part.x1, part.y1],
          ] as const) {
            expect(x).toBeGreaterThanOrEqual(-0.5)
            expect(x).toBeLessThanOrEqual(119.5)
            expect(y).toBeGreaterThanOrEqual(-0.5)
            expect(y).toBeLessThanOrEqual(89.5)
          }
          expect(placeAt(path, part.from).x).toBeCloseTo(part.x0, 9)
          expect(part.lengthPx).toBeLessThanOrEqual(151)
        },
      ),
    )
  })
})
