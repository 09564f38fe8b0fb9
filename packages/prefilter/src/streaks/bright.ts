import type { Plane } from '../plane.ts'
import type { ToppedPlane } from './binning.ts'
import type { BrightSource } from './sources.ts'

/** Height from which a source may throw spikes, pixel sigmas. */
const brightSigma = 40
/** Sources kept, brightest first. */
const mostBright = 300
/** Share of its peak down to which a source's area is followed. */
const coreShare = 0.4

/**
 * Bright blobs straight from the pixels: a star that has bled along its column or burnt out is often missing
 * from a catalogue of stars, yet throws the strongest spikes.
 */
export function findBright(residual: Plane, plane: ToppedPlane): BrightSource[] {
  const { width, height, tops, bin } = plane
  const order: number[] = []
  for (let i = 0; i < tops.length; i++) if (tops[i]! > brightSigma) order.push(i)
  order.sort((a, b) => tops[b]! - tops[a]!)
  const seen = new Uint8Array(width * height)
  const sources: BrightSource[] = []
  for (const start of order) {
    if (sources.length >= mostBright) break
    if (seen[start]) continue
    const blob = flood(plane, seen, start, Math.max(brightSigma, coreShare * tops[start]!))
    const full = (at: number) => (at + 0.5) * bin - 0.5
    const across = Math.max(1, Math.min(blob.wide, blob.high))
    // A slanted thread is a trail, not a source; one along an axis may be a bleeding star.
    if (
      (blob.elongation > 3 && blob.slantDeg > 5) ||
      isHotPixel(residual, start % width, Math.floor(start / width), bin)
    )
      continue
    sources.push({
      x: full(blob.x),
      y: full(blob.y),
      peakSigma: tops[start]!,
      radiusPx: 0.5 * bin * across,
      saturated: false,
    })
  }
  return sources
}

/** Whether the highest pixel of a bin stands alone, as no star does. */
function isHotPixel({ data, width, height }: Plane, column: number, row: number, bin: number) {
  let [px, py, peak] = [0, 0, -Infinity]
  for (let y = row * bin; y < Math.min(height, (row + 1) * bin); y++) {
    for (let x = column * bin; x < Math.min(width, (column + 1) * bin); x++) {
      if (data[y * width + x]! > peak) [px, py, peak] = [x, y, data[y * width + x]!]
    }
  }
  let sum = 0
  for (const [dx, dy] of [
    [-1, 0],
    [1, 0],
    [0, -1],
    [0, 1],
  ] as const) {
    const [x, y] = [px + dx, py + dy]
    if (x >= 0 && y >= 0 && x < width && y < height) sum += data[y * width + x]!
  }
  return sum / 4 < 0.12 * peak
}

function flood(
  { width, height, tops }: ToppedPlane,
  seen: Uint8Array,
  start: number,
  level: number,
) {
  const stack = [start]
  seen[start] = 1
  let light = 0
  let [sumX, sumY, sumXX, sumYY, sumXY] = [0, 0, 0, 0, 0]
  let [left, right, top, bottom] = [width, 0, height, 0]
  while (stack.length > 0) {
    const at = stack.pop()!
    const x = at % width
    const y = (at - x) / width
    const value = tops[at]!
    light += value
    sumX += value * x
    sumY += value * y
    sumXX += value * x * x
    sumYY += value * y * y
    sumXY += value * x * y
    left = Math.min(left, x)
    right = Math.max(right, x)
    top = Math.min(top, y)
    bottom = Math.max(bottom, y)
    for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
      for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
        const next = v * width + u
        if (seen[next] || tops[next]! < level) continue
        seen[next] = 1
        stack.push(next)
      }
    }
  }
  const wide = right - left + 1
  const high = bottom - top + 1
  const [x, y] = [sumX / light, sumY / light]
  const [xx, yy, xy] = [sumXX / light - x * x, sumYY / light - y * y, sumXY / light - x * y]
  const half = Math.hypot((xx - yy) / 2, xy)
  const long = (xx + yy) / 2 + half
  const short = Math.max(0.08, (xx + yy) / 2 - half)
  const angle = ((Math.atan2(2 * xy, xx - yy) / 2) * 180) / Math.PI
  const slantDeg = Math.min(Math.abs(angle), Math.abs(90 - Math.abs(angle)))
  return { x, y, wide, high, elongation: Math.sqrt(long / short), slantDeg }
}
