// Two rows of a mosaic, `count` squares of 2 x 2 pixels wide, to one value of each kind for each square.
// Whole vectors: up to 3 squares past the last are touched.

/** Mean of two vectors; where one is NaN the other. */
// @ts-ignore: decorator
@inline
function mean(a: v128, b: v128): v128 {
  const both = f32x4.mul(f32x4.add(a, b), f32x4.splat(0.5))
  const orB = v128.bitselect(both, b, f32x4.eq(a, a))
  return v128.bitselect(orB, a, f32x4.eq(b, b))
}

/**
 * Splits the squares: greens are averaged; `first` takes the other colour of the upper row, `second` that
 * of the lower. `greenFirst` is not 0 where the upper row begins with green.
 */
export function splitBayer(
  upper: usize,
  lower: usize,
  count: i32,
  first: usize,
  green: usize,
  second: usize,
  greenFirst: i32,
): void {
  for (const end = green + (<usize>count << 2); green < end; ) {
    const u0 = v128.load(upper)
    const u1 = v128.load(upper, 16)
    const l0 = v128.load(lower)
    const l1 = v128.load(lower, 16)
    const upperEven = v128.shuffle<f32>(u0, u1, 0, 2, 4, 6)
    const upperOdd = v128.shuffle<f32>(u0, u1, 1, 3, 5, 7)
    const lowerEven = v128.shuffle<f32>(l0, l1, 0, 2, 4, 6)
    const lowerOdd = v128.shuffle<f32>(l0, l1, 1, 3, 5, 7)
    if (greenFirst) {
      v128.store(green, mean(upperEven, lowerOdd))
      v128.store(first, upperOdd)
      v128.store(second, lowerEven)
    } else {
      v128.store(green, mean(upperOdd, lowerEven))
      v128.store(first, upperEven)
      v128.store(second, lowerOdd)
    }
    upper += 32
    lower += 32
    first += 16
    green += 16
    second += 16
  }
}

// @ts-ignore: decorator
@inline
function known(v: v128): v128 {
  return v128.and(v, f32x4.eq(v, v))
}

// @ts-ignore: decorator
@inline
function one(v: v128): v128 {
  return v128.and(f32x4.splat(1), f32x4.eq(v, v))
}

/** Mean of the pixels of each square that are not NaN; NaN where all four are. */
export function luminance(upper: usize, lower: usize, count: i32, to: usize): void {
  for (const end = to + (<usize>count << 2); to < end; upper += 32, lower += 32, to += 16) {
    const u0 = v128.load(upper)
    const u1 = v128.load(upper, 16)
    const l0 = v128.load(lower)
    const l1 = v128.load(lower, 16)
    const a = v128.shuffle<f32>(u0, u1, 0, 2, 4, 6)
    const b = v128.shuffle<f32>(u0, u1, 1, 3, 5, 7)
    const c = v128.shuffle<f32>(l0, l1, 0, 2, 4, 6)
    const d = v128.shuffle<f32>(l0, l1, 1, 3, 5, 7)
    const sum = f32x4.add(f32x4.add(known(a), known(b)), f32x4.add(known(c), known(d)))
    const terms = f32x4.add(f32x4.add(one(a), one(b)), f32x4.add(one(c), one(d)))
    v128.store(to, f32x4.div(sum, terms))
  }
}
