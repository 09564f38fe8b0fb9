/** Whole numbers of 32 bits, drawn one after the other. */
export type Draw = () => number

/**
 * xoshiro128** (Blackman & Vigna 2018), seeded by splitmix32: the same numbers on every machine. Streams of one seed
 * have nothing to do with one another.
 */
export function random(seed: number, stream: number): Draw {
  const next = splitmix(mix(seed >>> 0) + Math.imul(stream, 0x9e3779b1))
  const s = Uint32Array.from({ length: 4 }, next)
  return () => {
    const result = Math.imul(rotate(Math.imul(s[1], 5), 7), 9) >>> 0
    const shifted = s[1] << 9
    s[2] ^= s[0]
    s[3] ^= s[1]
    s[1] ^= s[2]
    s[0] ^= s[3]
    s[2] ^= shifted
    s[3] = rotate(s[3], 11)
    return result
  }
}

const rotate = (x: number, k: number) => ((x << k) | (x >>> (32 - k))) >>> 0

function mix(x: number): number {
  const y = Math.imul(x ^ (x >>> 16), 0x21f0aaad)
  const z = Math.imul(y ^ (y >>> 15), 0x735a2d97)
  return (z ^ (z >>> 15)) >>> 0
}

function splitmix(from: number): Draw {
  let state = from >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    return mix(state)
  }
}
