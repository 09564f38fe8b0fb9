// Stored values to physical ones: to[i] = f32(zero + scale * f64(from[i])), computed in double and rounded
// once. Integers equal to `blank` become NaN where `hasBlank` is not 0. Whole vectors are read and
// written: up to 15 elements past the last one are touched.

/** Four integers to four floats. */
// @ts-ignore: decorator
@inline
function physical(v: v128, scale: v128, zero: v128, blank: v128, enabled: v128): v128 {
  const low = f64x2.add(f64x2.mul(f64x2.convert_low_i32x4_s(v), scale), zero)
  const upper = v128.shuffle<i64>(v, v, 1, 1)
  const high = f64x2.add(f64x2.mul(f64x2.convert_low_i32x4_s(upper), scale), zero)
  const four = v128.shuffle<i64>(
    f32x4.demote_f64x2_zero(low),
    f32x4.demote_f64x2_zero(high),
    0,
    2,
  )
  const isBlank = v128.and(i32x4.eq(v, blank), enabled)
  return v128.bitselect(f32x4.splat(f32.NaN), four, isBlank)
}

/** Unsigned bytes, sixteen at a time. */
export function scaleU8(
  from: usize,
  to: usize,
  count: i32,
  scale: f64,
  zero: f64,
  blank: i32,
  hasBlank: i32,
): void {
  const s = f64x2.splat(scale)
  const z = f64x2.splat(zero)
  const b = i32x4.splat(blank)
  const enabled = i32x4.splat(hasBlank ? -1 : 0)
  for (const end = from + <usize>count; from < end; from += 16, to += 64) {
    const v = v128.load(from)
    const low = i16x8.extend_low_i8x16_u(v)
    const high = i16x8.extend_high_i8x16_u(v)
    v128.store(to, physical(i32x4.extend_low_i16x8_u(low), s, z, b, enabled))
    v128.store(to, physical(i32x4.extend_high_i16x8_u(low), s, z, b, enabled), 16)
    v128.store(to, physical(i32x4.extend_low_i16x8_u(high), s, z, b, enabled), 32)
    v128.store(to, physical(i32x4.extend_high_i16x8_u(high), s, z, b, enabled), 48)
  }
}

/** Signed 16-bit integers, eight at a time. */
export function scaleI16(
  from: usize,
  to: usize,
  count: i32,
  scale: f64,
  zero: f64,
  blank: i32,
  hasBlank: i32,
): void {
  const s = f64x2.splat(scale)
  const z = f64x2.splat(zero)
  const b = i32x4.splat(blank)
  const enabled = i32x4.splat(hasBlank ? -1 : 0)
  for (const end = from + (<usize>count << 1); from < end; from += 16, to += 32) {
    const v = v128.load(from)
    v128.store(to, physical(i32x4.extend_low_i16x8_s(v), s, z, b, enabled))
    v128.store(to, physical(i32x4.extend_high_i16x8_s(v), s, z, b, enabled), 16)
  }
}

/** Signed 32-bit integers, four at a time. */
export function scaleI32(
  from: usize,
  to: usize,
  count: i32,
  scale: f64,
  zero: f64,
  blank: i32,
  hasBlank: i32,
): void {
  const s = f64x2.splat(scale)
  const z = f64x2.splat(zero)
  const b = i32x4.splat(blank)
  const enabled = i32x4.splat(hasBlank ? -1 : 0)
  for (const end = from + (<usize>count << 2); from < end; from += 16, to += 16) {
    v128.store(to, physical(v128.load(from), s, z, b, enabled))
  }
}

/** Signed 64-bit integers: no vector instruction converts them. */
export function scaleI64(
  from: usize,
  to: usize,
  count: i32,
  scale: f64,
  zero: f64,
  blank: i64,
  hasBlank: i32,
): void {
  for (const end = from + (<usize>count << 3); from < end; from += 8, to += 4) {
    const v = load<i64>(from)
    store<f32>(to, hasBlank && v == blank ? f32.NaN : <f32>(<f64>v * scale + zero))
  }
}

/** Unsigned 64-bit integers. */
export function scaleU64(
  from: usize,
  to: usize,
  count: i32,
  scale: f64,
  zero: f64,
  blank: i64,
  hasBlank: i32,
): void {
  for (const end = from + (<usize>count << 3); from < end; from += 8, to += 4) {
    const v = load<u64>(from)
    store<f32>(to, hasBlank && v == <u64>blank ? f32.NaN : <f32>(<f64>v * scale + zero))
  }
}

/** Floats, four at a time. NaN stays NaN. */
export function scaleF32(from: usize, to: usize, count: i32, scale: f64, zero: f64): void {
  const s = f64x2.splat(scale)
  const z = f64x2.splat(zero)
  for (const end = from + (<usize>count << 2); from < end; from += 16, to += 16) {
    const v = v128.load(from)
    const upper = v128.shuffle<i64>(v, v, 1, 1)
    const low = f64x2.add(f64x2.mul(f64x2.promote_low_f32x4(v), s), z)
    const high = f64x2.add(f64x2.mul(f64x2.promote_low_f32x4(upper), s), z)
    v128.store(
      to,
      v128.shuffle<i64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2),
    )
  }
}

/** Doubles, four at a time. NaN stays NaN. */
export function scaleF64(from: usize, to: usize, count: i32, scale: f64, zero: f64): void {
  const s = f64x2.splat(scale)
  const z = f64x2.splat(zero)
  for (const end = from + (<usize>count << 3); from < end; from += 32, to += 16) {
    const low = f64x2.add(f64x2.mul(v128.load(from), s), z)
    const high = f64x2.add(f64x2.mul(v128.load(from, 16), s), z)
    v128.store(
      to,
      v128.shuffle<i64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2),
    )
  }
}
