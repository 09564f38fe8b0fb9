// Quantised floats: to[i] = (from[i] - random[i] + 0.5) * scale + zero, in double precision. Without
// dither the caller passes 0.5 for every random number. `blank` becomes NaN; with dither method 2,
// `ZERO_MARK` becomes exactly 0. Whole vectors: up to 3 elements past the last are touched.

const ZERO_MARK: i32 = -2147483646

// @ts-ignore: decorator
@inline
function restore(v: v128, random: v128, scale: v128, zero: v128): v128 {
  const moved = f64x2.sub(f64x2.convert_low_i32x4_s(v), f64x2.promote_low_f32x4(random))
  return f64x2.add(f64x2.mul(f64x2.add(moved, f64x2.splat(0.5)), scale), zero)
}

/** Results as floats. */
export function dequantizeF32(
  from: usize,
  random: usize,
  to: usize,
  count: i32,
  scale: f64,
  zero: f64,
  blank: i32,
  hasZeroMark: i32,
): void {
  const s = f64x2.splat(scale)
  const z = f64x2.splat(zero)
  const b = i32x4.splat(blank)
  const marks = i32x4.splat(hasZeroMark ? -1 : 0)
  for (const end = from + (<usize>count << 2); from < end; from += 16, random += 16, to += 16) {
    const v = v128.load(from)
    const r = v128.load(random)
    const low = restore(v, r, s, z)
    const high = restore(v128.shuffle<i64>(v, v, 1, 1), v128.shuffle<i64>(r, r, 1, 1), s, z)
    const four = v128.shuffle<i64>(
      f32x4.demote_f64x2_zero(low),
      f32x4.demote_f64x2_zero(high),
      0,
      2,
    )
    const isZero = v128.and(i32x4.eq(v, i32x4.splat(ZERO_MARK)), marks)
    const known = v128.andnot(four, isZero)
    v128.store(to, v128.bitselect(f32x4.splat(f32.NaN), known, i32x4.eq(v, b)))
  }
}

/** Results as doubles. */
export function dequantizeF64(
  from: usize,
  random: usize,
  to: usize,
  count: i32,
  scale: f64,
  zero: f64,
  blank: i32,
  hasZeroMark: i32,
): void {
  const s = f64x2.splat(scale)
  const z = f64x2.splat(zero)
  const b = i32x4.splat(blank)
  const marks = i32x4.splat(hasZeroMark ? -1 : 0)
  const nan = f64x2.splat(f64.NaN)
  for (const end = from + (<usize>count << 2); from < end; from += 16, random += 16, to += 32) {
    const v = v128.load(from)
    const r = v128.load(random)
    const low = restore(v, r, s, z)
    const high = restore(v128.shuffle<i64>(v, v, 1, 1), v128.shuffle<i64>(r, r, 1, 1), s, z)
    const isZero = v128.and(i32x4.eq(v, i32x4.splat(ZERO_MARK)), marks)
    const isBlank = i32x4.eq(v, b)
    v128.store(
      to,
      v128.bitselect(
        nan,
        v128.andnot(low, i64x2.extend_low_i32x4_s(isZero)),
        i64x2.extend_low_i32x4_s(isBlank),
      ),
    )
    v128.store(
      to,
      v128.bitselect(
        nan,
        v128.andnot(high, i64x2.extend_high_i32x4_s(isZero)),
        i64x2.extend_high_i32x4_s(isBlank),
      ),
      16,
    )
  }
}
