/** Adds `count` floats at `source` to those at `target`. */
export function addFloats(target: usize, source: usize, count: i32): void {
  const end = target + (<usize>count << 2)
  const wide = target + (<usize>(count & ~15) << 2)
  while (target < wide) {
    v128.store(target, f32x4.add(v128.load(target), v128.load(source)))
    v128.store(target, f32x4.add(v128.load(target, 16), v128.load(source, 16)), 16)
    v128.store(target, f32x4.add(v128.load(target, 32), v128.load(source, 32)), 32)
    v128.store(target, f32x4.add(v128.load(target, 48), v128.load(source, 48)), 48)
    target += 64
    source += 64
  }
  for (; target < end; target += 4, source += 4) {
    store<f32>(target, load<f32>(target) + load<f32>(source))
  }
}

/** Adds `count` bfloat16 at `source` to as many floats at `target`. */
export function addBrains(target: usize, source: usize, count: i32): void {
  const end = target + (<usize>count << 2)
  const wide = target + (<usize>(count & ~7) << 2)
  while (target < wide) {
    const halves = v128.load(source)
    const low = i32x4.shl(i32x4.extend_low_i16x8_u(halves), 16)
    const high = i32x4.shl(i32x4.extend_high_i16x8_u(halves), 16)
    v128.store(target, f32x4.add(v128.load(target), low))
    v128.store(target, f32x4.add(v128.load(target, 16), high), 16)
    target += 32
    source += 16
  }
  for (; target < end; target += 4, source += 2) {
    store<f32>(target, load<f32>(target) + reinterpret<f32>(<u32>load<u16>(source) << 16))
  }
}

/** Divides `count` floats. */
export function divide(target: usize, count: i32, by: f32): void {
  const divisor = f32x4.splat(by)
  const end = target + (<usize>count << 2)
  const wide = target + (<usize>(count & ~3) << 2)
  for (; target < wide; target += 16) v128.store(target, f32x4.div(v128.load(target), divisor))
  for (; target < end; target += 4) store<f32>(target, load<f32>(target) / by)
}

/** Rounds `count` floats to bfloat16: to nearest, ties to even; NaN stays NaN. */
export function narrow(source: usize, target: usize, count: i32): void {
  const end = source + (<usize>count << 2)
  const wide = source + (<usize>(count & ~7) << 2)
  for (; source < wide; source += 32, target += 16) {
    v128.store(target, i16x8.narrow_i32x4_u(rounded(v128.load(source)), rounded(v128.load(source, 16))))
  }
  for (; source < end; source += 4, target += 2) {
    const bits = load<u32>(source)
    const value = load<f32>(source)
    store<u16>(
      target,
      <u16>(value != value ? (bits >>> 16) | 0x40 : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16),
    )
  }
}

// @ts-ignore: decorator
@inline
function rounded(value: v128): v128 {
  const tops = i32x4.shr_u(value, 16)
  const odd = v128.and(tops, i32x4.splat(1))
  const nearest = i32x4.shr_u(i32x4.add(i32x4.add(value, i32x4.splat(0x7fff)), odd), 16)
  return v128.bitselect(v128.or(tops, i32x4.splat(0x40)), nearest, f32x4.ne(value, value))
}

/** Turns `count` bfloat16 into floats. */
export function widen(source: usize, target: usize, count: i32): void {
  const end = target + (<usize>count << 2)
  const wide = target + (<usize>(count & ~7) << 2)
  for (; target < wide; target += 32, source += 16) {
    const halves = v128.load(source)
    v128.store(target, i32x4.shl(i32x4.extend_low_i16x8_u(halves), 16))
    v128.store(target, i32x4.shl(i32x4.extend_high_i16x8_u(halves), 16), 16)
  }
  for (; target < end; target += 4, source += 2) {
    store<u32>(target, <u32>load<u16>(source) << 16)
  }
}
