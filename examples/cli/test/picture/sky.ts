import type { FrameAssessment, Plane, Streak } from '@nebulift/prefilter'

/** A reproducible source of numbers in 0..1. */
export function seeded(seed: number): () => number {
  let state = (seed * 2654435761 + 1) >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/** A trail between two points; the rest as a bright satellite has it. */
export function streakBetween(
  [x0, y0, x1, y1]: readonly [number, number, number, number],
  extra: Partial<Streak> = {},
): Streak {
  return {
    x0,
    y0,
    x1,
    y1,
    lengthPx: Math.hypot(x1 - x0, y1 - y0),
    angleDeg: ((Math.atan2(y1 - y0, x1 - x0) * 180) / Math.PI + 180) % 180,
    widthPx: 3,
    snr: 42,
    pixelSnr: 3.1,
    brightness: 120,
    kind: 'satellite',
    edgeToEdge: false,
    persistence: 0.95,
    sagittaPx: 0,
    ...extra,
  }
}

/** A good frame's assessment, to be altered. */
export function cleanAssessment(extra: Partial<FrameAssessment> = {}): FrameAssessment {
  const cells = 8 * 6
  return {
    verdict: 'clean',
    action: 'keep',
    score: 0.93,
    causes: [],
    background: { level: 1000, rms: 20, gradient: 0.04 },
    stars: {
      count: 640,
      measured: 210,
      fwhmPx: 2.9,
      hfrPx: 1.7,
      eccentricity: 0.34,
      elongationDeg: 20,
      elongationCoherence: 0.1,
      fwhmZonesPx: [3.1, 2.9, 3.2, 2.9, 2.8, 3, 3.4, null, 3.8],
      fwhmArcsec: 2.4,
    },
    streaks: [],
    clouds: {
      coverage: 0,
      transparency: 0.98,
      grid: {
        columns: 8,
        rows: 6,
        transparency: Array.from({ length: cells }, () => 0.98),
        background: Array.from({ length: cells }, () => 0),
        covered: Array.from({ length: cells }, () => 0),
      },
    },
    ...extra,
  }
}

export interface SkyOptions {
  readonly seed: number
  readonly width: number
  readonly height: number
  readonly stars?: number
  readonly fwhmPx?: number
  readonly streaks?: readonly Streak[]
  /** Share of star light that comes through at a place, 0..1. */
  readonly clearness?: (x: number, y: number) => number
}

/** A noisy sky with stars and trails: enough to look at, not to measure. */
export function fabricateSky(options: SkyOptions): Plane {
  const { seed, width, height, stars = 300, fwhmPx = 3, streaks = [] } = options
  const random = seeded(seed)
  const clear = options.clearness ?? (() => 1)
  const data = new Float32Array(width * height)
  for (let i = 0; i < data.length; i++) {
    const noise = random() + random() + random() + random() - 2
    data[i] = 1000 + (40 * (i % width)) / width + 30 * noise
  }
  const plane = { data, width, height }
  for (let star = 0; star < stars; star++) {
    const at = { x: random() * width, y: random() * height }
    const flux = 150 / (random() ** 1.1 + 0.002)
    addStar(plane, { ...at, peak: flux * clear(at.x, at.y), fwhmPx })
  }
  for (const streak of streaks) addTrail(plane, streak)
  return plane
}

function addStar(
  { data, width, height }: Plane,
  { x, y, peak, fwhmPx }: { x: number; y: number; peak: number; fwhmPx: number },
): void {
  const reach = Math.ceil(fwhmPx * (peak > 5000 ? 6 : 3))
  for (let row = Math.max(0, Math.ceil(y - reach)); row < Math.min(height, y + reach); row++) {
    for (let col = Math.max(0, Math.ceil(x - reach)); col < Math.min(width, x + reach); col++) {
      const r2 = ((col - x) ** 2 + (row - y) ** 2) / (fwhmPx / 2) ** 2
      data[row * width + col]! += peak * (1 + 0.41 * r2) ** -2.5
    }
  }
}

function addTrail({ data, width, height }: Plane, streak: Streak): void {
  for (let step = 0; step <= streak.lengthPx * 2; step++) {
    const along = step / (streak.lengthPx * 2)
    const x = streak.x0 + (streak.x1 - streak.x0) * along
    const y = streak.y0 + (streak.y1 - streak.y0) * along
    for (let k = -4; k <= 4; k++) {
      const col = Math.round(x - k * Math.sin((streak.angleDeg * Math.PI) / 180))
      const row = Math.round(y + k * Math.cos((streak.angleDeg * Math.PI) / 180))
      if (col < 0 || row < 0 || col >= width || row >= height) continue
      data[row * width + col]! += 0.5 * streak.brightness * Math.exp(-(k * k) / 2)
    }
  }
}
