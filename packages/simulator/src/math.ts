/*
 * Elementary functions from + - * / and sqrt alone. IEEE 754 fixes those to the last bit, whereas `Math.exp`
 * and its kin may differ between engines; so the same seed gives the same frame everywhere.
 * Series are summed until the first neglected term is below 2^-54 of the result.
 */

const ln2High = 0.6931471803691238 // 33 bits: k * ln2High is exact for |k| < 2^20
const ln2Low = 1.9082149292705877e-10
const halfPiHigh = 1.5707963267341256 // 33 bits, likewise
const halfPiMiddle = 6.077100506303966e-11 // the next 33 bits
const halfPiLow = 2.0222662487959506e-21
const bits = new DataView(new ArrayBuffer(8))

/** Ratio of a circle's circumference to its diameter. */
export const pi = Math.PI

const powersOfTwo = tabulatePowersOfTwo()

/** 2^k for k = -1074 .. 1023, by exact halving and doubling. */
function tabulatePowersOfTwo(): Float64Array {
  const table = new Float64Array(2098)
  table[1074] = 1
  for (let k = 1; k <= 1023; k++) table[1074 + k] = table[1073 + k]! * 2
  for (let k = -1; k >= -1074; k--) table[1074 + k] = table[1075 + k]! / 2
  return table
}

/** e^x, within 2 units in the last place. */
export function exp(x: number): number {
  if (!(x > -745.2)) return x < 0 ? 0 : x
  if (x > 709.78) return Number.POSITIVE_INFINITY
  const k = Math.floor(x * Math.LOG2E + 0.5)
  const r = x - k * ln2High - k * ln2Low
  let sum = 1
  for (let n = 14; n >= 1; n--) sum = 1 + (sum * r) / n
  return k < -1021 ? sum * powersOfTwo[k + 1174]! * powersOfTwo[974]! : sum * powersOfTwo[k + 1074]!
}

/** Natural logarithm of x > 0, within 2 units in the last place; NaN below zero. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN
  if (x === Number.POSITIVE_INFINITY) return x
  if (x < 2.2250738585072014e-308) return log(x * 18014398509481984) - 54 * (ln2High + ln2Low)
  bits.setFloat64(0, x)
  const high = bits.getUint32(0)
  let exponent = (high >>> 20) - 1023
  bits.setUint32(0, (high & 0xfffff) | 0x3ff00000)
  let mantissa = bits.getFloat64(0)
  if (mantissa > Math.SQRT2) {
    mantissa /= 2
    exponent += 1
  }
  // log m = 2 atanh((m - 1) / (m + 1)), |argument| <= 0.172
  const s = (mantissa - 1) / (mantissa + 1)
  const s2 = s * s
  let sum = 0
  for (let n = 21; n >= 3; n -= 2) sum = (sum + 1 / n) * s2
  return exponent * ln2High + (2 * s + (2 * s * sum + exponent * ln2Low))
}

/** x^y for x >= 0; relative error about |y log x| * 2^-52. */
export function pow(x: number, y: number): number {
  return x === 0 ? (y === 0 ? 1 : 0) : exp(y * log(x))
}

/** Sine; absolute error below 1e-15 for |x| < 1e5 radians. */
export function sin(x: number): number {
  const quarter = Math.floor(x / (pi / 2) + 0.5)
  const r = x - quarter * halfPiHigh - quarter * halfPiMiddle - quarter * halfPiLow
  const which = ((quarter % 4) + 4) % 4
  const value = which % 2 === 0 ? sineSeries(r) : cosineSeries(r)
  return which < 2 ? value : -value
}

/** Cosine; absolute error below 1e-15 for |x| < 1e5 radians. */
export function cos(x: number): number {
  const quarter = Math.floor(x / (pi / 2) + 0.5)
  const r = x - quarter * halfPiHigh - quarter * halfPiMiddle - quarter * halfPiLow
  const which = ((quarter % 4) + 4) % 4
  const value = which % 2 === 0 ? cosineSeries(r) : sineSeries(r)
  return which === 0 || which === 3 ? value : -value
}

function sineSeries(r: number): number {
  const r2 = r * r
  let sum = 1
  for (let n = 18; n >= 2; n -= 2) sum = 1 - (sum * r2) / (n * (n + 1))
  return r * sum
}

function cosineSeries(r: number): number {
  const r2 = r * r
  let sum = 1
  for (let n = 19; n >= 1; n -= 2) sum = 1 - (sum * r2) / (n * (n + 1))
  return sum
}

/** Angle of the point (x, y) in radians, -pi..pi; absolute error below 1e-15 * pi. */
export function atan2(y: number, x: number): number {
  if (x === 0 && y === 0) return 0
  const radius = Math.sqrt(x * x + y * y)
  // Halving the angle twice brings the argument below 0.2, where the series is short.
  if (x < 0) return y < 0 ? -pi - atan2(y, -x) : pi - atan2(y, -x)
  const once = y / (radius + x)
  const twice = once / (1 + Math.sqrt(1 + once * once))
  const thrice = twice / (1 + Math.sqrt(1 + twice * twice))
  const t2 = thrice * thrice
  let sum = 0
  for (let n = 25; n >= 3; n -= 2) sum = (1 / n - sum) * t2
  return 8 * thrice * (1 - sum)
}

/** `value` kept within `low` .. `high`. */
export function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value
}

/** 0 below `low`, 1 above `high`, a smooth rise between. */
export function smoothstep(low: number, high: number, value: number): number {
  const t = clamp((value - low) / (high - low), 0, 1)
  return t * t * (3 - 2 * t)
}

/** Degrees to radians. */
export function radians(deg: number): number {
  return (deg * pi) / 180
}
