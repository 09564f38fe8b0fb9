// Gaussian of standard deviation 1 pixel, five taps, sum 1.
const k0: f32 = 0.402619947
const k1: f32 = 0.244201342
const k2: f32 = 0.054488685

/**
 * Smooths a band by the Gaussian in both directions; outside the band it is dark. `row` is scratch for
 * width + 8 floats. `out` may not be `pixels`.
 */
export function smoothBand(pixels: usize, width: i32, height: i32, row: usize, out: usize): void {
  const stride = <usize>width << 2
  const c0 = f32x4.splat(k0)
  const c1 = f32x4.splat(k1)
  const c2 = f32x4.splat(k2)
  memory.fill(row, 0, <usize>(width + 8) << 2)
  const inner = row + 16
  for (let y = 0; y < height; y++) {
    // Down the columns, into the row buffer.
    const here = pixels + <usize>y * stride
    const up1 = y >= 1
    const up2 = y >= 2
    const down1 = y + 1 < height
    const down2 = y + 2 < height
    let x = 0
    for (; x + 4 <= width; x += 4) {
      const at = here + (<usize>x << 2)
      let sum = f32x4.mul(v128.load(at), c0)
      if (up1) sum = f32x4.add(sum, f32x4.mul(v128.load(at - stride), c1))
      if (down1) sum = f32x4.add(sum, f32x4.mul(v128.load(at + stride), c1))
      if (up2) sum = f32x4.add(sum, f32x4.mul(v128.load(at - 2 * stride), c2))
      if (down2) sum = f32x4.add(sum, f32x4.mul(v128.load(at + 2 * stride), c2))
      v128.store(inner + (<usize>x << 2), sum)
    }
    for (; x < width; x++) {
      const at = here + (<usize>x << 2)
      let sum = load<f32>(at) * k0
      if (up1) sum += load<f32>(at - stride) * k1
      if (down1) sum += load<f32>(at + stride) * k1
      if (up2) sum += load<f32>(at - 2 * stride) * k2
      if (down2) sum += load<f32>(at + 2 * stride) * k2
      store<f32>(inner + (<usize>x << 2), sum)
    }
    // Along the row.
    const target = out + <usize>y * stride
    for (x = 0; x + 4 <= width; x += 4) {
      const at = inner + (<usize>x << 2)
      const near = f32x4.add(v128.load(at - 4), v128.load(at + 4))
      const far = f32x4.add(v128.load(at - 8), v128.load(at + 8))
      v128.store(
        target + (<usize>x << 2),
        f32x4.add(
          f32x4.mul(v128.load(at), c0),
          f32x4.add(f32x4.mul(near, c1), f32x4.mul(far, c2)),
        ),
      )
    }
    for (; x < width; x++) {
      const at = inner + (<usize>x << 2)
      store<f32>(
        target + (<usize>x << 2),
        load<f32>(at) * k0 +
          (load<f32>(at - 4) + load<f32>(at + 4)) * k1 +
          (load<f32>(at - 8) + load<f32>(at + 8)) * k2,
      )
    }
  }
}

/**
 * Sums of 2 x 2 pixels times `scale` (0.5 keeps the deviation of white noise). An odd last column or row is
 * left out.
 */
export function halveBand(pixels: usize, width: i32, height: i32, scale: f32, out: usize): void {
  const half = width >> 1
  const stride = <usize>width << 2
  const factor = f32x4.splat(scale)
  for (let y = 0; y + 1 < height; y += 2) {
    const top = pixels + <usize>y * stride
    const target = out + (<usize>((y >> 1) * half) << 2)
    let x = 0
    for (; x + 4 <= half; x += 4) {
      const at = top + (<usize>x << 3)
      const a = f32x4.add(v128.load(at), v128.load(at + stride))
      const b = f32x4.add(v128.load(at + 16), v128.load(at + stride + 16))
      const even = v128.shuffle<f32>(a, b, 0, 2, 4, 6)
      const odd = v128.shuffle<f32>(a, b, 1, 3, 5, 7)
      v128.store(target + (<usize>x << 2), f32x4.mul(f32x4.add(even, odd), factor))
    }
    for (; x < half; x++) {
      const at = top + (<usize>x << 3)
      const sum =
        load<f32>(at) + load<f32>(at + 4) + load<f32>(at + stride) + load<f32>(at + stride + 4)
      store<f32>(target + (<usize>x << 2), sum * scale)
    }
  }
}

/**
 * Places brighter than `threshold` and than their eight neighbours, in rows y0 <= y < y1 of a band. Each is
 * written as x, y (i32) and value (f32); returns how many there are, of which at most `room` are written.
 * Of equal neighbours the first in row order counts.
 */
export function findMaxima(
  pixels: usize,
  width: i32,
  height: i32,
  y0: i32,
  y1: i32,
  threshold: f32,
  room: i32,
  out: usize,
): i32 {
  const stride = <usize>width << 2
  const limit = f32x4.splat(threshold)
  let found = 0
  for (let y = y0; y < y1; y++) {
    const row = pixels + <usize>y * stride
    for (let x = 0; x < width; x += 4) {
      const at = row + (<usize>x << 2)
      const bright = i32x4.bitmask(f32x4.gt(v128.load(at), limit))
      if (bright == 0) continue
      for (let lane = 0; lane < 4; lane++) {
        if (((bright >> lane) & 1) == 0 || x + lane >= width) continue
        if (!isMaximum(pixels, width, height, x + lane, y)) continue
        if (found < room) {
          const entry = out + <usize>found * 12
          store<i32>(entry, x + lane)
          store<i32>(entry, y, 4)
          store<f32>(entry, load<f32>(at + (<usize>lane << 2)), 8)
        }
        found++
      }
    }
  }
  return found
}

function isMaximum(pixels: usize, width: i32, height: i32, x: i32, y: i32): bool {
  const value = load<f32>(pixels + (<usize>(y * width + x) << 2))
  for (let dy = -1; dy <= 1; dy++) {
    if (y + dy < 0 || y + dy >= height) continue
    for (let dx = -1; dx <= 1; dx++) {
      if ((dx == 0 && dy == 0) || x + dx < 0 || x + dx >= width) continue
      const other = load<f32>(pixels + (<usize>((y + dy) * width + x + dx) << 2))
      const earlier = dy < 0 || (dy == 0 && dx < 0)
      if (other > value || (earlier && other == value)) return false
    }
  }
  return true
}

/**
 * Replaces single bright pixels by the mean of their eight neighbours: those above `threshold` and above
 * `contrast` times each of their four next neighbours. Each one in rows y0 <= y < y1 is written as x, y (i32)
 * and value (f32), at most `room` of them; returns how many there are.
 */
export function removeSpikes(
  pixels: usize,
  width: i32,
  height: i32,
  y0: i32,
  y1: i32,
  threshold: f32,
  contrast: f32,
  room: i32,
  out: usize,
): i32 {
  const stride = <usize>width << 2
  const limit = f32x4.splat(threshold)
  let found = 0
  for (let y = 0; y < height; y++) {
    const row = pixels + <usize>y * stride
    for (let x = 0; x < width; x += 4) {
      const bright = i32x4.bitmask(f32x4.gt(v128.load(row + (<usize>x << 2)), limit))
      if (bright == 0) continue
      for (let lane = 0; lane < 4; lane++) {
        if (((bright >> lane) & 1) == 0 || x + lane >= width) continue
        const at = row + (<usize>(x + lane) << 2)
        const value = load<f32>(at)
        if (!isSpike(pixels, width, height, x + lane, y, contrast)) continue
        store<f32>(at, meanOfNeighbours(pixels, width, height, x + lane, y))
        if (y < y0 || y >= y1) continue
        if (found < room) {
          const entry = out + <usize>found * 12
          store<i32>(entry, x + lane)
          store<i32>(entry, y, 4)
          store<f32>(entry, value, 8)
        }
        found++
      }
    }
  }
  return found
}

function isSpike(pixels: usize, width: i32, height: i32, x: i32, y: i32, contrast: f32): bool {
  const at = pixels + (<usize>(y * width + x) << 2)
  const stride = <usize>width << 2
  const limit = load<f32>(at) / contrast
  if (x > 0 && load<f32>(at - 4) > limit) return false
  if (x + 1 < width && load<f32>(at + 4) > limit) return false
  if (y > 0 && load<f32>(at - stride) > limit) return false
  if (y + 1 < height && load<f32>(at + stride) > limit) return false
  return true
}

function meanOfNeighbours(pixels: usize, width: i32, height: i32, x: i32, y: i32): f32 {
  let sum: f32 = 0
  let count = 0
  for (let dy = -1; dy <= 1; dy++) {
    if (y + dy < 0 || y + dy >= height) continue
    for (let dx = -1; dx <= 1; dx++) {
      if ((dx == 0 && dy == 0) || x + dx < 0 || x + dx >= width) continue
      sum += load<f32>(pixels + (<usize>((y + dy) * width + x + dx) << 2))
      count++
    }
  }
  return count > 0 ? sum / <f32>count : 0
}
