import type { ClusterSpec, FieldSpec, GalaxySpec, NebulaSpec, Telescope } from './instrument.ts'
import { type Random, randomStream } from './random.ts'
import type { Size } from './scene.ts'
import { fluxAtSnr, normalNoiseE } from './stars.ts'

/** Draws a target as amateurs choose them: galaxy, nebula, cluster, or just a patch of sky. */
export function randomField(seed: number, size: Size, telescope: Telescope): FieldSpec {
  const random = randomStream(seed, 'target')
  const side = Math.min(size.width, size.height)
  const target = random.uniform()
  // From the galactic pole to the Milky Way: stars that can be seen per million pixels.
  const starsPerMpx = random.logRange(60, 1600) * (target > 0.3 && target < 0.6 ? 1.4 : 1)
  const common = {
    seed,
    starsPerMpx,
    slope: random.range(0.24, 0.34),
    galaxiesPerMpx: starsPerMpx > 700 ? random.logRange(1, 6) : random.logRange(6, 40),
  }
  const extraStars = brightStars(random, size, telescope)
  const number = 1 + random.integer(7000)
  const away = { dxPx: side * 0.08 * random.normal(), dyPx: side * 0.08 * random.normal() }
  if (target < 0.3)
    return {
      ...common,
      extraStars,
      object: `NGC ${number}`,
      galaxy: { ...away, ...galaxy(random, side) },
    }
  if (target < 0.6)
    return {
      ...common,
      extraStars,
      object: `Sh2-${1 + (number % 313)}`,
      nebula: nebula(random, side),
    }
  if (target < 0.78)
    return {
      ...common,
      object: `M ${1 + (number % 110)}`,
      cluster: { ...away, ...cluster(random, size) },
    }
  return { ...common, extraStars, object: `Field ${number}` }
}

function galaxy(random: Random, side: number): GalaxySpec {
  const edgeOn = random.chance(0.4)
  return {
    radiusPx: side * random.logRange(0.02, 0.13),
    axisRatio: edgeOn ? random.range(0.13, 0.25) : random.range(0.3, 1),
    angleDeg: random.range(0, 180),
    brightness: random.logRange(0.8, 6),
    bulge: random.range(0.05, 0.4),
  }
}

function nebula(random: Random, side: number): NebulaSpec {
  return {
    brightness: random.logRange(0.05, 0.9),
    scalePx: side * random.range(0.25, 1.1),
    filaments: random.range(0, 0.8),
  }
}

function cluster(random: Random, size: Size): ClusterSpec {
  const mpx = (size.width * size.height) / 1e6
  const radiusPx = Math.min(size.width, size.height) * random.range(0.02, 0.07)
  return random.chance(0.5)
    ? {
        kind: 'globular',
        stars: Math.floor(random.logRange(300, 2500) * Math.max(0.1, mpx)),
        radiusPx,
      }
    : { kind: 'open', stars: Math.floor(random.logRange(40, 200)), radiusPx: 3 * radiusPx }
}

/** Every other field holds one to three stars that a telescope cannot take without spikes, halos or bleeding. */
function brightStars(random: Random, size: Size, telescope: Telescope) {
  const limit = fluxAtSnr(5, normalNoiseE(telescope), telescope.fwhmPx)
  const count = random.chance(0.5) ? 1 + random.integer(3) : 0
  return Array.from({ length: count }, () => ({
    dxPx: size.width * random.range(-0.48, 0.48),
    dyPx: size.height * random.range(-0.48, 0.48),
    fluxE: limit * random.logRange(3e3, 2e5),
  }))
}
