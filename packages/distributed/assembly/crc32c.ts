// CRC-32C (Castagnoli), eight bytes at a time: Kounavis and Berry, "A systematic approach to building high
// performance software-based CRC generators" (2005).

const tables: usize = memory.data(8 * 256 * 4, 16)

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
  return ~slices(at, length, 0xffffffff)
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
