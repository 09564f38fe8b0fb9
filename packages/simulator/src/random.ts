import { exp, log } from './math.ts'
import { inverseNormal } from './normal.ts'

/** A stream of random numbers; the same seed and purpose give the same numbers on every machine. */
export interface Random {
  /** Next whole number, 0 .. 2^32 - 1. */
  bits(): number
  /** Strictly between 0 and 1. */
  uniform(): number
  /** Even between `low` and `high`. */
  range(low: number, high: number): number
  /** Even in the logarithm between `low` and `high`, both above 0. */
  logRange(low: number, high: number): number
  /** Whole number, 0 .. count - 1. */
  integer(count: number): number
  /** True with the given probability. */
  chance(probability: number): boolean
  /** One of the values. */
  pick<T>(values: readonly T[]): T
  /** Standard normal deviate. */
  normal(): number
  /** Exponential deviate of mean 1. */
  exponential(): number
  /** Poisson deviate: exact below a mean of 30, rounded normal with skewness above. */
  poisson(mean: number): number
}

/**
 * A stream of its own for each purpose, so that drawing more for one (say, trails) leaves all others (say, stars)
 * as they were. Generator: sfc32 (Doty-Humphrey), 128 bits of state, whole numbers only.
 */
export function randomStream(seed: number, purpose: string): Random {
  const next = sfc32(deriveSeed(seed, purpose), foldSeed(seed))
  const uniform = () => (next() + 0.5) / 4294967296
  return {
    bits: next,
    uniform,
    range: (low, high) => low + (high - low) * uniform(),
    logRange: (low, high) => low * exp(log(high / low) * uniform()),
    integer: (count) => Math.floor(uniform() * count),
    chance: (probability) => uniform() < probability,
    pick: (values) => values[Math.floor(uniform() * values.length)]!,
    normal: () => inverseNormal(uniform()),
    exponential: () => -log(uniform()),
    poisson: (mean) => poisson(mean, uniform),
  }
}

/** A new seed for a purpose, 0 .. 2^32 - 1. */
export function deriveSeed(seed: number, purpose: string): number {
  let hash = scramble(foldSeed(seed) ^ 0x9e3779b9)
  for (let i = 0; i < purpose.length; i++)
    hash = scramble(hash ^ purpose.charCodeAt(i)) + 0x6d2b79f5
  return scramble(hash) >>> 0
}

/** Any whole number as 32 bits, without losing the upper ones. */
function foldSeed(seed: number): number {
  const low = seed >>> 0
  const high = Math.floor(seed / 4294967296) >>> 0
  return (low ^ scramble(high)) >>> 0
}

/** A bijection of 32-bit numbers in which every input bit moves every output bit (after Wellons' lowbias32). */
export function scramble(value: number): number {
  let x = value
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d)
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b)
  return (x ^ (x >>> 16)) >>> 0
}

function sfc32(seedA: number, seedB: number): () => number {
  let a = seedA | 0
  let b = seedB | 0
  let c = scramble(seedA ^ 0x85ebca6b) | 0
  let counter = 1
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  for (let i = 0; i < 15; i++) next()
  return next
}

function poisson(mean: number, uniform: () => number): number {
  if (mean > 30) {
    const z = inverseNormal(uniform())
    const value = mean + Math.sqrt(mean) * z + (z * z - 1) / 6
    return Math.max(0, Math.floor(value + 0.5))
  }
  // Products of uniforms fall below e^-mean after a Poisson number of factors.
  const limit = exp(-mean)
  let count = 0
  for (let product = uniform(); product > limit; product *= uniform()) count++
  return count
}
