import type { Blur, DiscBlur, PointBlur } from './blur.ts'
import type { StarSamples } from './psf.ts'

/** The same star, blurred. */
export function blurStar(star: StarSamples, blurs: readonly Blur[]): StarSamples {
  let values = star.values
  for (const blur of blurs) {
    values =
      blur.kind === 'discs'
        ? blurredByDiscs(values, star.half, blur, star.oversample)
        : blurredByPoints(values, star.half, blur, star.oversample)
  }
  return { ...star, values }
}

/** Shares every shift among the four nearest samples and adds up the shifted images. */
function blurredByPoints(
  values: Float32Array,
  half: number,
  blur: PointBlur,
  oversample: number,
): Float32Array {
  const size = 2 * half + 1
  const kernel = new Map<number, number>()
  const reach = Math.ceil(blur.reachPx * oversample) + 1
  const span = 2 * reach + 1
  for (let k = 0; k < blur.weight.length; k++) {
    const gx = blur.x[k]! * oversample
    const gy = blur.y[k]! * oversample
    const i = Math.floor(gx)
    const j = Math.floor(gy)
    for (const [di, dj, w] of [
      [0, 0, (1 - gx + i) * (1 - gy + j)],
      [1, 0, (gx - i) * (1 - gy + j)],
      [0, 1, (1 - gx + i) * (gy - j)],
      [1, 1, (gx - i) * (gy - j)],
    ] as const) {
      const key = (j + dj + reach) * span + i + di + reach
      kernel.set(key, (kernel.get(key) ?? 0) + w * blur.weight[k]!)
    }
  }
  const out = new Float32Array(size * size)
  for (const [key, weight] of kernel) {
    const dx = (key % span) - reach
    const dy = Math.floor(key / span) - reach
    addShifted(out, values, size, dx, dy, weight)
  }
  return out
}

/** A disc is a run in every row: running sums along the rows make the cost independent of its area. */
function blurredByDiscs(
  values: Float32Array,
  half: number,
  blur: DiscBlur,
  oversample: number,
): Float32Array {
  const size = 2 * half + 1
  const sums = runningSums(values, size)
  const out = new Float32Array(size * size)
  let area = 0
  for (const { radiusPx, x, level } of blur.discs) {
    const radius = radiusPx * oversample
    for (let dy = -Math.floor(radius); dy <= radius; dy++) {
      const reach = Math.sqrt(radius * radius - dy * dy)
      area += 2 * reach * level
      addRun(out, sums, size, {
        dy,
        from: x * oversample - reach,
        to: x * oversample + reach,
        level,
      })
    }
  }
  // A disc thinner than a row has no area to spread over.
  return area > 0 ? out.map((value) => value / area) : values
}

/** `sums[y * (size + 1) + x]` is the sum of the first x samples of row y. */
function runningSums(values: Float32Array, size: number): Float64Array {
  const sums = new Float64Array(size * (size + 1))
  for (let y = 0; y < size; y++) {
    let sum = 0
    for (let x = 0; x < size; x++) {
      sum += values[y * size + x]!
      sums[y * (size + 1) + x + 1] = sum
    }
  }
  return sums
}

interface Run {
  readonly dy: number
  readonly from: number
  readonly to: number
  readonly level: number
}

/** Adds the rows shifted by `dy` and smeared over the run; its ends fall between samples. */
function addRun(out: Float32Array, sums: Float64Array, size: number, run: Run): void {
  // Sample x covers x - 0.5 .. x + 0.5; light comes from x - to .. x - from. Samples whose run would leave the
  // row are cropped later.
  const high = 0.5 - run.from
  const low = 0.5 - run.to
  const high0 = Math.floor(high)
  const low0 = Math.floor(low)
  const highShare = high - high0
  const lowShare = low - low0
  const first = Math.max(0, -low0)
  const last = Math.min(size - 1, size - 1 - high0)
  for (let y = Math.max(0, run.dy); y < Math.min(size, size + run.dy); y++) {
    const row = (y - run.dy) * (size + 1)
    for (let x = first; x <= last; x++) {
      const h = row + x + high0
      const l = row + x + low0
      const upTo = sums[h]! + (sums[h + 1]! - sums[h]!) * highShare
      const before = sums[l]! + (sums[l + 1]! - sums[l]!) * lowShare
      out[y * size + x] = out[y * size + x]! + run.level * (upTo - before)
    }
  }
}

function addShifted(
  out: Float32Array,
  values: Float32Array,
  size: number,
  dx: number,
  dy: number,
  weight: number,
): void {
  const x0 = Math.max(0, dx)
  const x1 = Math.min(size, size + dx)
  for (let y = Math.max(0, dy); y < Math.min(size, size + dy); y++) {
    const from = (y - dy) * size - dx
    for (let x = x0; x < x1; x++)
      out[y * size + x] = out[y * size + x]! + weight * values[from + x]!
  }
}
