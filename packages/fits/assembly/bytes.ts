// FITS is big-endian, WebAssembly little-endian. Every kernel works in place on whole vectors of 16
// bytes: it may touch up to 15 bytes past the last element.

/** Reverses the bytes of `count` elements of two bytes. */
export function swap16(at: usize, count: i32): void {
  const end = at + (<usize>count << 1)
  for (; at < end; at += 16) {
    const v = v128.load(at)
    v128.store(at, v128.shuffle<u8>(v, v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14))
  }
}

/** Reverses the bytes of `count` elements of four bytes. */
export function swap32(at: usize, count: i32): void {
  const end = at + (<usize>count << 2)
  for (; at < end; at += 16) {
    const v = v128.load(at)
    v128.store(at, v128.shuffle<u8>(v, v, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12))
  }
}

/** Reverses the bytes of `count` elements of eight bytes. */
export function swap64(at: usize, count: i32): void {
  const end = at + (<usize>count << 3)
  for (; at < end; at += 16) {
    const v = v128.load(at)
    v128.store(at, v128.shuffle<u8>(v, v, 7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8))
  }
}

/** Inverts the bits of `pattern` in every eight bytes: with sign bits, signed to unsigned and back. */
export function flip(at: usize, bytes: i32, pattern: i64): void {
  const mask = i64x2.splat(pattern)
  const end = at + <usize>bytes
  for (; at < end; at += 16) v128.store(at, v128.xor(v128.load(at), mask))
}
