import { describe, expect, it } from 'vitest'
import { makeCloudMap } from '../src/cloudLayer.ts'
import { valueAt } from '../src/gridMap.ts'
import { type CloudSpec, type FrameSpec, randomTelescope } from '../src/index.ts'
import { fieldTransform } from '../src/scene.ts'
import { drawStars, fluxAtSnr, normalNoiseE } from '../src/stars.ts'
import { emptyField, idealTelescope, lightWithin, plainFrame, statistics } from './helpers.ts'

const places = [-90, -45, 0, 45, 90].flatMap((dxPx) =>
  [-90, -45, 0, 45, 90].map((dyPx) => ({ dxPx, dyPx })),
)
const starry = { ...emptyField, extraStars: places.map((place) => ({ ...place, fluxE: 1e5 })) }

/** Light of each of 25 equal stars, in ADU. */
function starLight(spec: Partial<FrameSpec>): number[] {
  const { plane } = plainFrame({ field: starry, ...spec })
  return places.map(({ dxPx, dyPx }) => {
    const ring: number[] = []
    for (let k = 0; k < 360; k += 5) {
      const x = Math.round(128 + dxPx + 13 * Math.cos((k * Math.PI) / 180))
      const y = Math.round(128 + dyPx + 13 * Math.sin((k * Math.PI) / 180))
      ring.push(plane.data[y * 257 + x]!)
    }
    return lightWithin(plane, 128 + dxPx, 128 + dyPx, 9, statistics(ring).mean)
  })
}

const clear = starLight({})

describe('clouds', () => {
  const patchy: CloudSpec = {
    seed: 4,
    transparency: 0.2,
    coverage: 0.5,
    contrast: 1,
    scalePx: 200,
    brightness: 2,
  }

  it.each<[string, CloudSpec]>([
    ['a veil', { seed: 3, transparency: 0.6 }],
    ['patches', patchy],
  ])('dim every star by the stated transparency: %s', (_, cloud) => {
    const map = makeCloudMap({ width: 257, height: 257 }, cloud)
    starLight({ cloud }).forEach((light, i) => {
      const { dxPx, dyPx } = places[i]!
      expect(light / clear[i]!).toBeCloseTo(valueAt(map, 128 + dxPx, 128 + dyPx), 1)
    })
  })

  it('tell their mean transparency and coverage', () => {
    const { truth } = plainFrame({ cloud: patchy })
    expect(truth.labels).toEqual(['cloud'])
    expect(truth.cloud.coverage).toBeGreaterThan(0.1)
    expect(truth.cloud.coverage).toBeLessThan(0.95)
    expect(truth.cloud.worstTransparency).toBeLessThan(truth.cloud.transparency)
  })

  it('brighten the sky over a town and darken it elsewhere', () => {
    const sky = (brightness: number) =>
      plainFrame({ cloud: { seed: 3, transparency: 0.4, brightness } }).truth.skyAdu
    const none = plainFrame().truth.skyAdu
    expect(sky(2) / none).toBeCloseTo(1 + 0.6, 1)
    expect(sky(0.5) / none).toBeCloseTo(1 - 0.3, 1)
  })

  it('drift and change', () => {
    const at = (spec: Partial<CloudSpec>) =>
      makeCloudMap({ width: 257, height: 257 }, { ...patchy, ...spec })
    const shifted = at({ driftPx: 64, driftDeg: 0 })
    expect(valueAt(shifted, 164, 64)).toBeCloseTo(valueAt(at({}), 100, 64), 1)
    expect(at({ evolution: 1.4 }).values).not.toEqual(at({}).values)
  })

  it('too thin to see are not labelled', () => {
    const { truth } = plainFrame({ cloud: { seed: 3, transparency: 0.95, contrast: 0 } })
    expect(truth.labels).toEqual([])
    expect(truth.cloud.transparency).toBeLessThan(0.98)
  })
})

describe('haze', () => {
  it('dims and bloats', () => {
    const { truth } = plainFrame({ haze: { transparency: 0.6, bloat: 1.5 } })
    expect(truth.labels).toEqual(['haze'])
    expect(truth.fwhmPx / plainFrame().truth.fwhmPx).toBeCloseTo(1.5, 1)
    expect(truth.cloud).toEqual({ coverage: 1, transparency: 0.6, worstTransparency: 0.6 })
    const light = starLight({ haze: { transparency: 0.6, bloat: 1 } })
    expect(light[12]! / clear[12]!).toBeGreaterThan(0.4)
    expect(light[12]! / clear[12]!).toBeLessThan(0.62)
  })

  it('is told apart from cloud, and thin haze is not labelled', () => {
    expect(plainFrame({ haze: { transparency: 0.95, bloat: 1 } }).truth).toMatchObject({
      labels: [],
      cloud: { coverage: 0 },
    })
    const both = plainFrame({
      haze: { transparency: 0.6 },
      cloud: { seed: 1, transparency: 0.97, contrast: 0 },
    })
    expect(both.truth.labels).toEqual(['haze'])
  })
})

describe('obstacles', () => {
  it.each([0, 1])('cover the stated share (roughness %s)', (roughness) => {
    const { truth } = plainFrame({
      occlusion: { seed: 2, fraction: 0.3, angleDeg: 40, roughness, softnessPx: 30 },
    })
    expect(truth.occludedFraction).toBeCloseTo(0.3, 1)
    expect(truth.labels).toEqual(['occlusion'])
  })

  it('hide stars and sky, or glow', () => {
    const occlusion = { seed: 2, fraction: 0.5, angleDeg: 0, softnessPx: 20 }
    const light = starLight({ occlusion })
    expect(light[22]!).toBeLessThan(0.02 * clear[22]!)
    expect(light[2]! / clear[2]!).toBeCloseTo(1, 1)
    const right = (glow: number) =>
      statistics(plainFrame({ occlusion: { ...occlusion, glow } }).plane.data.subarray(240, 256))
        .mean
    expect(right(3)).toBeGreaterThan(right(0.1) + 400)
  })

  it('cover all or nothing at the extremes', () => {
    const covered = (fraction: number) =>
      plainFrame({ occlusion: { seed: 2, fraction, angleDeg: 0 } }).truth
    expect(covered(1).occludedFraction).toBe(1)
    expect(covered(0)).toMatchObject({ occludedFraction: 0, labels: [] })
  })
})

describe('sky light', () => {
  it('is never labelled for the Moon, but for twilight', () => {
    const moonlit = plainFrame({ sky: { moon: 2, moonDeg: 0 } })
    expect(moonlit.truth).toMatchObject({ clean: true, moon: 2 })
    expect(moonlit.truth.skyAdu / plainFrame().truth.skyAdu).toBeCloseTo(3, 1)
    const side = (x: number) =>
      moonlit.plane.data.reduce((sum, v, i) => sum + (Math.abs((i % 257) - x) < 20 ? v : 0), 0)
    expect(side(236)).toBeGreaterThan(1.05 * side(20))
    expect(plainFrame({ sky: { twilight: 5 } }).truth.labels).toEqual(['twilight'])
    expect(plainFrame({ sky: { twilight: 1 } }).truth.labels).toEqual([])
  })

  it('falls towards the corners by vignetting, and dust casts shadows', () => {
    const telescope = {
      ...idealTelescope,
      vignetting: 0.4,
      dustMotes: 5,
      obstruction: 0.3,
      skyE: 5000,
    }
    const { plane } = plainFrame({ telescope })
    const patch = (x0: number, y0: number) =>
      statistics(
        Array.from(
          { length: 100 },
          (_, i) => plane.data[(y0 + Math.floor(i / 10)) * 257 + x0 + (i % 10)]!,
        ),
      ).mean
    expect(Math.min(patch(0, 0), patch(247, 247))).toBeLessThan(0.85 * patch(124, 124))
  })

  it('dims with altitude', () => {
    expect(starLight({ sky: { transparency: 0.87 } })[12]! / clear[12]!).toBeCloseTo(0.87, 2)
  })
})

describe('fields', () => {
  it('hold as many stars as asked for, with the stated slope', () => {
    const field = { seed: 9, starsPerMpx: 400, slope: 0.3 }
    const stars = drawStars(field, idealTelescope, 1500)
    const limit = fluxAtSnr(5, normalNoiseE(idealTelescope), idealTelescope.fwhmPx)
    const brighter = (flux: number) => stars.flux.filter((f) => f >= flux).length
    expect(brighter(limit) / 9 / 400).toBeCloseTo(1, 1)
    // One magnitude is a factor 2.512 in flux.
    expect(Math.log10(brighter(limit / 2.512) / brighter(limit))).toBeCloseTo(0.3, 1)
  })

  it.each(['open', 'globular'] as const)('gather an %s cluster', (kind) => {
    const field = { ...emptyField, cluster: { kind, stars: 400, radiusPx: 30, dxPx: 50, dyPx: 0 } }
    const stars = drawStars(field, idealTelescope, 500)
    const near = stars.u.filter((u, i) => Math.hypot(u - 50, stars.v[i]!) < 30).length
    expect(near / 400).toBeCloseTo(0.5, 1)
  })

  it('turn and shift as told', () => {
    const pointing = { dxPx: 3.5, dyPx: -2, rotationDeg: 180 }
    const { toPixel, toField } = fieldTransform({ width: 257, height: 257 }, pointing)
    expect(toPixel(10, 20)).toMatchObject({ x: 121.5, y: 106 })
    const back = toField(121.5, 106)
    expect([back.u, back.v].map((v) => Math.round(v * 1e9) / 1e9)).toEqual([10, 20])
    const { plane, truth } = plainFrame({
      pointing,
      field: { ...emptyField, extraStars: [{ dxPx: 10, dyPx: 20, fluxE: 1e5 }] },
    })
    expect(truth.flipped).toBe(true)
    expect(lightWithin(plane, 121.5, 106, 8, truth.backgroundAdu)).toBeGreaterThan(4e4)
  })

  it('contain galaxies and gas without becoming dirty', () => {
    const field = {
      ...emptyField,
      galaxiesPerMpx: 500,
      galaxy: { radiusPx: 30, axisRatio: 0.15, angleDeg: 20, brightness: 5, dxPx: -60, dyPx: -60 },
      nebula: { brightness: 0.3, scalePx: 100, filaments: 0 },
    }
    const { plane, truth } = plainFrame({ field })
    const empty = plainFrame()
    expect(truth.clean).toBe(true)
    expect(plane.data[68 * 257 + 68]! - empty.plane.data[68 * 257 + 68]!).toBeGreaterThan(50)
    expect(statistics(plane.data).mean).toBeGreaterThan(statistics(empty.plane.data).mean + 10)
    const threads = { ...field, nebula: { ...field.nebula, filaments: 0.8 } }
    expect(plainFrame({ field: threads }).plane.data).not.toEqual(plane.data)
  })

  it.each([
    [4, [20, 110, 200, 290]],
    [3, [20, 80, 140, 200, 260, 320]],
  ])('carry the spikes of %i vanes on bright stars', (vanes, angles) => {
    const telescope = {
      ...idealTelescope,
      obstruction: 0.3,
      spikes: { vanes, angleDeg: 20, strength: 0.02, lengthPx: 20 },
      halo: { radiusPx: 30, share: 0.005 },
    }
    const field = { ...emptyField, extraStars: [{ dxPx: 0, dyPx: 0, fluxE: 3e7 }] }
    const { plane, truth } = plainFrame({ telescope, field })
    const ray = (deg: number) => {
      const c = Math.cos((deg * Math.PI) / 180)
      const s = Math.sin((deg * Math.PI) / 180)
      const at = (r: number) => plane.data[Math.round(128 + r * s) * 257 + Math.round(128 + r * c)]!
      return statistics(Array.from({ length: 40 }, (_, i) => at(45 + i))).mean
    }
    for (const angle of angles)
      expect(ray(angle)).toBeGreaterThan(ray(angle + 25) + 3 * (truth.noiseAdu / Math.sqrt(40)))
    expect(truth.clean).toBe(true)
  })
})

describe('randomTelescope', () => {
  const all = Array.from({ length: 300 }, (_, seed) => randomTelescope(seed))

  it('stays within what people own', () => {
    for (const telescope of all) {
      expect(telescope.fwhmPx).toBeGreaterThanOrEqual(1.6)
      expect(telescope.fwhmPx).toBeLessThanOrEqual(5)
      expect(telescope.skyE).toBeLessThanOrEqual(0.25 * telescope.fullWellE)
      expect(JSON.parse(JSON.stringify(telescope))).toEqual(telescope)
    }
    expect(randomTelescope(5)).toEqual(randomTelescope(5))
  })

  it('has all kinds: CCD and CMOS, spikes or not, bleeding or not', () => {
    const share = (test: (t: (typeof all)[number]) => boolean) =>
      all.filter(test).length / all.length
    for (const test of [
      (t: (typeof all)[number]) => t.camera === 'ccd',
      (t: (typeof all)[number]) => t.spikes.vanes > 0,
      (t: (typeof all)[number]) => !t.antiBlooming,
      (t: (typeof all)[number]) => t.ampGlowE > 0,
      (t: (typeof all)[number]) => t.fwhmPx < 2,
    ]) {
      expect(share(test)).toBeGreaterThan(0.05)
      expect(share(test)).toBeLessThan(0.8)
    }
  })
})
