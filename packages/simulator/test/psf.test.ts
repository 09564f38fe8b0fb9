import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defocusBlur } from '../src/blur.ts'
import { pixelFlux, profileOfWidth } from '../src/moffat.ts'
import { finishPsf, radiusWhere, sampleStar } from '../src/psf.ts'
import { blurStar } from '../src/psfBlur.ts'
import { centralPsf, makePsfField } from '../src/psfField.ts'
import { measurePsf } from '../src/psfShape.ts'
import { addStar } from '../src/stamp.ts'
import { emptyField, idealTelescope, lightWithin, plainFrame } from './helpers.ts'

function emptyPlane(side: number) {
  return { data: new Float32Array(side * side), width: side, height: side }
}

const clearAir = { bloat: 1, aureole: 0 }

function psfOf(fwhmPx: number) {
  return finishPsf(sampleStar({ fwhmPx, beta: 3, aureole: 0, reachPx: 0 }))
}

describe('star images', () => {
  it.each([1.6, 2.4, 3.5, 5])('have the wanted width of %s px', (fwhmPx) => {
    expect(measurePsf(psfOf(fwhmPx)).fwhmPx).toBeCloseTo(fwhmPx, 1)
  })

  it.each([1.6, 2.4, 5])('show it in the pixels of a frame (%s px)', (fwhmPx) => {
    // Ten stars, each a tenth of a pixel further, sample one profile finely.
    const extraStars = Array.from({ length: 10 }, (_, i) => ({
      dxPx: i / 10,
      dyPx: (i - 4.5) * 80 + 0,
      fluxE: 4e5,
    })).map((star) => ({ ...star, dyPx: Math.round(star.dyPx) }))
    const { plane, truth } = plainFrame({
      width: 101,
      height: 901,
      telescope: { ...idealTelescope, fwhmPx },
      field: { ...emptyField, extraStars },
    })
    const profile: [number, number][] = []
    for (const { dxPx, dyPx } of extraStars) {
      for (let x = 30; x < 70; x++) {
        profile.push([x - 50 - dxPx, plane.data[(450 + dyPx) * 101 + x]! - truth.backgroundAdu])
      }
    }
    profile.sort((a, b) => a[0] - b[0])
    const half = profile.reduce((most, [, v]) => Math.max(most, v), 0) / 2
    const crossings = profile.flatMap(([x, v], i) => {
      const [nextX, next] = profile[i + 1] ?? [0, v]
      return v < half !== next < half ? [x + ((half - v) / (next - v)) * (nextX - x)] : []
    })
    const width = crossings.at(-1)! - crossings[0]!
    expect(Math.abs(width / fwhmPx - 1)).toBeLessThan(0.03)
    expect(Math.abs(truth.fwhmPx / fwhmPx - 1)).toBeLessThan(0.03)
  })

  it('hold the whole flux wherever the star lies', () => {
    const psf = psfOf(2)
    fc.assert(
      fc.property(
        fc.double({ min: 45, max: 55, noNaN: true }),
        fc.double({ min: 45, max: 55, noNaN: true }),
        (x, y) => {
          const plane = emptyPlane(101)
          addStar(plane, psf, x, y, 1000, 1e-4)
          expect(plane.data.reduce((sum, v) => sum + v, 0)).toBeGreaterThan(995)
          expect(plane.data.reduce((sum, v) => sum + v, 0)).toBeLessThan(1003)
        },
      ),
      { numRuns: 30 },
    )
  })

  it('agrees with the integral over each pixel', () => {
    const profile = profileOfWidth(1.8, 3, 0)
    const plane = emptyPlane(31)
    addStar(plane, psfOf(1.8), 15.37, 14.81, 1, 1e-7)
    for (const [x, y] of [
      [15, 15],
      [16, 15],
      [14, 13],
      [18, 12],
    ] as const) {
      expect(plane.data[y * 31 + x]! / pixelFlux(profile, x - 15.37, y - 14.81)).toBeCloseTo(1, 1.5)
    }
  })

  it('join core and wings without a step', () => {
    const psf = finishPsf(sampleStar({ fwhmPx: 3, beta: 3, aureole: 0.04, reachPx: 0 }))
    const plane = emptyPlane(201)
    addStar(plane, psf, 100, 100, 1e7, 0.1)
    const row = plane.data.subarray(100 * 201 + 100, 101 * 201)
    for (let x = 5; x < 60; x++) expect(row[x + 1]!).toBeLessThan(row[x]!)
  })

  it('clips at the edge of the frame', () => {
    const plane = emptyPlane(20)
    for (const [x, y] of [
      [-3, 5],
      [25, 5],
      [5, -40],
      [19.6, 19.6],
    ] as const)
      addStar(plane, psfOf(2), x, y, 1e5, 0.1)
    expect(plane.data.every(Number.isFinite)).toBe(true)
  })

  it('reaches further for less light', () => {
    const psf = psfOf(2)
    expect(radiusWhere(psf, 1e-5)).toBeGreaterThan(radiusWhere(psf, 1e-3))
  })
})

describe('out of focus', () => {
  it('is a ring with the light of the star', () => {
    const star = sampleStar({ fwhmPx: 2.4, beta: 3.5, aureole: 0, reachPx: 9 })
    const psf = finishPsf(blurStar(star, [defocusBlur(9, 0.4, 1)]))
    const at = (r: number) =>
      psf.values[psf.half * psf.size + psf.half + Math.round(r * psf.oversample)]!
    expect(at(6.3)).toBeGreaterThan(3 * at(0))
    expect(at(6.3)).toBeGreaterThan(5 * at(12))
    const light = psf.values.reduce((sum, v) => sum + v, 0) / psf.oversample ** 2
    expect(light).toBeCloseTo(1, 1.5)
    expect(measurePsf(psf).fwhmPx).toBeGreaterThan(16)
    expect(measurePsf(psf).fwhmPx).toBeLessThan(20)
  })

  it('is a filled disc behind a lens, and leaves the flux alone', () => {
    const field = { ...emptyField, extraStars: [{ dxPx: 0, dyPx: 0, fluxE: 2e5 }] }
    const light = [0, 8].map((defocusPx) => {
      const { plane, truth } = plainFrame({ field, seeing: { defocusPx } })
      return lightWithin(plane, 128, 128, 40, truth.backgroundAdu)
    })
    expect(light[1]! / light[0]!).toBeCloseTo(1, 1)
    const { truth } = plainFrame({ field, seeing: { defocusPx: 8 } })
    expect(truth.labels).toEqual(['defocus'])
    expect(truth.hfrPx).toBeGreaterThan(4.5)
  })

  it('is not labelled while stars are hardly wider', () => {
    expect(plainFrame({ seeing: { defocusPx: 0.4 } }).truth.labels).toEqual([])
  })
})

describe('mount and wind', () => {
  it('draws stars out along the tracking error', () => {
    const { truth } = plainFrame({ seeing: { tracking: { lengthPx: 9, angleDeg: 30 } } })
    expect(truth.labels).toEqual(['tracking'])
    expect(truth.elongation).toBeGreaterThan(2)
    expect(truth.elongationDeg).toBeCloseTo(30, 0)
    expect(truth.eccentricity).toBeCloseTo(Math.sqrt(1 - 1 / truth.elongation ** 2), 6)
  })

  it('bends and doubles them', () => {
    const bent = plainFrame({
      seeing: { tracking: { lengthPx: 12, angleDeg: 0, sagittaPx: 3, periodic: true } },
    })
    expect(bent.truth.labels).toEqual(['tracking'])
    const windy = plainFrame({ seeing: { wind: { jitterPx: 1, angleDeg: 80, jumpPx: 6 } } })
    expect(windy.truth.labels).toEqual(['wind'])
    expect(windy.truth.elongationDeg).toBeCloseTo(80, 0)
  })

  it('measures every image that wind and mount can leave', () => {
    const lengths = fc.double({ min: 0.05, max: 8, noNaN: true })
    const angleDeg = fc.double({ min: 0, max: 180, noNaN: true })
    const wind = fc.record({
      jitterPx: lengths,
      angleDeg,
      jumpPx: fc.double({ min: 0, max: 14, noNaN: true }),
      jumpShare: fc.double({ min: 0.05, max: 0.95, noNaN: true }),
    })
    const tracking = fc.record({
      lengthPx: lengths,
      angleDeg,
      sagittaPx: fc.double({ min: 0, max: 2, noNaN: true }),
      periodic: fc.boolean(),
    })
    const size = { width: 64, height: 64 }
    const seeing = fc.record({
      fwhmPx: fc.double({ min: 1.5, max: 5, noNaN: true }),
      wind,
      tracking,
    })
    fc.assert(
      fc.property(seeing, fc.boolean(), (spec, calm) => {
        const { fwhmPx, ...shaken } = calm ? { fwhmPx: spec.fwhmPx, tracking: spec.tracking } : spec
        const psfs = makePsfField(size, idealTelescope, { fwhmPx, ...shaken }, clearAir)
        const shape = measurePsf(centralPsf(psfs))
        expect(shape.fwhmPx).toBeGreaterThan(0.5 * fwhmPx)
        expect(shape.fwhmPx).toBeLessThan(12 * fwhmPx)
        expect(shape.hfrPx).toBeGreaterThan(0)
        expect(shape.elongation).toBeGreaterThanOrEqual(1)
        expect(shape.elongation).toBeLessThan(40)
      }),
      { numRuns: 25 },
    )
  })

  it('measures the brighter of two images that a gust drew apart', () => {
    const { truth } = plainFrame({
      seeing: { fwhmPx: 2.2, wind: { jitterPx: 0.05, angleDeg: 33, jumpPx: 9, jumpShare: 0.3 } },
    })
    expect(truth.fwhmPx).toBeGreaterThan(2)
    expect(truth.fwhmPx).toBeLessThan(2.6)
  })

  it('leaves small errors unlabelled', () => {
    const { truth } = plainFrame({
      seeing: { guiding: { rmsPx: 0.3, angleDeg: 10 }, tracking: { lengthPx: 0.8, angleDeg: 10 } },
    })
    expect(truth.labels).toEqual([])
    expect(truth.elongation).toBeGreaterThan(1.01)
  })
})

it('tilt, curvature and coma show in the corners only', () => {
  const corner = { dxPx: 110, dyPx: 110, fluxE: 3e5 }
  const field = { ...emptyField, extraStars: [{ dxPx: 0, dyPx: 0, fluxE: 3e5 }, corner] }
  const telescope = { ...idealTelescope, tiltPx: 1, curvaturePx: 2, comaPx: 1.5 }
  const { plane, truth } = plainFrame({ field, telescope })
  const peak = (x: number, y: number) => plane.data[y * 257 + x]! - truth.backgroundAdu
  expect(peak(238, 238)).toBeLessThan(0.8 * peak(128, 128))
})
