// Kernels of the streak search: binning, the fast discrete Radon transform, and the scan for its peaks.
// The transform follows Götz & Druckmüller (1996) and Brady (1998); strips need not be powers of two.

/** Pixels at or below this value are masked: they add neither light nor weight. */
// @ts-ignore: decorator
@inline const MASKED: f32 = -1e29

/**
 * Adds rows of `source` (clipped to ±clip, masked ones left out) in squares of bin x bin pixels.
 * `mask` holds one byte a pixel, non-zero = masked; `tops` receives the highest value of each square, masked or
 * not. `sumRow`, `countRow` and `topRow` are scratch, one f32 a column and four to spare.
 */
export function streakBin(
  source: usize, mask: usize, width: i32, rows: i32, bin: i32, clip: f32,
  sums: usize, counts: usize, tops: usize, sumRow: usize, countRow: usize, topRow: usize,
): void {
  const columns = (width + bin - 1) / bin
  const high = f32x4.splat(clip)
  const low = f32x4.splat(-clip)
  const floor = f32x4.splat(MASKED)
  const one = f32x4.splat(1)
  const vectorEnd = width & ~3
  let out = 0
  for (let first = 0; first < rows; first += bin) {
    const bottom = min(first + bin, rows)
    // Down the columns first: whole vectors, no shuffles, sums held in registers.
    for (let x = 0; x < vectorEnd; x += 4) {
      const at = <usize>x << 2
      let sum = f32x4.splat(0)
      let count = f32x4.splat(0)
      let top = f32x4.splat(-1e30)
      for (let y = first; y < bottom; y++) {
        const value = v128.load(source + (<usize>(y * width) << 2) + at)
        top = f32x4.pmax(top, value)
        const masked = i32x4.ne(
          i32x4.extend_low_i16x8_u(
            i16x8.extend_low_i8x16_u(v128.load32_zero(mask + <usize>(y * width + x)))),
          i32x4.splat(0),
        )
        // NaN compares false and is left out with the masked ones.
        const used = v128.andnot(f32x4.gt(value, floor), masked)
        sum = f32x4.add(sum, v128.and(f32x4.min(f32x4.max(value, low), high), used))
        count = f32x4.add(count, v128.and(one, used))
      }
      v128.store(sumRow + at, sum)
      v128.store(countRow + at, count)
      v128.store(topRow + at, top)
    }
    for (let x = vectorEnd; x < width; x++) {
      const at = <usize>x << 2
      let sum: f32 = 0
      let count: f32 = 0
      let top: f32 = -1e30
      for (let y = first; y < bottom; y++) {
        const value = load<f32>(source + (<usize>(y * width) << 2) + at)
        if (value > top) top = value
        if (load<u8>(mask + <usize>(y * width + x)) == 0 && value > MASKED) {
          sum += min(max(value, -clip), clip)
          count += 1
        }
      }
      store<f32>(sumRow + at, sum)
      store<f32>(countRow + at, count)
      store<f32>(topRow + at, top)
    }
    // Then along the row.
    for (let column = 0; column < columns; column++) {
      const end = min((column + 1) * bin, width)
      let sum: f32 = 0
      let count: f32 = 0
      let top: f32 = -1e30
      for (let x = column * bin; x < end; x++) {
        top = max(top, load<f32>(topRow + (<usize>x << 2)))
        sum += load<f32>(sumRow + (<usize>x << 2))
        count += load<f32>(countRow + (<usize>x << 2))
      }
      store<f32>(sums + (<usize>(out * columns + column) << 2), sum)
      store<f32>(counts + (<usize>(out * columns + column) << 2), count)
      store<f32>(tops + (<usize>(out * columns + column) << 2), top)
    }
    out++
  }
}

/**
 * Lays the image out for one quadrant of directions: bit 0 of `quadrant` mirrors it, bit 1 transposes it first.
 * Each row of the result starts `pad` columns into its `stride`; the margins are zero.
 */
export function streakLoad(
  image: usize, width: i32, height: i32, quadrant: i32, target: usize, stride: i32, pad: i32,
): void {
  const transposed = (quadrant & 2) != 0
  const mirrored = (quadrant & 1) != 0
  const rows = transposed ? width : height
  const columns = transposed ? height : width
  memory.fill(target, 0, <usize>(rows * stride) << 2)
  const across = transposed ? <usize>width << 2 : 4
  for (let y = 0; y < rows; y++) {
    let from = image + (transposed ? <usize>y << 2 : <usize>(y * width) << 2)
    let to = target + (<usize>(y * stride + pad + (mirrored ? columns - 1 : 0)) << 2)
    const step: isize = mirrored ? -4 : 4
    for (let x = 0; x < columns; x++) {
      store<f32>(to, load<f32>(from))
      from += across
      to += step
    }
  }
}

/** First row of strip `index` when `rows` rows are cut into 2^depth strips. */
// @ts-ignore: decorator
@inline function stripStart(index: i32, rows: i32, depth: i32): i32 {
  return <i32>((<i64>index * <i64>rows) >> <i64>depth)
}

/** Turns leaves of two rows into their two line sums (shift 0 and shift 1), in place. */
export function streakLeaves(target: usize, rows: i32, columns: i32, stride: i32, pad: i32, depth: i32): void {
  for (let strip = 0; strip < 1 << depth; strip++) {
    const first = stripStart(strip, rows, depth)
    if (stripStart(strip + 1, rows, depth) - first < 2) continue
    const upper = target + (<usize>(first * stride) << 2)
    const lower = upper + (<usize>stride << 2)
    for (let x = pad - 1; x < pad + columns; x++) {
      const at = <usize>x << 2
      const above = load<f32>(upper + at)
      const below = load<f32>(lower + at)
      store<f32>(upper + at, above + below)
      store<f32>(lower + at, above + load<f32>(lower + at + 4))
    }
  }
}

/**
 * One level of the transform: joins neighbouring strips of depth+1 into strips of `depth`. The row
 * `start + s` of a strip holds, at column x, the sum along the line from (x, first row) to (x + s, last row).
 * Shifts above `maxShift` lie mostly outside the image and are left out.
 */
export function streakLevel(
  source: usize, target: usize, rows: i32, columns: i32, stride: i32, pad: i32, depth: i32, maxShift: i32,
): void {
  for (let strip = 0; strip < 1 << depth; strip++) {
    const first = stripStart(strip, rows, depth)
    const middle = stripStart(2 * strip + 1, rows, depth + 1)
    const height = stripStart(strip + 1, rows, depth) - first
    const upperHeight = middle - first
    const steps = height - 1
    const shifts = min(steps, maxShift)
    for (let shift = 0; shift <= shifts; shift++) {
      // The line's rounded position at the last row of the upper strip and the first of the lower one.
      const upperShift = (2 * shift * (upperHeight - 1) + steps) / (2 * steps)
      const lowerStart = (2 * shift * upperHeight + steps) / (2 * steps)
      const lowerShift = shift - lowerStart
      const upper = source + (<usize>((first + upperShift) * stride + pad) << 2)
      const lower = source + (<usize>((middle + lowerShift) * stride + pad + lowerStart) << 2)
      const out = target + (<usize>((first + shift) * stride + pad) << 2)
      const begin = -((shift + 3) & ~3)
      const both = columns - lowerStart
      let x = begin
      for (; x < both; x += 4) {
        const at = <isize>x << 2
        v128.store(out + at, f32x4.add(v128.load(upper + at), v128.load(lower + at)))
      }
      // Beyond the lower strip's right border only the upper one has light.
      for (; x < columns; x += 4) {
        const at = <isize>x << 2
        v128.store(out + at, v128.load(upper + at))
      }
      // Vectors may have run past the last column: the margin must stay zero.
      v128.store(out + (<usize>columns << 2), f32x4.splat(0))
    }
  }
}

/**
 * Per shift: count, mean and mean square of single lines and of pairs of neighbours that lie wholly inside
 * the image, values clipped to ±limit. Six f32 a shift: [count, sum, sumSquares, pairSum, pairSumSquares, 0].
 * Where strips are many, some tell enough.
 */
export function streakNoise(
  table: usize, rows: i32, columns: i32, stride: i32, pad: i32, depth: i32, maxShift: i32,
  limit: f32, statistics: usize,
): void {
  const high = f32x4.splat(limit)
  const low = f32x4.splat(-limit)
  const pairHigh = f32x4.splat(limit * <f32>1.41421356)
  const pairLow = f32x4.splat(-limit * <f32>1.41421356)
  const every = max(1, (1 << depth) / 16)
  for (let strip = every >> 1; strip < 1 << depth; strip += every) {
    const first = stripStart(strip, rows, depth)
    const shifts = min(stripStart(strip + 1, rows, depth) - first - 1, maxShift)
    for (let shift = 0; shift <= shifts; shift++) {
      const inside = (columns - shift - 1) & ~3
      if (inside <= 0) continue
      const row = table + (<usize>((first + shift) * stride + pad) << 2)
      let sum = f32x4.splat(0)
      let squares = f32x4.splat(0)
      let pairSum = f32x4.splat(0)
      let pairSquares = f32x4.splat(0)
      for (let x = 0; x < inside; x += 4) {
        const at = <usize>x << 2
        const here = v128.load(row + at)
        const single = f32x4.min(f32x4.max(here, low), high)
        const pair = f32x4.min(f32x4.max(f32x4.add(here, v128.load(row + at + 4)), pairLow), pairHigh)
        sum = f32x4.add(sum, single)
        squares = f32x4.add(squares, f32x4.mul(single, single))
        pairSum = f32x4.add(pairSum, pair)
        pairSquares = f32x4.add(pairSquares, f32x4.mul(pair, pair))
      }
      const at = statistics + <usize>shift * 24
      store<f32>(at, load<f32>(at) + <f32>inside)
      store<f32>(at + 4, load<f32>(at + 4) + total(sum))
      store<f32>(at + 8, load<f32>(at + 8) + total(squares))
      store<f32>(at + 12, load<f32>(at + 12) + total(pairSum))
      store<f32>(at + 16, load<f32>(at + 16) + total(pairSquares))
    }
  }
}

// @ts-ignore: decorator
@inline function total(vector: v128): f32 {
  return f32x4.extract_lane(vector, 0) + f32x4.extract_lane(vector, 1) +
    f32x4.extract_lane(vector, 2) + f32x4.extract_lane(vector, 3)
}

/**
 * Lists lines whose sum, or that of a pair, stands out: four f32 each [table row, column, significance, pair].
 * `scale` holds per shift [mean, 1/sigma, pair mean, 1/pair sigma]. Only the highest within ±3 columns counts.
 * Returns how many there were; no more than `capacity` are written.
 */
export function streakPeaks(
  table: usize, rows: i32, columns: i32, stride: i32, pad: i32, depth: i32, maxShift: i32,
  scale: usize, threshold: f32, peaks: usize, capacity: i32,
): i32 {
  let found = 0
  const bar = f32x4.splat(threshold)
  for (let strip = 0; strip < 1 << depth; strip++) {
    const first = stripStart(strip, rows, depth)
    const shifts = min(stripStart(strip + 1, rows, depth) - first - 1, maxShift)
    for (let shift = 0; shift <= shifts; shift++) {
      const row = table + (<usize>((first + shift) * stride + pad) << 2)
      const at = scale + (<usize>shift << 4)
      const mean = load<f32>(at)
      const inverse = load<f32>(at + 4)
      const pairMean = load<f32>(at + 8)
      const pairInverse = load<f32>(at + 12)
      const means = f32x4.splat(mean)
      const inverses = f32x4.splat(inverse)
      const pairMeans = f32x4.splat(pairMean)
      const pairInverses = f32x4.splat(pairInverse)
      for (let x = -((shift + 3) & ~3); x < columns; x += 4) {
        const here = row + (<isize>x << 2)
        const value = v128.load(here)
        const single = f32x4.mul(f32x4.sub(value, means), inverses)
        const pair = f32x4.mul(
          f32x4.sub(f32x4.add(value, v128.load(here + 4)), pairMeans), pairInverses)
        if (!v128.any_true(f32x4.gt(f32x4.max(single, pair), bar))) continue
        for (let lane = 0; lane < 4; lane++) {
          const column = x + lane
          const best = significance(row, column, mean, inverse, pairMean, pairInverse)
          if (best <= threshold || column >= columns) continue
          let highest = true
          for (let other = max(column - 3, -shift); other <= min(column + 3, columns - 1); other++) {
            const rival = significance(row, other, mean, inverse, pairMean, pairInverse)
            if (rival > best || (rival == best && other < column)) highest = false
          }
          if (!highest) continue
          if (found < capacity) {
            const out = peaks + (<usize>found << 4)
            const singleHere = (load<f32>(row + (<isize>column << 2)) - mean) * inverse
            store<f32>(out, <f32>(first + shift))
            store<f32>(out + 4, <f32>column)
            store<f32>(out + 8, best)
            store<f32>(out + 12, singleHere < best ? 1 : 0)
          }
          found++
        }
      }
    }
  }
  return found
}

// @ts-ignore: decorator
@inline function significance(
  row: usize, column: i32, mean: f32, inverse: f32, pairMean: f32, pairInverse: f32,
): f32 {
  const at = row + (<isize>column << 2)
  const value = load<f32>(at)
  return max((value - mean) * inverse, (value + load<f32>(at + 4) - pairMean) * pairInverse)
}
