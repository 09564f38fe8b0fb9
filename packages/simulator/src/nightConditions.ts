import { cos, exp, pi, pow, sin } from './math.ts'
import type { Night } from './nightPlan.ts'
import { randomStream } from './random.ts'
import type { Pointing, SkySpec } from './types.ts'

/** What changes slowly, or always, and spoils nothing. */
export interface Conditions {
  readonly pointing: Pointing
  readonly fwhmPx: number
  readonly sky: SkySpec
}

/** Pointing, seeing, air and moonlight of every frame of a night. */
export function planConditions(night: Night): Conditions[] {
  const pointings = planPointing(night)
  const skies = planSky(night)
  const { fwhmPx } = night.telescope
  const random = randomStream(night.seed, 'seeing')
  const waves = [0.07, 0.04].map((height, i) => ({
    height,
    turns: random.range(0.6, 2.5) * (i + 1),
    phase: random.uniform(),
  }))
  return pointings.map((pointing, index) => {
    const t = index / Math.max(1, night.frames - 1)
    let factor = 1 + 0.03 * random.normal()
    for (const wave of waves) factor += wave.height * sin(2 * pi * (wave.turns * t + wave.phase))
    // Undersampled stars hardly show the seeing: the pixel has its own share of their width.
    const seen = 1 + (Math.max(0.86, factor) - 1) * (fwhmPx < 2 ? 0.6 : 1)
    return { pointing, fwhmPx: fwhmPx * seen, sky: skies[index]! }
  })
}

/** Random dithers of a few pixels, slow drift and rotation by polar misalignment, perhaps a meridian flip. */
function planPointing({ seed, frames }: Night): Pointing[] {
  const random = randomStream(seed, 'pointing')
  const flipAt =
    frames >= 8 && random.chance(0.35) ? Math.floor(frames * random.range(0.3, 0.7)) : frames
  const drift = { x: 12 * random.normal(), y: 12 * random.normal(), deg: 0.05 * random.normal() }
  const after = {
    x: 10 * random.normal(),
    y: 10 * random.normal(),
    deg: 180 + 0.3 * random.normal(),
  }
  const ditherPx = random.range(1, 6)
  return Array.from({ length: frames }, (_, index) => {
    const t = index / Math.max(1, frames - 1)
    const flipped = index >= flipAt
    return {
      dxPx: bounded(drift.x * t + ditherPx * random.normal() + (flipped ? after.x : 0)),
      dyPx: bounded(drift.y * t + ditherPx * random.normal() + (flipped ? after.y : 0)),
      rotationDeg: drift.deg * t + (flipped ? after.deg : 0),
    }
  })
}

function bounded(shift: number): number {
  return Math.min(60, Math.max(-60, shift))
}

/** Air mass, drifting sky level, light pollution, and on two nights of five a Moon that rises. */
function planSky({ seed, frames }: Night): SkySpec[] {
  const random = randomStream(seed, 'sky')
  const culmination = random.range(-0.2, 1.2)
  const arc = random.range(0.6, 1.4)
  const highest = random.range(1, 1.25)
  const perAirmass = random.range(0.08, 0.16)
  const gradient = random.range(0, 0.35)
  const gradientDeg = random.range(0, 360)
  const moonlit = random.chance(0.4)
  const moonMost = random.logRange(0.3, 2)
  const moonAt = random.range(-0.4, 0.8)
  const moonDeg = random.range(0, 360)
  return Array.from({ length: frames }, (_, index) => {
    const t = index / Math.max(1, frames - 1)
    const hour = arc * (t - culmination)
    const airmass = Math.min(2, highest / Math.max(0.5, cos(hour)))
    const risen = Math.max(0, t - moonAt)
    return {
      level: 1 + 0.06 * (airmass - 1) + 0.05 * sin(5 * t + gradientDeg) + 0.012 * random.normal(),
      gradient,
      gradientDeg: gradientDeg + 25 * t,
      moon: moonlit ? moonMost * (1 - exp(-3 * risen)) : 0,
      moonDeg: moonDeg + 60 * t,
      transparency: pow(10, -0.4 * perAirmass * (airmass - 1)) * (1 - 0.008 * random.uniform()),
    }
  })
}
