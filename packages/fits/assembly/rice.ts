// RICE_1 (FITS 4.0, section 10.4.1): blocks of differences between neighbours, each block with the number
// of low bits that suit it. The input is swapped to words of 32 bits before (swap32). A call decodes whole
// blocks until `count` pixels are done or the input ends; what it did is left in riceBit and riceLast.

let endBit: i32 = 0
let lastValue: i32 = 0

/** The bit after the last whole block decoded, counted from the start of the window. */
export function riceBit(): i32 {
  return endBit
}

/** The last pixel decoded. */
export function riceLast(): i32 {
  return lastValue
}

export function rice8(from: usize, bytes: i32, bit: i32, to: usize, n: i32, last: i32, block: i32): i32 {
  return decode<u8>(from, bytes, bit, to, n, last, block)
}

export function rice16(from: usize, bytes: i32, bit: i32, to: usize, n: i32, last: i32, block: i32): i32 {
  return decode<i16>(from, bytes, bit, to, n, last, block)
}

export function rice32(from: usize, bytes: i32, bit: i32, to: usize, n: i32, last: i32, block: i32): i32 {
  return decode<i32>(from, bytes, bit, to, n, last, block)
}

/**
 * Decodes up to `count` pixels from the window of `bytes` bytes at `from`, beginning at `bit`. Returns how
 * many are at `to`: fewer than `count` where the window ends within a block.
 */
function decode<T>(
  from: usize,
  bytes: i32,
  bit: i32,
  to: usize,
  count: i32,
  last: i32,
  block: i32,
): i32 {
  const pixelBits: i32 = sizeof<T>() * 8
  const splitBits: i32 = sizeof<T>() == 4 ? 5 : sizeof<T>() == 2 ? 4 : 3
  const rawSplit: i32 = sizeof<T>() == 4 ? 25 : sizeof<T>() == 2 ? 14 : 6
  const limit = from + <usize>bytes + 8

  // `buffer` holds the next `held` bits at its upper end, zeros below them.
  let next = from
  let buffer = <u64>load<u32>(next) << 32
  let held: i32 = 32 - bit
  buffer <<= <u64>bit
  next += 4

  let done: i32 = 0
  endBit = bit
  lastValue = last
  while (done < count) {
    const n = min(block, count - done)
    // How the block is written: 0 all equal, the largest raw, otherwise low bits plus 1.
    if (held <= 32) {
      buffer |= <u64>load<u32>(next) << <u64>(32 - held)
      next += 4
      held += 32
    }
    const split = <i32>(buffer >> <u64>(64 - splitBits)) - 1
    buffer <<= <u64>splitBits
    held -= splitBits

    if (split < 0) {
      for (let i = 0; i < n; i++) store<T>(to + <usize>i * sizeof<T>(), <T>last)
    } else if (split == rawSplit) {
      for (let i = 0; i < n; i++) {
        if (held <= 32) {
          buffer |= <u64>load<u32>(next) << <u64>(32 - held)
          next += 4
          held += 32
        }
        const folded = <u32>(buffer >> <u64>(64 - pixelBits))
        buffer <<= <u64>pixelBits
        held -= pixelBits
        last += <i32>((folded >> 1) ^ (0 - (folded & 1)))
        store<T>(to + <usize>i * sizeof<T>(), <T>last)
      }
    } else {
      for (let i = 0; i < n; i++) {
        if (held <= 32) {
          buffer |= <u64>load<u32>(next) << <u64>(32 - held)
          next += 4
          held += 32
        }
        // High bits: as many zeros as their value, then a one.
        let zeros = <i32>clz(buffer)
        let high: u32 = 0
        while (zeros >= held) {
          if (next > limit) return done
          high += <u32>held
          buffer = <u64>load<u32>(next) << 32
          next += 4
          held = 32
          zeros = <i32>clz(buffer)
        }
        high += <u32>zeros
        buffer = (buffer << <u64>zeros) << 1
        held -= zeros + 1
        if (held <= 32) {
          buffer |= <u64>load<u32>(next) << <u64>(32 - held)
          next += 4
          held += 32
        }
        // Low bits, as they are. Two shifts, since one by 64 would do nothing.
        const folded = (high << split) | <u32>((buffer >> 1) >> <u64>(63 - split))
        buffer <<= <u64>split
        held -= split
        // Odd numbers stand for negative differences.
        last += <i32>((folded >> 1) ^ (0 - (folded & 1)))
        store<T>(to + <usize>i * sizeof<T>(), <T>last)
      }
    }

    // A block that used bits past the end was not there.
    const used = <i32>(next - from) * 8 - held
    if (used > bytes * 8) return done
    done += n
    to += <usize>n * sizeof<T>()
    endBit = used
    lastValue = last
  }
  return done
}
