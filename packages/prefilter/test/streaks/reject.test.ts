import { describe, expect, it } from 'vitest'
import type { Plane } from '../../src/plane.ts'
import { StarFlag } from '../../src/stars/catalog.ts'
import { lineAt, reasons, search } from './helpers/search.ts'
import { addStar, addTrail, noisePlane, starField, type TestStar, uniform } from './helpers/sky.ts'

const size = 420

/** Spikes that fall off from a saturated star. */
function addSpikes(plane: Plane, x: number, y: number, angles: readonly number[], peak: number) {
  for (const angle of angles) {
    const turn = (angle * Math.PI) / 180
    const [dx, dy] = [Math.cos(turn) * 150, Math.sin(turn) * 150]
    const light = (share: number) => Math.min(4, 0.12 / Math.max(0.02, Math.abs(2 * share - 1)))
    const ends = { x0: x - dx, y0: y - dy, x1: x + dx, y1: y + dy }
    addTrail(plane, { ...ends, peak, fwhm: 2.5, light })
  }
}

function brightStar(plane: Plane, x: number, y: number): TestStar {
  const star = { x, y, peak: 4000, fwhm: 6, flags: StarFlag.saturated }
  addStar(plane, star)
  return star
}

describe('is no trail', () => {
  it.each([
    ['four vanes', [20, 110]],
    ['three vanes', [10, 70, 130]],
    ['one pair', [35]],
    ['a focusing mask', [80, 90, 101]],
  ] as const)('a spike: %s', (_, angles) => {
    for (const peak of [1, 6]) {
      const plane = noisePlane(size, size, angles.length + 10 * peak)
      const field = starField(plane, 60, 5)
      const star = brightStar(plane, 220, 190)
      addSpikes(plane, 220, 190, angles, peak)
      const found = search(plane, [star, ...field])
      expect(found.streaks).toEqual([])
      if (peak > 1) expect(reasons(found)).toContain('spike')
    }
  })

  it('a spike that reaches in from a star beyond the border', () => {
    const plane = noisePlane(size, size, 3)
    const light = (share: number) => 0.25 / (0.08 + share)
    addTrail(plane, { x0: 0, y0: 150, x1: 190, y1: 260, peak: 2, light })
    expect(search(plane).streaks).toEqual([])
  })

  it('charge that has spilt along a column, and a warm column or row', () => {
    const plane = noisePlane(size, size, 4)
    const star = brightStar(plane, 200, 210)
    for (let y = 80; y < 350; y++)
      for (const x of [199, 200, 201]) plane.data[y * size + x]! += 3000
    for (let y = 0; y < size; y++) plane.data[y * size + 90]! += 4
    for (let x = 100; x < size; x++) plane.data[330 * size + x]! += 3
    const found = search(plane, [star])
    expect(found.streaks).toEqual([])
    expect(reasons(found)).toEqual(expect.arrayContaining(['bleed', 'column', 'row']))
  })

  it('read-out banding', () => {
    const plane = noisePlane(size, size, 5)
    const random = uniform(9)
    for (let y = 0; y < size; y++) {
      const level = random() < 0.1 ? 1.5 : 0.4 * random()
      for (let x = 0; x < size; x++) plane.data[y * size + x]! += level
    }
    expect(search(plane).streaks).toEqual([])
  })

  it('a step between chips, an overscan strip, a bright border', () => {
    const plane = noisePlane(size, size, 6)
    for (let y = 0; y < size; y++) {
      for (let x = 300; x < size; x++) plane.data[y * size + x]! += 3
      for (let x = 0; x < 4; x++) plane.data[y * size + x]! += 20
      for (let x = 0; x < size; x++) if (y > 0.2 * x + 280) plane.data[y * size + x]! -= 4
    }
    expect(search(plane).streaks).toEqual([])
  })

  it('a galaxy seen edge-on', () => {
    for (const [angle, fwhm] of [
      [15, 6],
      [70, 10],
      [120, 4],
    ] as const) {
      const plane = noisePlane(size, size, angle)
      const line = lineAt(plane, angle, 12 * fwhm)
      const light = (share: number) => Math.exp(-8 * Math.abs(share - 0.5))
      addTrail(plane, { ...line, peak: 15, fwhm, light })
      expect(search(plane, starField(plane, 80, 4)).streaks).toEqual([])
    }
  })

  it('the track of a particle, sharper than the stars', () => {
    const plane = noisePlane(size, size, 8)
    const stars = starField(plane, 120, 6, 3.5)
    for (let i = 0; i < 70; i++) {
      plane.data[(100 + Math.round(0.6 * i)) * size + 150 + i]! += 60
      plane.data[(300 - Math.round(0.3 * i)) * size + 100 + i]! += 25
    }
    const found = search(plane, stars)
    expect(found.streaks).toEqual([])
    expect(reasons(found)).toContain('cosmic-ray')
  })

  it('a swarm of particle tracks, even where the stars are as sharp', () => {
    const plane = noisePlane(size, size, 9)
    const random = uniform(17)
    for (let i = 0; i < 14; i++) {
      const [x, y, angle] = [40 + 340 * random(), 40 + 340 * random(), Math.PI * random()]
      const [dx, dy] = [Math.cos(angle) * 15, Math.sin(angle) * 15]
      addTrail(plane, { x0: x - dx, y0: y - dy, x1: x + dx, y1: y + dy, peak: 30, fwhm: 2 })
    }
    const found = search(plane)
    expect(found.streaks).toEqual([])
    expect(reasons(found)).toContain('cosmic-ray')
  })

  it('a row of stars, masked or not', () => {
    for (const known of [true, false]) {
      const plane = noisePlane(size, size, 10)
      const stars = [0, 31, 47, 80, 122, 139, 170].map((t) => ({
        x: 100 + t,
        y: 120 + 0.7 * t,
        peak: 30,
      }))
      for (const star of stars) addStar(plane, star)
      expect(search(plane, known ? stars : []).streaks).toEqual([])
    }
  })

  it('stars drawn out by bad tracking', () => {
    const plane = noisePlane(size, size, 11)
    const random = uniform(3)
    const stars = Array.from({ length: 40 }, () => {
      const star = {
        ...{ x: 20 + 380 * random(), y: 20 + 380 * random(), peak: 15 + 60 * random() },
        ...{ fwhm: 4, eccentricity: 0.985, thetaDeg: 40 },
      }
      addStar(plane, star)
      return star
    })
    expect(search(plane, stars).streaks).toEqual([])
    expect(search(plane).streaks).toEqual([])
  })

  it('stars that turned about the pole', () => {
    const plane = noisePlane(300, 300, 12)
    for (const [radius, peak] of [
      [180, 40],
      [260, 4],
    ] as const) {
      for (let angle = 0.2; angle < 1.4; angle += 0.002) {
        const [x, y] = [radius * Math.cos(angle), radius * Math.sin(angle)]
        for (let v = -3; v <= 3; v++) {
          for (let u = -3; u <= 3; u++) {
            const [px, py] = [Math.round(x) + u, Math.round(y) + v]
            if (px < 0 || py < 0 || px > 299 || py > 299) continue
            const away = Math.hypot(px, py) - radius
            plane.data[py * 300 + px]! +=
              0.05 * peak * Math.exp(-0.5 * away * away) * (v === 0 ? 1 : 0.2)
          }
        }
      }
    }
    const found = search(plane)
    expect(found.streaks).toEqual([])
    expect(reasons(found)).toContain('star-trail')
  })

  it('a filament of a nebula or the edge of a cloud', () => {
    const plane = noisePlane(size, size, 13)
    plane.data.forEach((_, i) => {
      const [x, y] = [i % size, Math.floor(i / size)]
      const ridge = (y - 100 - 0.3 * x - 15 * Math.sin(x / 60)) / 20
      const edge = 1 / (1 + Math.exp((x + y - 560) / 12))
      plane.data[i]! += 1.2 * Math.exp(-0.5 * ridge * ridge) + 2 * edge
    })
    expect(search(plane).streaks).toEqual([])
  })
})

describe('is a trail all the same', () => {
  it('when it runs on level across a bright star', () => {
    const plane = noisePlane(size, size, 20)
    const star = brightStar(plane, 210, 210)
    addSpikes(plane, 210, 210, [0, 90], 3)
    addTrail(plane, { ...lineAt(plane, 33, 1200), peak: 4 })
    const { streaks } = search(plane, [star])
    expect(streaks).toHaveLength(1)
    expect(Math.abs(streaks[0]!.angleDeg - 33)).toBeLessThan(0.5)
    expect(streaks[0]!.edgeToEdge).toBe(true)
  })

  it.each([0, 90])('when it lies exactly at %d degrees but is as broad as a star', (angle) => {
    const plane = noisePlane(size, size, 21)
    const stars = starField(plane, 100, 8)
    addTrail(plane, { ...lineAt(plane, angle, 250, [13, -40]), peak: 5, fwhm: 2.8 })
    expect(search(plane, stars).streaks).toHaveLength(1)
  })

  it('when a star finder takes it apart into a chain of stars', () => {
    const plane = noisePlane(size, size, 22)
    const stars = starField(plane, 100, 9)
    const line = lineAt(plane, 50, 300)
    addTrail(plane, { ...line, peak: 25 })
    const crests = Array.from({ length: 30 }, (_, i) => {
      const share = (i + 0.5) / 30
      const [x, y] = [line.x0 + share * (line.x1 - line.x0), line.y0 + share * (line.y1 - line.y0)]
      return { x, y, peak: 25, fwhm: 3 }
    })
    const { streaks } = search(plane, [...stars, ...crests])
    expect(streaks).toHaveLength(1)
    expect(streaks[0]!.lengthPx).toBeGreaterThan(290)
  })
})
