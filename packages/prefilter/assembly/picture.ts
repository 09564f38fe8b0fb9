/** Adds a row times `weight` to `sums` and `weight` to `weights`, save where the row is not finite. */
export function addRow(row: usize, width: i32, weight: f32, sums: usize, weights: usize): void {
  const infinite = f32x4.splat(Infinity)
  const factor = f32x4.splat(weight)
  let x = 0
  for (; x + 4 <= width; x += 4) {
    const offset = <usize>x << 2
    const value = v128.load(row + offset)
    const known = f32x4.lt(f32x4.abs(value), infinite)
    const sum = f32x4.add(v128.load(sums + offset), v128.and(f32x4.mul(value, factor), known))
    v128.store(sums + offset, sum)
    v128.store(weights + offset, f32x4.add(v128.load(weights + offset), v128.and(factor, known)))
  }
  for (; x < width; x++) {
    const offset = <usize>x << 2
    const value = load<f32>(row + offset)
    if (!(Mathf.abs(value) < Infinity)) continue
    store<f32>(sums + offset, load<f32>(sums + offset) + value * weight)
    store<f32>(weights + offset, load<f32>(weights + offset) + weight)
  }
}

/** Raises `most` to a row's values; NaN raises nothing. */
export function raiseToRow(row: usize, width: i32, most: usize): void {
  let x = 0
  for (; x + 4 <= width; x += 4) {
    const offset = <usize>x << 2
    // pmax(a, b) is b only where a < b, which is false for NaN.
    v128.store(most + offset, f32x4.pmax(v128.load(most + offset), v128.load(row + offset)))
  }
  for (; x < width; x++) {
    const offset = <usize>x << 2
    const value = load<f32>(row + offset)
    if (value > load<f32>(most + offset)) store<f32>(most + offset, value)
  }
}

/**
 * Values between low and low + 1 / scale through the midtones transfer function to bytes, rounded; NaN becomes 0.
 * `count` is rounded up to a multiple of 4.
 */
export function stretchToBytes(
  pixels: usize,
  count: i32,
  low: f32,
  scale: f32,
  midtones: f32,
  out: usize,
): void {
  const lows = f32x4.splat(low)
  const scales = f32x4.splat(scale)
  const zero = f32x4.splat(0)
  const one = f32x4.splat(1)
  const above = f32x4.splat(midtones - 1)
  const slope = f32x4.splat(2 * midtones - 1)
  const m = f32x4.splat(midtones)
  const full = f32x4.splat(255)
  const half = f32x4.splat(0.5)
  for (let i = 0; i < count; i += 4) {
    const place = f32x4.mul(f32x4.sub(v128.load(pixels + (<usize>i << 2)), lows), scales)
    // pmax(zero, NaN) is zero.
    const x = f32x4.pmin(one, f32x4.pmax(zero, place))
    const y = f32x4.div(f32x4.mul(above, x), f32x4.sub(f32x4.mul(slope, x), m))
    const level = i32x4.trunc_sat_f32x4_s(f32x4.add(f32x4.mul(y, full), half))
    store<u8>(out + i, <u8>i32x4.extract_lane(level, 0))
    store<u8>(out + i, <u8>i32x4.extract_lane(level, 1), 1)
    store<u8>(out + i, <u8>i32x4.extract_lane(level, 2), 2)
    store<u8>(out + i, <u8>i32x4.extract_lane(level, 3), 3)
  }
}
