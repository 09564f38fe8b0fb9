import type { Plane } from '@nebulift/prefilter'

// Stand-in until prefilter exports autoStretch, toBytes and resizeByAveraging.

/** Mean over boxes of about equal size; a plane that is small enough is returned as it is. */
export function resizeByAveraging(plane: Plane, width: number, height: number): Plane {
  const data = new Float32Array(width * height)
  for (let y = 0; y < height; y++) {
    const y0 = Math.floor((y * plane.height) / height)
    const y1 = Math.max(y0 + 1, Math.floor(((y + 1) * plane.height) / height))
    for (let x = 0; x < width; x++) {
      const x0 = Math.floor((x * plane.width) / width)
      const x1 = Math.max(x0 + 1, Math.floor(((x + 1) * plane.width) / width))
      let sum = 0
      let count = 0
      for (let row = y0; row < y1; row++) {
        for (let i = row * plane.width + x0; i < row * plane.width + x1; i++) {
          const value = plane.data[i]!
          if (value - value === 0) {
            sum += value
            count++
          }
        }
      }
      data[y * width + x] = count > 0 ? sum / count : Number.NaN
    }
  }
  return { data, width, height }
}

interface Stretch {
  readonly low: number
  readonly high: number
  readonly midtones: number
}

/** Black, white and medium grey for a plane: sky near `targetBackground`, from median and MAD. */
export function autoStretch(plane: Plane, options: { targetBackground: number }): Stretch {
  const { targetBackground: sky } = options
  const step = Math.max(1, Math.floor(plane.data.length / 50_000)) | 1
  const sample: number[] = []
  for (let i = 0; i < plane.data.length; i += step)
    if (Number.isFinite(plane.data[i])) sample.push(plane.data[i]!)
  const sorted = Float32Array.from(sample).sort()
  const median = sorted[sorted.length >> 1] ?? 0
  const deviations = sorted.map((value) => Math.abs(value - median)).sort()
  const sigma = 1.4826 * (deviations[deviations.length >> 1] ?? 0)
  const low = Math.max(sorted[0] ?? 0, median - 2.8 * sigma)
  const high = sorted.at(-1) ?? 0
  const x = high > low ? (median - low) / (high - low) : 0
  return { low, high, midtones: x > 0 ? (x * (sky - 1)) / (2 * sky * x - sky - x) : 0.5 }
}

/** Grey levels 0..255. */
export function toBytes({ data }: Plane, { low, high, midtones: m }: Stretch): Uint8ClampedArray {
  const bytes = new Uint8ClampedArray(data.length)
  const range = Math.max(high - low, 1e-30)
  for (let i = 0; i < bytes.length; i++) {
    const t = Math.min(1, Math.max(0, (data[i]! - low) / range))
    bytes[i] = t > 0 ? (255 * (m - 1) * t) / ((2 * m - 1) * t - m) : 0
  }
  return bytes
}
