import { describe, expect, it } from 'vitest'
import { fitMoffat, moffatFwhm } from '../../src/stars/moffat.ts'
import { search } from '../helpers/search.ts'
import { scatterStars, starField, type TestStar } from '../helpers/starField.ts'

const field = { width: 420, height: 420, noise: 10, level: 1000 }
const scattered = (count: number, star: Omit<TestStar, 'x' | 'y'>, seed = 21) =>
  scatterStars(count, { ...field, seed, border: 16, apart: 5 * star.fwhmPx }, (uniform) => ({
    ...star,
    peak: star.peak * (0.2 + 2 * uniform()),
  }))

describe('the Moffat fit', () => {
  const star = { x: 20.3, y: 19.6, peak: 500, fwhmPx: 4, beta: 2.8, axisRatio: 1.3, thetaDeg: 25 }
  const plane = starField({
    width: 41,
    height: 41,
    level: 3,
    noise: 0,
    whole: false,
    stars: [star],
  })
  const start = { x: 20, y: 20, fwhmPx: 5, radiusPx: 14, beta: 3.5, fixedBeta: false }

  it('returns to the truth without noise', () => {
    const fit = fitMoffat(plane, start)!
    expect(fit.x).toBeCloseTo(20.3, 3)
    expect(fit.y).toBeCloseTo(19.6, 3)
    expect(fit.height).toBeCloseTo(500, 0)
    expect(fit.sky).toBeCloseTo(3, 1)
    expect(fit.beta).toBeCloseTo(2.8, 2)
    expect(moffatFwhm(fit)).toBeCloseTo(4, 2)
  })

  it('keeps a given exponent', () => {
    const fit = fitMoffat(plane, { ...start, fixedBeta: true })!
    expect(fit.beta).toBe(3.5)
    expect(Math.abs(moffatFwhm(fit) / 4 - 1)).toBeLessThan(0.06)
  })

  it('gives up where there is no star or no room', () => {
    const empty = starField({ width: 41, height: 41 })
    expect(fitMoffat(empty, { ...start, x: -30 })).toBeUndefined()
    const dark = { ...empty, data: empty.data.map(() => -1) }
    expect(fitMoffat(dark, start)).toBeUndefined()
  })
})

describe('the star image of a frame', () => {
  it.each([
    { fwhmPx: 1.8, beta: undefined },
    { fwhmPx: 2.6, beta: 2.5 },
    { fwhmPx: 3.5, beta: 4 },
    { fwhmPx: 7, beta: 3 },
  ])('of FWHM $fwhmPx is measured within 3 %', ({ fwhmPx, beta }) => {
    const stars = scattered(60, { peak: 500, fwhmPx, ...(beta ? { beta } : {}) })
    const { psf } = search(starField({ ...field, stars }))
    expect(psf.count).toBeGreaterThan(25)
    expect(Math.abs(psf.fwhmPx / fwhmPx - 1)).toBeLessThan(0.03)
    expect(psf.eccentricity).toBeLessThan(0.2)
    expect(psf.elongationCoherence).toBeLessThan(0.5)
    expect(psf.centreToRing).toBeGreaterThan(0.9)
    if (beta) expect(Math.abs(psf.beta / beta - 1)).toBeLessThan(0.2)
  })

  it.each([10, 75, 150])('tells a common elongation towards %d degrees', (thetaDeg) => {
    const stars = scattered(60, { peak: 500, fwhmPx: 3, axisRatio: 1.3, thetaDeg })
    const { psf } = search(starField({ ...field, stars }))
    expect(1 / Math.sqrt(1 - psf.eccentricity ** 2)).toBeCloseTo(1.3, 1)
    expect(Math.abs(psf.elongationDeg - thetaDeg)).toBeLessThan(3)
    expect(psf.elongationCoherence).toBeGreaterThan(0.9)
  })

  it('does not take noise for elongation', () => {
    const faint = scattered(80, { peak: 45, fwhmPx: 3 })
    const { psf } = search(starField({ ...field, stars: faint }))
    expect(psf.count).toBeGreaterThan(5)
    expect(psf.eccentricity).toBeLessThan(0.35)
  })

  it('tells random elongations from common ones', () => {
    const stars = scattered(70, { peak: 700, fwhmPx: 3, axisRatio: 1.4 }).map((star, i) => ({
      ...star,
      thetaDeg: (i * 67) % 180,
    }))
    const { psf } = search(starField({ ...field, stars }))
    expect(psf.eccentricity).toBeGreaterThan(0.6)
    expect(psf.elongationCoherence).toBeLessThan(0.35)
  })

  it('sees rings of light, and only rings', () => {
    const rings = scattered(12, { peak: 150, fwhmPx: 16, hole: 0.4 }, 5)
    const { psf } = search(starField({ ...field, stars: rings }))
    expect(psf.count).toBeGreaterThan(5)
    expect(psf.centreToRing).toBeLessThan(0.4)
    expect(psf.fwhmPx).toBeGreaterThan(12)
    expect(psf.fwhmPx).toBeLessThan(22)
  })

  it('maps a tilt in nine zones', () => {
    const stars = scattered(90, { peak: 600, fwhmPx: 3 }).map((star) => ({
      ...star,
      fwhmPx: 2.5 + (2.5 * star.x) / field.width,
    }))
    const { psf } = search(starField({ ...field, stars }))
    const zone = (row: number, column: number) => psf.fwhmZones[3 * row + column]!
    for (let row = 0; row < 3; row++) {
      expect(zone(row, 0)).toBeLessThan(zone(row, 1))
      expect(zone(row, 1)).toBeLessThan(zone(row, 2))
    }
    expect(zone(1, 2) / zone(1, 0)).toBeGreaterThan(1.3)
  })

  it('says on how few stars it rests', () => {
    const stars = [{ x: 200, y: 200, peak: 500, fwhmPx: 3 }]
    const one = search(starField({ ...field, stars })).psf
    expect(one.count).toBe(1)
    expect(one.fwhmPx).toBeCloseTo(3, 0)
    expect(one.elongationCoherence).toBe(0)
    expect(one.fwhmZones.every((zone) => zone === null)).toBe(true)
    const none = search(starField(field)).psf
    expect(none).toMatchObject({ count: 0, fwhmPx: 0, hfrPx: 0, eccentricity: 0, centreToRing: 0 })
  })
})
