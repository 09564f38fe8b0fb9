/** Eight tables, so that eight bytes are taken in at once ("slicing by 8", Kounavis & Berry 2008). */
const tables = makeTables()

/** CRC-32 of bytes, as in zip and PNG (ISO 3309): finds every burst of up to 32 damaged bits. */
export function crc32(bytes: Uint8Array): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables
  const end = bytes.length - (bytes.length % 8)
  let crc = 0xffffffff
  let i = 0
  for (; i < end; i += 8) {
    crc ^= bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24)
    crc =
      t7[crc & 255] ^
      t6[(crc >>> 8) & 255] ^
      t5[(crc >>> 16) & 255] ^
      t4[crc >>> 24] ^
      t3[bytes[i + 4]] ^
      t2[bytes[i + 5]] ^
      t1[bytes[i + 6]] ^
      t0[bytes[i + 7]]
  }
  for (; i < bytes.length; i++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[i]) & 255]
  return ~crc >>> 0
}

function makeTables(): readonly Int32Array[] {
  const first = Int32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
    return crc
  })
  const all = [first]
  for (let n = 1; n < 8; n++) {
    all.push(all[n - 1].map((crc) => (crc >>> 8) ^ first[crc & 255]))
  }
  return all
}
