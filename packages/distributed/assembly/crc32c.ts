// CRC-32C (Castagnoli). Its polynomial divides x^8a + x^8b + x^8c + 1: so a byte that stands at least a bytes before
// the end can be added (exclusive or) to those a-b, a-c and a bytes behind it, and forgotten. A relation of six terms
// reaches less far: it does the same for what remains, until tables give the checksum of the last few hundred bytes.
// As fast as memory is read, with nothing but exclusive ors; after Kounavis and Berry (2005, tables) and Kareem,
// "Chorba: a novel CRC32 implementation" (2024, sparse multiples).

/** The distances a-b, a-c and a: the least that there are, by search. */
const near: usize = 767
const middle: usize = 2524
const far: usize = 5275
/** Those of six terms, by search too: the farthest is the least of which none is below 166. */
const short0: usize = 166
const short1: usize = 180
const short2: usize = 188
const short3: usize = 207
const short4: usize = 343

/** Bytes that are folded at a time, so that all this stays in the nearest cache. */
const block: usize = 16384
/** What folding looks back on, rounded up. */
const history: usize = 5280
/** Bytes that are worth folding. */
const least: usize = 1024

/** Where all this lies: nothing else of the kernels is in memory. (Data of the compiler's would be embedded zeros.) */
const tables: usize = 1024
/** Checksums that may be under way at once: each has its history, a block, and zeros after it. */
const works: usize = tables + 8 * 256 * 4
const workBytes: usize = history + block + 16
/** Where the history of each ends: 0 while nothing was added to it. */
const ends: usize = works + 2 * workBytes
/** The last bytes, after as many zeros as the six terms look back on, and before zeros. */
const restStart: usize = ends + 16 + 352
/** The very last ones. */
const last: usize = restStart + history + 32
export const endOfCrc: usize = last + 352 + 32
/** Read only to have it read. */
let touched: u32 = 0

/** Fills the tables, and zeros; once for each memory. */
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
  memory.fill(restStart - 352, 0, 352)
}

// @ts-ignore: decorator
@inline
function entry(table: usize, byte: u32): u32 {
  return load<u32>(tables + (table << 10) + (<usize>byte << 2))
}

/** Begins checksum 0 or 1 anew. */
export function beginCrc(which: usize): void {
  store<usize>(ends + (which << 2), 0)
}

/** Adds `length` bytes, a multiple of 16, to checksum 0 or 1. */
export function addCrc(which: usize, at: usize, length: usize): void {
  while (length > 0) {
    const some = min(length, block)
    fold(which, at, some)
    at += some
    length -= some
  }
}

/** Checksum 0 or 1, with the last `length` bytes: at least 5275 where others were added before. */
export function endCrc(which: usize, at: usize, length: usize): u32 {
  const isFresh = load<usize>(ends + (which << 2)) == 0
  if (isFresh && length < least) return ~slices(at, length, 0xffffffff)
  if (isFresh && length < far + 16) {
    memory.copy(restStart, at, length)
    store<u32>(restStart, ~load<u32>(restStart))
    return ~shortFold(length)
  }
  const folded = (length - far) & ~15
  addCrc(which, at, folded)
  // What the folded bytes add to those after them.
  const end = load<usize>(ends + (which << 2))
  const left = length - folded
  memory.copy(restStart, at + folded, left)
  v128.store(end, i32x4.splat(0))
  add(restStart, end - near, near)
  add(restStart, end - middle, middle)
  add(restStart, end - far, far)
  return ~shortFold(left)
}

/** The checksum of `length` bytes; checksum 0 begins anew. */
export function crc32c(at: usize, length: usize): u32 {
  beginCrc(0)
  return endCrc(0, at, length)
}

/** Folds at most a block: `length` bytes, a multiple of 16. */
function fold(which: usize, at: usize, length: usize): void {
  // Reads everything once, a few bytes of every line: the processor waits for many lines at once, not for one by one.
  let sum: u32 = 0
  for (let i: usize = 0; i < length; i += 64) sum ^= load<u32>(at + i)
  touched = sum
  const start = works + which * workBytes + history
  const before = load<usize>(ends + (which << 2))
  if (before == 0) memory.fill(start - history, 0, history)
  else memory.copy(start - history, before - history, history)
  const end = start + length
  const from = at - start
  let to = start
  // The checksum begins with all ones: they are added to the first four bytes.
  const ones = i32x4.replace_lane(i32x4.splat(0), 0, before == 0 ? -1 : 0)
  v128.store(to, v128.xor(folded(from, to), ones))
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
  store<usize>(ends + (which << 2), end)
}

// @ts-ignore: decorator
@inline
function folded(from: usize, to: usize): v128 {
  return v128.xor(
    v128.xor(v128.load(from + to), v128.load(to - near)),
    v128.xor(v128.load(to - middle), v128.load(to - far)),
  )
}

/** Folds the last bytes where they lie, but for the very last. */
function shortFold(length: usize): u32 {
  const end = restStart + ((length - short4) & ~15)
  for (let to = restStart; to < end; to += 16) v128.store(to, shortFolded(to))
  const left = restStart + length - end
  memory.copy(last, end, left)
  v128.store(end, i32x4.splat(0))
  add(last, end - short0, short0)
  add(last, end - short1, short1)
  add(last, end - short2, short2)
  add(last, end - short3, short3)
  add(last, end - short4, short4)
  return slices(last, left, 0)
}

// @ts-ignore: decorator
@inline
function shortFolded(to: usize): v128 {
  return v128.xor(
    v128.xor(
      v128.xor(v128.load(to), v128.load(to - short0)),
      v128.xor(v128.load(to - short1), v128.load(to - short2)),
    ),
    v128.xor(v128.load(to - short3), v128.load(to - short4)),
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
