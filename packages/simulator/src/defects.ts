import type { Telescope } from './instrument.ts'
import { cos, exp, pi, sin } from './math.ts'
import { type Random, randomStream } from './random.ts'
import { normalNoiseE } from './stars.ts'
import type { Plane } from './types.ts'

/** Hot and dead pixels, warm and dark columns: the same on every frame of a sensor. Electrons. */
export function addDefects(plane: Plane, telescope: Telescope): void {
  const { data, width, height } = plane
  const random = randomStream(telescope.sensorSeed, 'defects')
  const mpx = (width * height) / 1e6
  const noiseE = normalNoiseE(telescope)
  const hot = random.poisson(telescope.hotPixelsPerMpx * mpx)
  for (let n = 0; n < hot; n++) {
    // Dark rates spread over decades; a few pixels are full after any exposure.
    const rate = Math.min(exp(1.6 * random.normal()), 200)
    data[random.integer(width * height)]! += 0.6 * rate * telescope.exposureS + 20 * rate
  }
  const dead = random.poisson(telescope.deadPixelsPerMpx * mpx)
  for (let n = 0; n < dead; n++) {
    const at = random.integer(width * height)
    data[at] = data[at]! * random.range(0, 0.6)
  }
  for (let n = 0; n < telescope.warmColumns; n++) {
    const x = random.integer(width)
    const from = random.chance(0.5) ? 0 : random.integer(height)
    const extra = random.chance(0.8) ? random.logRange(0.4, 6) : -random.logRange(0.4, 2)
    addColumn(plane, x, from, extra * noiseE)
  }
}

function addColumn({ data, width, height }: Plane, x: number, from: number, extra: number): void {
  for (let y = from; y < height; y++) {
    const i = y * width + x
    data[i] = Math.max(0, data[i]! + extra)
  }
}

/** Glow of the read-out amplifier in one corner, in electrons. */
export function addAmplifierGlow(plane: Plane, telescope: Telescope): void {
  if (telescope.ampGlowE <= 0) return
  const { data, width, height } = plane
  const corner = randomStream(telescope.sensorSeed, 'amplifier').integer(4)
  const cx = corner & 1 ? width - 1 : 0
  const cy = corner & 2 ? height - 1 : 0
  const scale = 0.1 * Math.max(width, height)
  const fall = Float64Array.from({ length: width }, (_, x) => exp(-Math.abs(x - cx) / scale))
  for (let y = 0, i = 0; y < height; y++) {
    const level = telescope.ampGlowE * exp(-Math.abs(y - cy) / scale)
    for (let x = 0; x < width; x++, i++) data[i] = data[i]! + level * fall[x]!
  }
}

/**
 * Cosmic rays: most are points of a few pixels; on thick CCDs some electrons wander and leave worms of up to about
 * 40 pixels (Groom 2002). Sharper than any star.
 */
export function addCosmicRays(plane: Plane, telescope: Telescope, seed: number): void {
  const random = randomStream(seed, 'cosmic rays')
  const count = random.poisson((telescope.cosmicRaysPerMpx * plane.width * plane.height) / 1e6)
  const thick = telescope.camera === 'ccd'
  for (let n = 0; n < count; n++) {
    const x = random.uniform() * plane.width
    const y = random.uniform() * plane.height
    const worm = thick && random.chance(0.22)
    const length = worm
      ? Math.min(random.range(8, 16) * exp(0.5 * random.normal()), 42)
      : 0.4 + 1.7 * random.exponential()
    const charge = random.logRange(120, worm ? 700 : 2600)
    drawWorm(plane, random, {
      x,
      y,
      length: Math.min(length, 42),
      charge,
      bend: worm ? 0.16 : 0.02,
    })
  }
}

interface Worm {
  readonly x: number
  readonly y: number
  readonly length: number
  /** Electrons per pixel of its length. */
  readonly charge: number
  /** How much it turns by chance in a quarter pixel, in radians. */
  readonly bend: number
}

/** Walks in quarter pixels along a path that bends by chance, dropping charge on the nearest two pixels. */
function drawWorm({ data, width, height }: Plane, random: Random, worm: Worm): void {
  const { length, charge, bend } = worm
  let { x, y } = worm
  let angle = 2 * pi * random.uniform()
  for (let step = 0; step < length * 4; step++) {
    const ix = Math.floor(x + 0.5)
    const iy = Math.floor(y + 0.5)
    if (ix >= 1 && iy >= 1 && ix < width - 1 && iy < height - 1) {
      const share = charge * 0.25 * (0.7 + 0.6 * random.uniform())
      const at = iy * width + ix
      data[at] = data[at]! + 0.86 * share
      // A little diffuses into the neighbour on whose side the charge fell.
      data[at + (x > ix ? 1 : -1)]! += 0.07 * share
      data[at + (y > iy ? width : -width)]! += 0.07 * share
    }
    angle += bend * random.normal()
    x += 0.25 * cos(angle)
    y += 0.25 * sin(angle)
  }
}
