import { describe, expect, it } from 'vitest'
import { exposePlane, pixelBits, saturatePlane } from '../src/detector.ts'
import { simulateFrame, type Telescope } from '../src/index.ts'
import { emptyField, idealTelescope, plainFrame, statistics } from './helpers.ts'

/** An evenly lit sensor of 300 x 300 pixels. */
function exposed(expectedE: number, telescope: Telescope = idealTelescope) {
  const plane = { data: new Float32Array(90_000).fill(expectedE), width: 300, height: 300 }
  exposePlane(plane, telescope, 5)
  return plane.data
}

describe('noise', () => {
  it.each([0, 0.7, 6, 15, 17, 100, 2000, 50_000])(
    'follows the photon transfer curve at %s electrons',
    (level) => {
      const { gainE, readNoiseE, biasAdu } = idealTelescope
      const { mean, variance } = statistics(exposed(level))
      const wanted = (level + readNoiseE ** 2) / gainE ** 2 + 1 / 12
      // Five standard errors: of a mean sigma / sqrt(n), of a variance sqrt(2 / n) (relative), n = 90,000.
      expect(Math.abs(mean - biasAdu - level / gainE)).toBeLessThan((5 * Math.sqrt(wanted)) / 300)
      expect(Math.abs(variance / wanted - 1)).toBeLessThan((5 * Math.sqrt(2)) / 300)
    },
  )

  it('is as skew as photons are', () => {
    const values = exposed(40, { ...idealTelescope, readNoiseE: 0.1, gainE: 0.1 })
    const { mean, variance } = statistics(values)
    const skewness =
      values.reduce((sum, v) => sum + (v - mean) ** 3, 0) / values.length / variance ** 1.5
    expect(skewness).toBeCloseTo(1 / Math.sqrt(40), 1)
  })

  it('does not depend on what else is in the frame', () => {
    const without = plainFrame()
    const trails = [{ kind: 'satellite' as const, x0: -20, y0: 40, x1: 300, y1: 40, pixelSnr: 9 }]
    const withTrail = plainFrame({ trails })
    const far = 200 * 257
    expect(withTrail.plane.data.subarray(far)).toEqual(without.plane.data.subarray(far))
    expect(withTrail.plane.data).not.toEqual(without.plane.data)
  })

  it('gives other seeds other noise without shared runs', () => {
    const runs = [1, 2].map(
      (key) => new Set(Array.from({ length: 3000 }, (_, i) => pixelBits(i, key, 7 * key))),
    )
    expect(runs[0]!.size).toBe(3000)
    expect([...runs[0]!].filter((bits) => runs[1]!.has(bits)).length).toBeLessThan(5)
  })

  it('is shared along rows where the camera has banding', () => {
    const { plane } = plainFrame({ telescope: { ...idealTelescope, bandingE: 20 } })
    const means = Array.from(
      { length: 257 },
      (_, y) => statistics(plane.data.subarray(y * 257, (y + 1) * 257)).mean,
    )
    expect(Math.sqrt(statistics(means).variance)).toBeCloseTo(10, -0.5)
  })

  it('comes in the steps of the converter', () => {
    const telescope = { ...idealTelescope, adcStepAdu: 16, gainE: 0.1, biasAdu: 800 }
    const { plane } = plainFrame({ telescope })
    expect(plane.data.every((value) => value % 16 === 0)).toBe(true)
  })
})

describe('saturation', () => {
  it('keeps every electron when it spills along a column', () => {
    const plane = { data: new Float32Array(7 * 101).fill(10), width: 7, height: 101 }
    plane.data[50 * 7 + 3] = 5000
    const before = plane.data.reduce((sum, v) => sum + v, 0)
    expect(saturatePlane(plane, 100, false)).toBe(1)
    expect(plane.data.reduce((sum, v) => sum + v, 0)).toBeCloseTo(before, 0)
    const column = Array.from({ length: 101 }, (_, y) => plane.data[y * 7 + 3]!)
    const full = column.flatMap((v, y) => (v > 99 ? [y] : []))
    expect(full.at(-1)! - full[0]!).toBeGreaterThan(50)
    expect((full.at(-1)! + full[0]!) / 2).toBeCloseTo(50, -0.5)
    expect(plane.data.filter((v) => v > 10.5).length).toBeLessThan(58)
  })

  it('caps with anti-blooming', () => {
    const plane = { data: new Float32Array(9).fill(500), width: 3, height: 3 }
    expect(saturatePlane(plane, 100, true)).toBe(9)
    expect([...plane.data]).toEqual(new Array(9).fill(100))
  })

  it('draws a bleed column through a bright star of a CCD', () => {
    const telescope = { ...idealTelescope, antiBlooming: false, fullWellE: 40_000 }
    const field = { ...emptyField, extraStars: [{ dxPx: 0, dyPx: 0, fluxE: 4e6 }] }
    const { plane, truth } = plainFrame({ telescope, field })
    const top = telescope.biasAdu + 40_000 / telescope.gainE
    let long = 0
    for (let y = 0; y < 257; y++) if (plane.data[y * 257 + 128]! > 0.95 * top) long++
    let wide = 0
    for (let x = 0; x < 257; x++) if (plane.data[128 * 257 + x]! > 0.95 * top) wide++
    expect(long).toBeGreaterThan(3 * wide)
    expect(truth.saturatedPixels).toBeGreaterThan(5)
    expect(truth.clean).toBe(true)
  })
})

describe('defects', () => {
  it('stay where they are from frame to frame', () => {
    const telescope = {
      ...idealTelescope,
      hotPixelsPerMpx: 500,
      deadPixelsPerMpx: 200,
      warmColumns: 3,
      skyE: 200,
    }
    const frames = [1, 2].map((seed) =>
      simulateFrame({ seed, width: 200, height: 200, telescope, field: emptyField }),
    )
    const hot = frames.map(({ plane, truth }) =>
      plane.data.map((v) => (v > truth.backgroundAdu + 15 * truth.noiseAdu ? 1 : 0)),
    )
    const count = hot[0]!.reduce((sum, v) => sum + v, 0)
    expect(count).toBeGreaterThan(4)
    expect(hot[0]!.filter((v, i) => v === 1 && hot[1]![i] === 1).length).toBeGreaterThan(
      0.8 * count,
    )
  })

  it('cosmic rays change, and are sharper than stars', () => {
    for (const camera of ['ccd', 'cmos'] as const) {
      const telescope = { ...idealTelescope, camera, cosmicRaysPerMpx: 1000 }
      const frames = [1, 2].map((seed) => plainFrame({ seed, telescope }))
      expect(frames[0]!.plane.data).not.toEqual(frames[1]!.plane.data)
      const { plane, truth } = frames[0]!
      const bright = plane.data.filter((v) => v > truth.backgroundAdu + 8 * truth.noiseAdu).length
      expect(bright).toBeGreaterThan(20)
      expect(bright).toBeLessThan(3000)
      expect(truth.clean).toBe(true)
    }
  })

  it('the amplifier glows in one corner', () => {
    const { plane, truth } = plainFrame({ telescope: { ...idealTelescope, ampGlowE: 4000 } })
    const corners = [0, 256, 256 * 257, 257 * 257 - 1].map(
      (i) => plane.data[i]! - truth.backgroundAdu,
    )
    expect(corners.filter((v) => v > 1500).length).toBe(1)
  })
})
