/** MurmurHash3 of bytes, 32 bits (Appleby): tells states apart, in a few milliseconds for ten million numbers. */
export function fingerprint(bytes: Uint8Array): number {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
  const whole = aligned.length >> 2
  const words = new Int32Array(aligned.buffer, aligned.byteOffset, whole)
  let hash = 0
  for (let i = 0; i < whole; i++) {
    hash ^= scramble(words[i])
    hash = (hash << 13) | (hash >>> 19)
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0
  }
  let rest = 0
  for (let i = aligned.length - 1; i >= whole * 4; i--) rest = (rest << 8) | aligned[i]
  hash ^= scramble(rest) ^ aligned.length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function scramble(word: number): number {
  const k = Math.imul(word, 0xcc9e2d51)
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593)
}
