import type { Telescope } from './instrument.ts'
import { exp } from './math.ts'
import { normalFromBits } from './normal.ts'
import { deriveSeed, randomStream } from './random.ts'
import type { Plane } from './types.ts'

/** Below this many electrons photons are counted one by one. */
const exactBelow = 16

/**
 * Turns expected electrons into whole ADU, in place. The noise of a pixel depends on the seed and on its place
 * alone: a trail added to a frame leaves the noise beside it as it was.
 * Above 16 electrons photon and read noise are one draw, with the skewness of the photons (Cornish & Fisher).
 */
export function exposePlane(plane: Plane, telescope: Telescope, seed: number): void {
  const { data, width, height } = plane
  const { readNoiseE, fullWellE, gainE, biasAdu, adcStepAdu } = telescope
  const readVariance = readNoiseE * readNoiseE
  const keyA = deriveSeed(seed, 'pixel noise a') | 0
  const keyB = deriveSeed(seed, 'pixel noise b') | 0
  const rows = randomStream(seed, 'row noise')
  const perAdu = 1 / (gainE * adcStepAdu)
  const top = Math.floor(65535 / adcStepAdu) * adcStepAdu
  for (let y = 0; y < height; y++) {
    const offset = biasAdu / adcStepAdu + 0.5 + telescope.bandingE * rows.normal() * perAdu
    const end = (y + 1) * width
    for (let i = y * width; i < end; i++) {
      const bits = pixelBits(i, keyA, keyB)
      const z = normalFromBits(bits)
      const expected = data[i]!
      let electrons: number
      if (expected < exactBelow) {
        electrons = countPhotons(expected, bits ^ keyA) + readNoiseE * z
      } else {
        const variance = expected + readVariance
        electrons = expected + Math.sqrt(variance) * z + ((z * z - 1) * expected) / (6 * variance)
      }
      if (electrons > fullWellE) electrons = fullWellE + readNoiseE * z
      const value = Math.floor(electrons * perAdu + offset) * adcStepAdu
      data[i] = value < 0 ? 0 : value > top ? top : value
    }
  }
}

/** 32 random bits for a pixel: a bijection of its number, keyed in the middle so that frames do not share runs. */
export function pixelBits(index: number, keyA: number, keyB: number): number {
  let x = (index + keyA) | 0
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d)
  x = Math.imul((x ^ (x >>> 15)) + keyB, 0x846ca68b)
  x = Math.imul(x ^ (x >>> 16), 0x31848bab)
  return (x ^ (x >>> 15)) >>> 0
}

/** Exact Poisson number by inversion, from bits of its own. */
function countPhotons(mean: number, bits: number): number {
  if (!(mean > 0)) return 0
  let left = (pixelBits(bits, 0x1b873593, 0x4cf5ad43) + 0.5) / 4294967296
  let probability = exp(-mean)
  let count = 0
  while (left > probability && count < 100) {
    left -= probability
    count++
    probability *= mean / count
  }
  return count
}

/**
 * Caps pixels at full well and returns how many there were. Without anti-blooming the surplus spills up and down
 * the column, half each way, until it has found room.
 */
export function saturatePlane(plane: Plane, fullWellE: number, antiBlooming: boolean): number {
  const { data, width, height } = plane
  let full = 0
  const columns = new Uint8Array(width)
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (data[i]! <= fullWellE) continue
      full++
      if (antiBlooming) data[i] = fullWellE
      else columns[x] = 1
    }
  }
  if (antiBlooming) return full
  for (let x = 0; x < width; x++) if (columns[x]) spillColumn(plane, x, fullWellE)
  return full
}

function spillColumn({ data, width, height }: Plane, x: number, fullWellE: number): void {
  // Charge runs one way after the other, so that each pass meets the columns as they then are.
  for (const way of [1, -1]) {
    let carried = 0
    for (let step = 0; step < height; step++) {
      const i = (way === 1 ? step : height - 1 - step) * width + x
      const surplus = data[i]! - fullWellE
      if (surplus > 0) {
        const leaving = way === 1 ? surplus / 2 : surplus
        data[i] = data[i]! - leaving
        carried += leaving
      } else if (carried > 0) {
        const taken = Math.min(carried, -surplus)
        data[i] = data[i]! + taken
        carried -= taken
      }
    }
  }
  for (let y = 0; y < height; y++) {
    const i = y * width + x
    if (data[i]! > fullWellE) data[i] = fullWellE
  }
}
