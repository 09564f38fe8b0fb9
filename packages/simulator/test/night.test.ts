import { describe, expect, it } from 'vitest'
import {
  defaultTelescope,
  type FrameSpec,
  planNight,
  simulateFrame,
  simulateNight,
} from '../src/index.ts'

const nights = Array.from({ length: 60 }, (_, seed) => planNight({ seed, frames: 80 }))
const frames = nights.flat()

function share(test: (spec: FrameSpec) => boolean): number {
  return frames.filter(test).length / frames.length
}

describe('planNight', () => {
  it('is the same for the same seed, and plain JSON', () => {
    expect(planNight({ seed: 3, frames: 80 })).toEqual(nights[3])
    expect(JSON.parse(JSON.stringify(nights[3]))).toEqual(nights[3])
  })

  it('holds target and telescope, gives every frame its own seed', () => {
    for (const night of nights.slice(0, 9)) {
      expect(new Set(night.map((spec) => spec.seed)).size).toBe(80)
      expect(new Set(night.map((spec) => JSON.stringify([spec.field, spec.telescope]))).size).toBe(
        1,
      )
    }
  })

  it('lets each cause touch about its share of the frames', () => {
    // Episodes come in lumps, so 4800 frames fix a share to about a quarter of itself.
    const near = (got: number, wanted: number) =>
      expect(Math.abs(got / wanted - 1)).toBeLessThan(0.35)
    const has = (kind: string) => share((spec) => spec.trails!.some((trail) => trail.kind === kind))
    near(has('satellite'), 0.17)
    near(has('airplane'), 0.03)
    near(has('meteor'), 0.02)
    near(
      share((spec) => spec.cloud !== undefined),
      0.1,
    )
    near(
      share((spec) => spec.haze !== undefined),
      0.02,
    )
    near(
      share((spec) => spec.seeing!.defocusPx !== undefined),
      0.05,
    )
    near(
      share((spec) => spec.seeing!.tracking !== undefined),
      0.03,
    )
    near(
      share((spec) => spec.seeing!.wind !== undefined),
      0.03,
    )
    near(
      share((spec) => spec.occlusion !== undefined),
      0.035,
    )
    near(
      share((spec) => (spec.sky!.twilight ?? 0) >= 2),
      0.03,
    )
  })

  it('has several causes on some frames', () => {
    expect(share((spec) => spec.cloud !== undefined && spec.trails!.length > 0)).toBeGreaterThan(
      0.005,
    )
  })

  it('lets clouds come and go in consecutive frames', () => {
    const night = nights.find((specs) => specs.filter((spec) => spec.cloud).length > 6)!
    const cloudy = night.flatMap((spec, i) => (spec.cloud ? [i] : []))
    const neighbours = cloudy.filter((i) => cloudy.includes(i + 1)).length
    expect(neighbours).toBeGreaterThan(cloudy.length / 2)
  })

  it('changes seeing, air and Moon slowly, and flips some nights', () => {
    for (const night of nights) {
      for (const spec of night) {
        const normal = spec.telescope!.fwhmPx
        expect(spec.seeing!.fwhmPx! / normal).toBeGreaterThan(0.8)
        expect(spec.seeing!.fwhmPx! / normal).toBeLessThan(1.3)
        expect(spec.sky!.transparency).toBeGreaterThan(0.8)
        expect(spec.sky!.moon).toBeLessThanOrEqual(2)
      }
    }
    const flips = nights.filter((night) =>
      night.some((spec) => spec.pointing!.rotationDeg! > 90),
    ).length
    expect(flips).toBeGreaterThan(8)
    expect(flips).toBeLessThan(40)
  })

  it('spreads the strength of satellites evenly in the logarithm', () => {
    const snr = frames.flatMap((spec) =>
      spec.trails!.filter((t) => t.kind === 'satellite').map((t) => t.pixelSnr),
    )
    expect(snr.filter((v) => v < 0.5 || v > 20)).toEqual([])
    const faint = snr.filter((v) => v < Math.sqrt(10)).length / snr.length
    expect(faint).toBeGreaterThan(0.4)
    expect(faint).toBeLessThan(0.65)
  })

  it('takes a mix, a size, a telescope and a field', () => {
    const mix = {
      satellite: 0,
      airplane: 0,
      meteor: 0,
      cloud: 0,
      haze: 0,
      defocus: 0,
      tracking: 0,
      wind: 0,
      occlusion: 0,
      twilight: 0,
    }
    const field = { seed: 4 }
    const calm = planNight({
      seed: 1,
      frames: 30,
      width: 200,
      height: 150,
      telescope: defaultTelescope,
      field,
      mix,
    })
    for (const spec of calm) {
      expect(spec).toMatchObject({
        width: 200,
        height: 150,
        telescope: defaultTelescope,
        field,
        trails: [],
      })
      expect([spec.cloud, spec.haze, spec.occlusion, spec.seeing!.defocusPx]).toEqual([
        undefined,
        undefined,
        undefined,
        undefined,
      ])
    }
    expect(
      planNight({ seed: 1, frames: 10, mix: { cloud: 1 } }).every((spec) => spec.index! >= 0),
    ).toBe(true)
    expect(planNight({ seed: 1, frames: 0 })).toEqual([])
    expect(planNight({ seed: 1, frames: 1 })).toHaveLength(1)
    expect(() => planNight({ seed: 1, frames: -1 })).toThrow(
      'frames must be a whole number of at least 0, got -1',
    )
  })
})

describe('simulateNight', () => {
  it('renders lazily what was planned', () => {
    const options = { seed: 8, frames: 1000, width: 200, height: 200 }
    const first = simulateNight(options).next().value!
    expect(first.plane.data).toEqual(simulateFrame(planNight(options)[0]!).plane.data)
  })

  it('leaves about 60 % of the frames without labels, most of them clean', () => {
    let clean = 0
    let unlabelled = 0
    let total = 0
    for (let seed = 20; seed < 25; seed++) {
      for (const { truth } of simulateNight({ seed, frames: 20, width: 128, height: 96 })) {
        total++
        if (truth.clean) clean++
        if (truth.labels.length === 0) unlabelled++
        expect(truth.trails.some((trail) => trail.labelled)).toBe(
          truth.labels.some((label) => ['satellite', 'airplane', 'meteor'].includes(label)),
        )
      }
    }
    expect(unlabelled / total).toBeGreaterThan(0.45)
    expect(unlabelled / total).toBeLessThan(0.78)
    expect(clean / unlabelled).toBeGreaterThan(0.6)
    expect(clean).toBeLessThan(unlabelled)
  })
})
