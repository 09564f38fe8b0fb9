// CRC-32C (Castagnoli). Its polynomial divides x^8a + x^8b + x^8c + 1: so a byte that stands at least a bytes before
// the end can be added (exclusive or) to those a-b, a-c and a bytes behind it, and forgotten. What remains are the
// last bytes, whose checksum tables give. As fast as memory is read, with nothing but exclusive ors; after Kounavis
// and Berry (2005, tables) and Kareem, "Chorba: a novel CRC32 implementation" (2024, sparse multiples).

/** The distances a-b, a-c and a: the least that there are, by search. */
const near: usize = 767
const middle: usize = 2524
const far: usize = 5275

/** Bytes that are folded at a time, so that all this stays in the nearest cache. */
const block: usize = 16384
/** What folding looks back on, rounded up. */
const history: usize = 5280

const tables: usize = memory.data(8 * 256 * 4, 16)
/** The history, a block, and zeros after it. */
const work: usize = memory.data(5280 + 16384 + 16, 16)
/** The last bytes. */
const rest: usize = memory.data(5280 + 16 + 16, 16)

/** Fills the tables; once for each memory. */
export function prepareCrc(): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
    store<u32>(tables + (<usize>byte << 2), crc)
  }
  for (let byte: u32 = 0; byte < 256; byte++) {
    let crc = load<u32>(tables + (<usize>byte << 2))
    for (let table: usize = 1; table < 8; table++) {
      crc = entry(0, crc & 0xff) ^ (crc >>> 8)
      store<u32>(tables + (table << 10) + (<usize>byte << 2), crc)
    }
  }
}

// @ts-ignore: decorator
@inline
function entry(table: usize, byte: u32): u32 {
  return load<u32>(tables + (table << 10) + (<usize>byte << 2))
}

/** The checksum of `length` bytes. */
export function crc32c(at: usize, length: usize): u32 {
  if (length < 4 * far) return ~slices(at, length, 0xffffffff)
  const folded = (length - far) & ~15
  const end = fold(at, folded)
  // What the folded bytes add to those after them.
  const left = length - folded
  memory.copy(rest, at + folded, left)
  v128.store(end, i32x4.splat(0))
  add(rest, end - near, near)
  add(rest, end - middle, middle)
  add(rest, end - far, far)
  return ~slices(rest, left, 0)
}

/** Folds `length` bytes, a multiple of 16; returns where the last `history` folded ones end. */
function fold(at: usize, length: usize): usize {
  memory.fill(work, 0, history)
  let ones: i32 = -1
  let end = work + history
  while (length > 0) {
    if (end > work + history) memory.copy(work, end - history, history)
    const some = min(length, block)
    const from = at - (work + history)
    end = work + history + some
    let to = work + history
    // The checksum begins with all ones: they are added to the first four bytes.
    v128.store(to, v128.xor(folded(from, to), i32x4.replace_lane(i32x4.splat(0), 0, ones)))
    ones = 0
    to += 16
    for (const wide = end - 48; to < wide; to += 64) {
      const a = folded(from, to)
      const b = folded(from, to + 16)
      const c = folded(from, to + 32)
      const d = folded(from, to + 48)
      v128.store(to, a)
      v128.store(to, b, 16)
      v128.store(to, c, 32)
      v128.store(to, d, 48)
    }
    for (; to < end; to += 16) v128.store(to, folded(from, to))
    at += some
    length -= some
  }
  return end
}

// @ts-ignore: decorator
@inline
function folded(from: usize, to: usize): v128 {
  return v128.xor(
    v128.xor(v128.load(from + to), v128.load(to - near)),
    v128.xor(v128.load(to - middle), v128.load(to - far)),
  )
}

/** Adds `length` bytes, and zeros after them, to those at `target`. */
function add(target: usize, source: usize, length: usize): void {
  for (let i: usize = 0; i < length; i += 16) {
    v128.store(target + i, v128.xor(v128.load(target + i), v128.load(source + i)))
  }
}

function slices(at: usize, length: usize, crc: u32): u32 {
  const end = at + length
  const wide = at + (length & ~7)
  for (; at < wide; at += 8) {
    const low = load<u32>(at) ^ crc
    const high = load<u32>(at, 4)
    crc =
      entry(7, low & 0xff) ^
      entry(6, (low >>> 8) & 0xff) ^
      entry(5, (low >>> 16) & 0xff) ^
      entry(4, low >>> 24) ^
      entry(3, high & 0xff) ^
      entry(2, (high >>> 8) & 0xff) ^
      entry(1, (high >>> 16) & 0xff) ^
      entry(0, high >>> 24)
  }
  for (; at < end; at++) crc = entry(0, (crc ^ load<u8>(at)) & 0xff) ^ (crc >>> 8)
  return crc
}
