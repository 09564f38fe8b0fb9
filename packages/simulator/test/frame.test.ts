import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { defaultTelescope, type FrameSpec, planNight, simulateFrame } from '../src/index.ts'
import { hashOf, plainFrame } from './helpers.ts'

const busy: FrameSpec = {
  seed: 42,
  width: 320,
  height: 240,
  telescope: {
    ...defaultTelescope,
    camera: 'ccd',
    antiBlooming: false,
    cosmicRaysPerMpx: 80,
    warmColumns: 2,
  },
  field: {
    seed: 3,
    starsPerMpx: 2000,
    galaxy: { radiusPx: 30, axisRatio: 0.2, angleDeg: 20, brightness: 4 },
  },
  seeing: { defocusPx: 3, tracking: { lengthPx: 3, angleDeg: 40 } },
  cloud: { seed: 8, transparency: 0.5, contrast: 0.6 },
  trails: [{ kind: 'satellite', x0: -9, y0: 30, x1: 400, y1: 200, pixelSnr: 4 }],
}

describe('simulateFrame', () => {
  it('gives the same bits on every machine', () => {
    const spec = planNight({ seed: 5, frames: 12, width: 256, height: 192 })
    expect(
      [{ seed: 1, width: 256, height: 192 }, busy, spec[3]!, spec[11]!].map((s) =>
        hashOf(simulateFrame(s).plane),
      ),
    ).toMatchInlineSnapshot(`
      [
        "40db91f854aaf2d6bf8630eb80d614b492c9983b95d2babb009d0f7555aea3a5",
        "586b43baf23d6801078cb300468a24ae884dec90e3d5eda5dbb9d28121589fd4",
        "2f9d56e839206ea9f1a702f156ece970362f3a2bd90c7e304670a23c8072646f",
        "e388faab20ae36c5ce83d861099ad243ee8bd26dedfb3624a5d25d73a12c700e",
      ]
    `)
  })

  it('gives whole ADU within 16 bits', () => {
    const { plane } = simulateFrame(busy)
    expect(plane.data).toBeInstanceOf(Float32Array)
    expect(plane.data.length).toBe(plane.width * plane.height)
    expect(
      plane.data.every((value) => Number.isInteger(value) && value >= 0 && value <= 65535),
    ).toBe(true)
  })

  it('needs nothing but a seed', () => {
    const { plane, truth } = simulateFrame({ seed: -3 })
    expect([plane.width, plane.height]).toEqual([1024, 768])
    expect(truth.clean).toBe(true)
    expect(truth.stars.detectable).toBeGreaterThan(80)
    expect(truth.stars.count).toBeGreaterThan(truth.stars.detectable)
  })

  it('works at 200 x 200 and at odd sizes', () => {
    for (const [width, height] of [
      [200, 200],
      [16, 700],
      [701, 33],
    ] as const) {
      expect(simulateFrame({ seed: 1, width, height }).plane.data.length).toBe(width * height)
    }
  })

  it('survives a trip of its spec through JSON', () => {
    expect(hashOf(simulateFrame(JSON.parse(JSON.stringify(busy))).plane)).toBe(
      hashOf(simulateFrame(busy).plane),
    )
  })

  it('refuses what is no image and no seed', () => {
    expect(() => simulateFrame({ seed: 1, width: 8 })).toThrow(
      'frame width must be a whole number of at least 16, got 8',
    )
    expect(() => simulateFrame({ seed: 1, height: 70.5 })).toThrow('got 70.5')
    expect(() => simulateFrame({ seed: 0.5 })).toThrow('seed must be a whole number, got 0.5')
  })

  it('states the background and noise that are in the pixels', () => {
    const { plane, truth } = plainFrame({ width: 300, height: 300 })
    const sorted = Float32Array.from(plane.data).sort()
    expect(Math.abs(sorted[45_000]! - truth.backgroundAdu)).toBeLessThan(0.5)
    const sigma = (sorted[Math.floor(0.8413 * 90_000)]! - sorted[Math.floor(0.1587 * 90_000)]!) / 2
    expect(sigma / truth.noiseAdu).toBeCloseTo(1, 1)
    expect(truth.backgroundAdu - truth.skyAdu).toBeCloseTo(500, 6)
  })
})

describe('header', () => {
  it('is what capture programs write', () => {
    const { header } = simulateFrame({
      seed: 1,
      width: 64,
      height: 64,
      index: 4,
      startMs: Date.UTC(2026, 3, 5, 21, 7, 8),
    })
    expect(header).toMatchInlineSnapshot(`
      {
        "CCD-TEMP": -10,
        "DATE-OBS": "2026-04-05T21:07:08.000",
        "DEC": 16.724871,
        "EGAIN": 0.25,
        "EXPOSURE": 180,
        "EXPTIME": 180,
        "FILTER": "L",
        "FOCALLEN": 550,
        "FOCRATIO": 5.5,
        "FRAMENO": 5,
        "GAIN": 100,
        "IMAGETYP": "Light Frame",
        "INSTRUME": "CMOS 571M",
        "OBJECT": "NGC 6097",
        "OFFSET": 500,
        "PIERSIDE": "West",
        "RA": 32.822823,
        "ROWORDER": "TOP-DOWN",
        "SET-TEMP": -10,
        "SITEELEV": 520,
        "SITELAT": 48.1,
        "SITELONG": 11.6,
        "SWCREATE": "Nebulift simulator",
        "TELESCOP": "Refractor 100/550",
        "XBINNING": 1,
        "XPIXSZ": 3.76,
        "YBINNING": 1,
        "YPIXSZ": 3.76,
      }
    `)
  })

  it('names the target, and the pier side after a flip', () => {
    const { header } = plainFrame({
      field: { seed: 1, object: 'M 51' },
      pointing: { rotationDeg: -180 },
    })
    expect(header).toMatchObject({ OBJECT: 'M 51', PIERSIDE: 'East', IMAGETYP: 'Light Frame' })
  })

  it('counts time from frame to frame', () => {
    const night = planNight({ seed: 2, frames: 3, width: 32, height: 32 })
    const times = night.map((spec) => Date.parse(`${simulateFrame(spec).header['DATE-OBS']}Z`))
    const step = night[0]!.telescope!.exposureS * 1000 + 7000
    expect(times.map((time) => time - times[0]!)).toEqual([0, step, 2 * step])
  })
})

describe('arithmetic', () => {
  const folder = new URL('../src/', import.meta.url)

  it.each(readdirSync(folder))('of %s uses only what IEEE 754 fixes to the last bit', (name) => {
    const code = readFileSync(new URL(name, folder), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
    const used = [...code.matchAll(/\bMath\.(\w+)/g)].map((match) => match[1]!)
    const exact = [
      'PI',
      'SQRT2',
      'LOG2E',
      'abs',
      'ceil',
      'clz32',
      'floor',
      'imul',
      'max',
      'min',
      'sqrt',
    ]
    expect(used.filter((each) => !exact.includes(each))).toEqual([])
    expect(code).not.toMatch(/\*\*/)
  })
})
