/** A seeded source of numbers whose whole state is four integers, so that a checkpoint can hold it. */
export interface Random {
  /** Uniform in [0, 1), 32 bits. */
  uniform(): number
  /** Standard normal. */
  normal(): number
  /** Whole number in [0, n). */
  below(n: number): number
  readonly state: RandomState
}

export type RandomState = readonly [number, number, number, number]

/**
 * xoshiro128** (Blackman & Vigna 2018), seeded by splitmix32; the same numbers on every machine.
 * `seed` is a whole number, or the state to go on from.
 */
export function random(seed: number | RandomState): Random {
  const s = Uint32Array.from(typeof seed === 'number' ? splitmix(seed) : seed)
  const next = () => {
    const [s0 = 0, s1 = 0, s2 = 0, s3 = 0] = s
    const result = Math.imul(rotate(Math.imul(s1, 5), 7), 9) >>> 0
    s[2] = s2 ^ s0
    s[3] = s3 ^ s1
    s[1] = s1 ^ (s[2] ?? 0)
    s[0] = s0 ^ (s[3] ?? 0)
    s[2] = (s[2] ?? 0) ^ (s1 << 9)
    s[3] = rotate(s[3] ?? 0, 11)
    return result
  }
  const uniform = () => next() / 2 ** 32
  return {
    uniform,
    // Box–Muller without a spare: the state alone says what comes next.
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    below: (n) => Math.floor(uniform() * n),
    get state() {
      return [...s] as unknown as RandomState
    },
  }
}

const rotate = (x: number, k: number) => ((x << k) | (x >>> (32 - k))) >>> 0

function splitmix(seed: number): number[] {
  let state = seed >>> 0
  return Array.from({ length: 4 }, () => {
    state = (state + 0x9e3779b9) >>> 0
    let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return (z ^ (z >>> 15)) >>> 0
  })
}
