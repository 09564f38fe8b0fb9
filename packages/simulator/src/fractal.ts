import { scramble } from './random.ts'

/** Options of `fractalNoise`. */
export interface FractalOptions {
  readonly seed: number
  /** Octaves, each half as large as the one before. */
  readonly octaves: number
  /** Weight of an octave over that of the one before: 0.5 soft, 0.65 rough. */
  readonly persistence: number
  /** True folds every octave at zero, which makes filaments. */
  readonly ridged?: boolean
}

/**
 * Noise on many scales (Perlin 2002), about mean 0 and standard deviation 1; the largest features have the size
 * of about one unit. `z` is time.
 */
export function fractalNoise(options: FractalOptions, x: number, y: number, z = 0): number {
  let sum = 0
  let power = 0
  let weight = 1
  let scale = 1
  for (let octave = 0; octave < options.octaves; octave++) {
    const seed = scramble(options.seed + octave * 0x632be5ab)
    const shift = octave * 17.31
    const value = gradientNoise(seed, x * scale + shift, y * scale - shift, z * scale)
    // The factors bring the standard deviation to 1 (measured over 1500 seeds).
    sum += weight * (options.ridged ? 1.36 - 8.8 * Math.abs(value) : 5.1 * value)
    power += weight * weight
    weight *= options.persistence
    scale *= 2
  }
  return sum / Math.sqrt(power)
}

/** Smooth noise of zero mean that vanishes on whole numbers. */
function gradientNoise(seed: number, x: number, y: number, z: number): number {
  const xi = Math.floor(x)
  const yi = Math.floor(y)
  const zi = Math.floor(z)
  const dx = x - xi
  const dy = y - yi
  const dz = z - zi
  const u = fade(dx)
  const v = fade(dy)
  const w = fade(dz)
  let sum = 0
  for (let corner = 0; corner < 8; corner++) {
    const cx = corner & 1
    const cy = (corner >> 1) & 1
    const cz = corner >> 2
    const weight = (cx ? u : 1 - u) * (cy ? v : 1 - v) * (cz ? w : 1 - w)
    if (weight === 0) continue
    const hash = latticeHash(seed, xi + cx, yi + cy, zi + cz)
    sum += weight * slope(hash, dx - cx, dy - cy, dz - cz)
  }
  return sum
}

function latticeHash(seed: number, xi: number, yi: number, zi: number): number {
  const withX = scramble(seed ^ Math.imul(xi, 0x27d4eb2f))
  return scramble(scramble(withX ^ Math.imul(yi, 0x165667b1)) ^ Math.imul(zi, 0x2545f491))
}

/** Scalar product of the offset with the random direction of a lattice point. */
function slope(hash: number, dx: number, dy: number, dz: number): number {
  const gx = ((hash & 1023) - 511.5) / 511.5
  const gy = (((hash >>> 10) & 1023) - 511.5) / 511.5
  const gz = ((hash >>> 20) - 2047.5) / 2047.5
  return gx * dx + gy * dy + gz * dz
}

function fade(t: number): number {
  return t * t * t * (t * (t * 6 - 15) + 10)
}
