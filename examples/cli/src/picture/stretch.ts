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

/** Values 0..1: sky near 0.2, shadows cut 2.8 sigma below it, from median and MAD of `measured`. */
export function autoStretch(plane: Plane, measured: Plane = plane): Plane {
  const step = Math.max(1, Math.floor(measured.data.length / 50_000))
  const sample: number[] = []
  for (let i = 0; i < measured.data.length; i += step)
    if (Number.isFinite(measured.data[i])) sample.push(measured.data[i]!)
  const sorted = Float32Array.from(sample).sort()
  const median = sorted[sorted.length >> 1] ?? 0
  const deviations = sorted.map((value) => Math.abs(value - median)).sort()
  const sigma = 1.4826 * (deviations[deviations.length >> 1] ?? 0) || 1
  const low = Math.max(sorted[0] ?? 0, median - 2.8 * sigma)
  const range = Math.max((sorted.at(-1) ?? 1) - low, sigma)
  const x = (median - low) / range
  const m = (x * (0.2 - 1)) / (2 * 0.2 * x - 0.2 - x) || 0.5
  const data = new Float32Array(plane.data.length)
  for (let i = 0; i < data.length; i++) {
    const t = Math.min(1, Math.max(0, (plane.data[i]! - low) / range))
    data[i] = t > 0 ? ((m - 1) * t) / ((2 * m - 1) * t - m) : 0
  }
  return { ...plane, data }
}

/** Bytes 0..255 from values 0..1. */
export function toBytes({ data }: Plane): Uint8Array {
  const bytes = new Uint8Array(data.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = 255 * data[i]! + 0.5
  return bytes
}
