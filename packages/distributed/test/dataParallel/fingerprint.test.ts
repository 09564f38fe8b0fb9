import { describe, expect, it } from 'vitest'
import { fingerprint } from '../../src/dataParallel/fingerprint.ts'

describe('fingerprint', () => {
  // Vectors of MurmurHash3_x86_32 with seed 0, as published with it and by its ports.
  it.each([
    ['', 0],
    ['test', 0xba6bd213],
    ['Hello, world!', 0xc0363e43],
    ['The quick brown fox jumps over the lazy dog', 0x2e4ff723],
  ])('of %j', (text, expected) => {
    const bytes = new TextEncoder().encode(text)
    expect(fingerprint(bytes)).toBe(expected)
    const shifted = new Uint8Array(bytes.length + 1)
    shifted.set(bytes, 1)
    expect(fingerprint(shifted.subarray(1))).toBe(expected)
  })
})
