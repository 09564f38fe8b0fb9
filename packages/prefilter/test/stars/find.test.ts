import { describe, expect, it } from 'vitest'
import type { Plane } from '../../src/plane.ts'
import { StarFlag, type StarSearch } from '../../src/stars/catalog.ts'
import { compare, rowOf, search } from '../helpers/search.ts'
import {
  scatterStars,
  seededNormal,
  seededUniform,
  starField,
  type TestStar,
} from '../helpers/starField.ts'

const field = { width: 400, height: 360, noise: 10, level: 1000 }
const scattered = (count: number, seed: number, star: Omit<TestStar, 'x' | 'y'>) =>
  scatterStars(count, { ...field, seed, border: 20, apart: 6 * star.fwhmPx }, (uniform) => ({
    ...star,
    peak: star.peak * (0.3 + 3 * uniform()),
  }))

describe('stars of every size come out once each', () => {
  it.each([
    { what: 'undersampled', star: { peak: 600, fwhmPx: 1.6 } },
    { what: 'focused', star: { peak: 400, fwhmPx: 2.4, beta: 3 } },
    { what: 'soft', star: { peak: 200, fwhmPx: 5, beta: 4 } },
    { what: 'drawn out', star: { peak: 300, fwhmPx: 3, axisRatio: 2, thetaDeg: 70 } },
    { what: 'out of focus', star: { peak: 100, fwhmPx: 14 } },
    { what: 'small rings', star: { peak: 90, fwhmPx: 14, hole: 0.4 } },
    { what: 'large rings', star: { peak: 60, fwhmPx: 30, hole: 0.45 } },
  ])('$what', ({ star }) => {
    const truth = scattered(star.fwhmPx > 10 ? 5 : 40, 7, star)
    const { stars } = search(starField({ ...field, stars: truth }))
    const { found, extra } = compare(stars, truth, Math.max(star.fwhmPx / 4, 1))
    expect(found).toBe(truth.length)
    expect(extra).toBeLessThanOrEqual(1)
    expect(stars.cosmicRays).toBeLessThanOrEqual(1)
  })
})

describe('measures', () => {
  const truth = scattered(40, 3, { peak: 900, fwhmPx: 3 })
  const { stars } = search(starField({ ...field, stars: truth }))

  it('of bright stars agree with the truth', () => {
    for (const star of truth) {
      const i = rowOf(stars, star)
      expect(Math.hypot(stars.x[i]! - star.x, stars.y[i]! - star.y)).toBeLessThan(0.15)
      expect(Math.abs(stars.fwhmPx[i]! / star.fwhmPx - 1)).toBeLessThan(0.15)
      expect(Math.abs(stars.hfrPx[i]! / (star.fwhmPx / 2) - 1)).toBeLessThan(0.15)
      // Light of a Gaussian: its height times 2 pi sigma squared.
      const light = (star.peak * Math.PI * star.fwhmPx ** 2) / (4 * Math.LN2)
      expect(Math.abs(stars.flux[i]! / light - 1)).toBeLessThan(0.12)
      expect(Math.abs(stars.peak[i]! / star.peak - 1)).toBeLessThan(0.2)
      expect(stars.flags[i]).toBe(0)
    }
  })

  it('are sorted by light', () => {
    for (let i = 1; i < stars.count; i++)
      expect(stars.flux[i]).toBeLessThanOrEqual(stars.flux[i - 1]!)
  })

  it('of masks cover the light', () => {
    const bright = { x: 200, y: 180, peak: 50_000, fwhmPx: 3.5, beta: 2.5 }
    const found = search(starField({ ...field, stars: [bright, ...truth.slice(0, 8)] })).stars
    const radius = found.radiusPx[rowOf(found, bright)]!
    // Half the noise, 5 units, is reached where the wings have sunk to 1e-4 of the height.
    const wanted = (3.5 / 2) * Math.sqrt((1e4 ** (1 / 2.5) - 1) / (2 ** (1 / 2.5) - 1))
    expect(radius / wanted).toBeGreaterThan(0.6)
    expect(radius / wanted).toBeLessThan(1.6)
  })
})

describe('what is no star', () => {
  it.each([1, 2, 3])('noise alone, seed %d', (seed) => {
    const { stars, psf } = search(starField({ width: 600, height: 500, seed, noise: 5 }))
    expect(stars.count).toBeLessThanOrEqual(1)
    expect(psf.count).toBeLessThanOrEqual(1)
  })

  it('hot pixels: a dark frame has no stars', () => {
    const plane = starField({ ...field, noise: 5 })
    const uniform = seededUniform(4)
    const place = () => Math.floor(uniform() * plane.data.length)
    for (let k = 0; k < 700; k++) plane.data[place()]! += 30 + 3000 * uniform() ** 3
    for (let k = 0; k < 40; k++) {
      const i = place()
      for (const at of [i, i + 1]) plane.data[at]! += 100 + 900 * uniform()
    }
    const { stars } = search(plane)
    expect(stars.count).toBe(0)
    expect(stars.hotPixels).toBeGreaterThan(550)
  })

  it.each([1.6, 2.4, 4])('hot pixels and cosmic rays among stars of %d pixels', (fwhmPx) => {
    const truth = scattered(40, 5, { peak: 500, fwhmPx })
    const plane = starField({ ...field, stars: truth })
    const uniform = seededUniform(8)
    for (let k = 0; k < 120; k++) {
      const x = 20 + Math.floor(uniform() * 360)
      const y = 20 + Math.floor(uniform() * 320)
      if (truth.some((star) => Math.hypot(star.x - x, star.y - y) < 12)) continue
      plane.data[y * 400 + x]! += 400 + 4000 * uniform()
      // A third of them leave a track, one pixel wide.
      for (let step = 1; k % 3 === 0 && step < 7; step++)
        plane.data[(y + (step >> 1)) * 400 + x + step]! += 600
    }
    const { stars } = search(plane)
    const { found, extra } = compare(stars, truth)
    expect(found).toBeGreaterThanOrEqual(38)
    expect(extra).toBeLessThanOrEqual(6)
    expect(stars.hotPixels + stars.cosmicRays).toBeGreaterThan(70)
  })

  it('trails, columns and ripples of stray light', () => {
    const truth = scattered(30, 6, { peak: 500, fwhmPx: 3 })
    const plane = starField({ ...field, stars: truth })
    for (let y = 0; y < 360; y++) {
      for (let x = 0; x < 400; x++) {
        const trail = Math.abs(y - 40 - 0.7 * x) / Math.hypot(1, 0.7)
        plane.data[y * 400 + x]! +=
          250 * Math.exp(-(trail ** 2) / 4) + 150 * Math.exp(-((x - y - 90) ** 2) / 800)
      }
      plane.data[y * 400 + 133]! += 300
    }
    const { stars } = search(plane)
    const { found, extra } = compare(stars, truth)
    expect(found).toBeGreaterThanOrEqual(24)
    expect(extra).toBeLessThanOrEqual(4)
  })

  it('lines at the border that glow', () => {
    const truth = scattered(20, 14, { peak: 400, fwhmPx: 3 })
    const plane = starField({ ...field, stars: truth })
    for (let y = 0; y < 360; y++) {
      for (let x = 0; x < 400; x++) {
        const margin = Math.min(x, y, 399 - x, 359 - y)
        if (margin < 2) plane.data[y * 400 + x]! += 60 - 20 * margin
      }
    }
    const { found, extra } = compare(search(plane).stars, truth)
    expect(found).toBe(truth.length)
    expect(extra).toBeLessThanOrEqual(3)
  })
})

describe('flags', () => {
  it('mark saturated stars, found by their flat tops or told', () => {
    const truth = scattered(30, 9, { peak: 900, fwhmPx: 4 })
    const burnt = { x: 100, y: 100, peak: 60_000, fwhmPx: 4 }
    const stars = [
      burnt,
      { ...burnt, x: 300, y: 250 },
      ...truth.filter((s) => Math.hypot(s.x - 100, s.y - 100) > 40),
    ]
    const plane = starField({ ...field, stars, ceiling: 20_000 })
    const found = search(plane).stars
    expect(found.saturation! / 20_000).toBeCloseTo(1, 2)
    expect(found.flags[rowOf(found, burnt)]! & StarFlag.saturated).toBe(StarFlag.saturated)
    expect(found.flags.filter((flag) => flag & StarFlag.saturated)).toHaveLength(2)
    const told = search(plane, { saturation: 1500 }).stars
    expect(told.flags.filter((flag) => flag & StarFlag.saturated).length).toBeGreaterThan(5)
    expect(search(starField({ ...field, stars: truth })).stars.saturation).toBeUndefined()
  })

  it('mark cut, blended and extended ones', () => {
    const truth = scattered(30, 2, { peak: 700, fwhmPx: 3 }).filter(
      (s) => Math.hypot(s.x - 200, s.y - 200) > 50,
    )
    const edge = { x: 1.5, y: 180, peak: 800, fwhmPx: 3 }
    const pair = { x: 60, y: 340, peak: 800, fwhmPx: 3 }
    const galaxy = { x: 200, y: 200, peak: 400, fwhmPx: 11, axisRatio: 1.5 }
    const stars = [...truth, edge, pair, { ...pair, x: 65.5 }, galaxy]
    const found = search(starField({ ...field, stars })).stars
    const flagOf = (star: TestStar) => found.flags[rowOf(found, star)]!
    expect(flagOf(edge)).toBe(StarFlag.edge)
    expect(flagOf(pair) & StarFlag.blended).toBe(StarFlag.blended)
    expect(flagOf(galaxy)).toBe(StarFlag.extended)
  })
})

describe('laws', () => {
  const truth = scattered(30, 12, { peak: 400, fwhmPx: 3, axisRatio: 1.5, thetaDeg: 30 })
  const plane = starField({ ...field, stars: truth, whole: false })
  const { stars } = search(plane)
  const mapped = (from: Plane, width: number, at: (x: number, y: number) => number): Plane => ({
    width,
    height: from.data.length / width,
    data: Float32Array.from(from.data, (_, i) => from.data[at(i % width, Math.floor(i / width))]!),
  })
  const sameStars = (
    other: StarSearch,
    place: (x: number, y: number) => [number, number],
    turn: (deg: number) => number,
  ) => {
    for (const star of truth) {
      const i = rowOf(stars, star)
      const [x, y] = place(star.x, star.y)
      const j = rowOf(other, { x, y })
      expect(other.fwhmPx[j]! / stars.fwhmPx[i]!).toBeCloseTo(1, 1)
      const apart = Math.abs(other.thetaDeg[j]! - turn(stars.thetaDeg[i]!)) % 180
      expect(Math.min(apart, 180 - apart)).toBeLessThan(3)
    }
  }

  it('flips and turns change places and angles only', () => {
    const mirrored = search(mapped(plane, 400, (x, y) => y * 400 + 399 - x)).stars
    sameStars(
      mirrored,
      (x, y) => [399 - x, y],
      (deg) => 180 - deg,
    )
    const turned = search(mapped(plane, 360, (x, y) => x * 400 + y)).stars
    sameStars(
      turned,
      (x, y) => [y, x],
      (deg) => 90 - deg,
    )
  })

  it('scale and offset change light only', () => {
    const brighter = { ...plane, data: plane.data.map((value) => value * 4 + 300) }
    const other = search(brighter).stars
    sameStars(
      other,
      (x, y) => [x, y],
      (deg) => deg,
    )
    expect(other.flux[0]! / stars.flux[0]!).toBeCloseTo(4, 2)
  })

  it('a higher threshold finds a part of the same stars, and few can be asked for', () => {
    const strict = search(plane, { threshold: 60 }).stars
    expect(strict.count).toBeLessThan(stars.count)
    expect(strict.snr.every((snr) => snr >= 60)).toBe(true)
    expect(search(plane, { maxStars: 5 }).stars.count).toBeLessThanOrEqual(5)
  })
})

describe('unusual frames', () => {
  it.each([
    [1, 1],
    [3, 50],
    [40, 7],
  ])('of %d x %d pixels', (width, height) => {
    const { stars, psf } = search(starField({ width, height }))
    expect(stars.x).toHaveLength(stars.count)
    expect(psf.fwhmZones).toHaveLength(9)
  })

  it('constant, empty of numbers, or without noise', () => {
    const blank = { data: new Float32Array(6400).fill(7), width: 80, height: 80 }
    expect(search(blank).stars.count).toBe(0)
    expect(search({ ...blank, data: blank.data.map(() => Number.NaN) }).stars.count).toBe(0)
    const truth = scattered(20, 3, { peak: 5000, fwhmPx: 3 })
    const noiseFree = search(starField({ ...field, noise: 0, stars: truth })).stars
    expect(compare(noiseFree, truth)).toEqual({ found: truth.length, extra: 0 })
  })

  it('with correlated noise, as resampling leaves it, are not full of stars', () => {
    const normal = seededNormal(2)
    const rough = Float32Array.from({ length: 90_000 }, () => normal())
    const data = rough.map((_, i) =>
      [0, 1, 300, 301].reduce((sum, at) => sum + rough[(i + at) % 90_000]!, 100),
    )
    expect(search({ data, width: 300, height: 300 }).stars.count).toBeLessThanOrEqual(2)
  })
})
