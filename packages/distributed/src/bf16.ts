const float = new Float32Array(1)
const bits = new Uint32Array(float.buffer)

/** The nearest bfloat16, ties to even, as a float: its upper 16 bits are what travels. NaN stays NaN. */
export function roundToBf16(value: number): number {
  float[0] = value
  const top = bits[0] >>> 16
  bits[0] = (Number.isNaN(value) ? top | 0x40 : (bits[0] + 0x7fff + (top & 1)) >>> 16) << 16
  return float[0]
}
