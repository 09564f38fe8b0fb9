import { fractalNoise } from './fractal.ts'
import type { FieldSpec, GalaxySpec, Telescope } from './instrument.ts'
import { cos, exp, log, pi, pow, radians, sin, smoothstep } from './math.ts'
import { type Random, randomStream } from './random.ts'
import { fluxAtSnr, normalNoiseE } from './stars.ts'
import type { Plane } from './types.ts'

/** A galaxy in the field: place in pixels from the centre, light in electrons. */
export interface Galaxy {
  readonly u: number
  readonly v: number
  /** Half-light radius along the long axis, in pixels. */
  readonly radiusPx: number
  readonly axisRatio: number
  readonly angleDeg: number
  readonly flux: number
  readonly bulge: number
  /** Seed of its arms and dust; 0 for a smooth one. */
  readonly texture: number
}

/** Draws the galaxies of a field over a square of the given half side. */
export function drawGalaxies(field: FieldSpec, telescope: Telescope, halfSidePx: number): Galaxy[] {
  const random = randomStream(field.seed, 'galaxies')
  const limit = fluxAtSnr(5, normalNoiseE(telescope), telescope.fwhmPx)
  const areaMpx = (4 * halfSidePx * halfSidePx) / 1e6
  const count = random.poisson((field.galaxiesPerMpx ?? 6) * areaMpx)
  const galaxies = Array.from({ length: count }, () =>
    drawGalaxy(random, limit, telescope, halfSidePx),
  )
  if (field.galaxy) galaxies.push(largeGalaxy(field.galaxy, field.seed, normalNoiseE(telescope)))
  return galaxies
}

function drawGalaxy(
  random: Random,
  limit: number,
  telescope: Telescope,
  halfSidePx: number,
): Galaxy {
  // Counts of galaxies rise with slope 0.45 a magnitude; brighter ones look larger.
  const flux = limit * Math.min(exp(-log(random.uniform()) / (2.5 * 0.45)), 300)
  const disc = random.chance(0.7)
  return {
    u: random.range(-halfSidePx, halfSidePx),
    v: random.range(-halfSidePx, halfSidePx),
    radiusPx: telescope.fwhmPx * random.logRange(0.4, 1.1) * pow(flux / limit, 0.36),
    // Discs lie at any inclination: cos i is even, and edge-on ones are as thick as 0.13.
    axisRatio: disc ? Math.max(0.13, random.uniform()) : random.range(0.55, 1),
    angleDeg: random.range(0, 180),
    flux,
    bulge: disc ? random.range(0.02, 0.35) : 1,
    texture: 0,
  }
}

function largeGalaxy(spec: GalaxySpec, seed: number, noiseE: number): Galaxy {
  const mean = spec.brightness * noiseE
  return {
    u: spec.dxPx ?? 0,
    v: spec.dyPx ?? 0,
    radiusPx: spec.radiusPx,
    axisRatio: spec.axisRatio,
    angleDeg: spec.angleDeg,
    flux: 2 * pi * spec.axisRatio * spec.radiusPx * spec.radiusPx * mean,
    bulge: spec.bulge ?? 0.2,
    texture: seed | 1,
  }
}

/**
 * Adds a galaxy: an exponential disc (Sersic n = 1) and a bulge (n = 4, Ciotti & Bertin 1999). Seeing is taken into
 * the axes; `light` is the share of its light that arrives.
 */
export function addGalaxy(
  plane: Plane,
  galaxy: Galaxy,
  at: { readonly x: number; readonly y: number; readonly turnDeg: number; readonly fwhmPx: number },
  light: number,
): void {
  const angle = radians(galaxy.angleDeg + at.turnDeg)
  const c = cos(angle)
  const s = sin(angle)
  const soft = 0.36 * at.fwhmPx
  const long = widened(galaxy.radiusPx, soft)
  const short = widened(galaxy.radiusPx * galaxy.axisRatio, soft)
  const bulgeRadius = widened(0.3 * galaxy.radiusPx, soft)
  const reach = Math.min(7 * long, 2500)
  const { data, width, height } = plane
  const disc = (light * galaxy.flux * (1 - galaxy.bulge) * 0.4486) / (long * short)
  const bulge = (light * galaxy.flux * galaxy.bulge * 0.4486) / (bulgeRadius * bulgeRadius)
  const yLast = Math.min(height - 1, Math.floor(at.y + reach))
  const xLast = Math.min(width - 1, Math.floor(at.x + reach))
  for (let y = Math.max(0, Math.ceil(at.y - reach)); y <= yLast; y++) {
    for (let x = Math.max(0, Math.ceil(at.x - reach)); x <= xLast; x++) {
      const dx = x - at.x
      const dy = y - at.y
      const u = (dx * c + dy * s) / long
      const v = (dy * c - dx * s) / short
      const r2 = u * u + v * v
      if (r2 > 49) continue
      const texture = galaxy.texture === 0 ? 1 : textureAt(galaxy, u, v)
      const core = (dx * dx + dy * dy) / (bulgeRadius * bulgeRadius)
      data[y * width + x] =
        data[y * width + x]! +
        disc * exp(-1.678 * Math.sqrt(r2 + 0.01)) * texture +
        bulge * exp(-1.678 * Math.sqrt(core + 0.01))
    }
  }
}

function widened(radius: number, soft: number): number {
  return Math.sqrt(radius * radius + soft * soft * 2.8)
}

/** Knots along the disc, and in one seen from the side a lane of dust. */
function textureAt(galaxy: Galaxy, u: number, v: number): number {
  const noise = fractalNoise(
    { seed: galaxy.texture, octaves: 4, persistence: 0.6 },
    u * 2.2,
    v * 2.2,
  )
  const knots = Math.max(0.3, 1 + 0.32 * noise)
  if (galaxy.axisRatio > 0.3) return knots
  const lane = exp(-12 * (v - 0.05) * (v - 0.05)) * (1 - smoothstep(0.8, 2.4, Math.abs(u)))
  return knots * (1 - 0.55 * lane)
}
