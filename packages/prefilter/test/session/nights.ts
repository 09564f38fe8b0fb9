import type { FrameMeasurement } from '../../src/frame/measurement.ts'

/** A small seeded generator (mulberry32): tests must not depend on chance. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

export interface Star {
  x: number
  y: number
  flux: number
}

/** A field of stars with a steep flux distribution, brightest first. */
export function field(seed: number, count = 150, width = 1000, height = 800): Star[] {
  const random = seeded(seed)
  return Array.from({ length: count }, () => ({
    x: 20 + random() * (width - 40),
    y: 20 + random() * (height - 40),
    flux: 800 * (1 - random()) ** -1.2,
  })).sort((a, b) => b.flux - a.flux)
}

type Changes = {
  [Key in keyof FrameMeasurement]?: Partial<FrameMeasurement[Key]>
}

/** A measurement of a usual clear frame, changed where a test says so. */
export function measurement(stars: readonly Star[], changes: Changes = {}): FrameMeasurement {
  const width = 1000
  const height = 800
  const cells = { columns: 8, rows: 6, values: new Array<number>(48).fill(1000) }
  const base: FrameMeasurement = {
    version: 1,
    width,
    height,
    context: { sessionKey: 'M 31', kind: 'light', timeMs: 0 },
    pixels: { finiteShare: 1, minimum: 900, maximum: 60_000, saturatedShare: 0, hotPixels: 20 },
    background: { level: 1000, rms: 10, gradient: 0.02, cells },
    stars: {
      count: stars.length,
      measured: stars.length,
      fwhmPx: 3,
      hfrPx: 1.8,
      eccentricity: 0.3,
      elongationDeg: 20,
      elongationCoherence: 0.1,
      fwhmZonesPx: new Array<number>(9).fill(3),
      ring: 0,
      saturated: 0,
    },
    catalog: {
      x: stars.map(({ x }) => x),
      y: stars.map(({ y }) => y),
      flux: stars.map(({ flux }) => flux),
      snr: stars.map(({ flux }) => flux / 40),
    },
    streaks: [],
    rejectedStreaks: [],
  }
  const merged = Object.fromEntries(
    Object.entries(base).map(([key, value]) => {
      const change = changes[key as keyof Changes]
      if (change === undefined) return [key, value]
      return [
        key,
        Array.isArray(change) || typeof change !== 'object'
          ? change
          : { ...(value as object), ...change },
      ]
    }),
  )
  return merged as unknown as FrameMeasurement
}

/** The same stars dimmed by a map, those below the limit lost. */
export function dimmed(stars: readonly Star[], through: (star: Star) => number): Star[] {
  return stars
    .map((star) => ({ ...star, flux: star.flux * through(star) }))
    .filter(({ flux }) => flux > 200)
    .sort((a, b) => b.flux - a.flux)
}
