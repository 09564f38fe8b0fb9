import { quantile } from '../statistics/robust.ts'

/** Extinction per unit of air mass in magnitudes: a clear site at mid-visible wavelengths. */
const EXTINCTION_MAG = 0.2
/** How far a clear night's transparency may fall below its best without a header that explains it. */
const GREATEST_DECLINE = 0.25

export interface Throughput {
  readonly value: number
  readonly timeMs?: number | undefined
  readonly airmass?: number | undefined
}

/**
 * What a clear frame would let through at each moment, in the same unit as the values: the upper envelope
 * of a slow curve (target rising or setting), never a cloud's. With air masses in the headers extinction is
 * taken from them; without, a parabola in time through the clear frames may decline by a quarter at most.
 */
export function clearSky(frames: readonly Throughput[]): number[] {
  const corrected = frames.map(({ value, airmass }) => value / extinction(airmass))
  const best = quantile(
    corrected.filter((v) => v > 0),
    0.9,
  )
  if (!(best > 0)) return frames.map(() => Number.NaN)
  const flat = frames.map(({ airmass }) => best * extinction(airmass))
  const times = frames.map(({ timeMs }) => timeMs)
  if (frames.length < 8 || times.some((t) => t === undefined)) return flat
  const curve = upperParabola(times as number[], corrected)
  return flat.map((level, i) => {
    const relative = curve ? curve[i] / best : 1
    return level * Math.min(1.1, Math.max(1 - GREATEST_DECLINE, relative))
  })
}

function extinction(airmass: number | undefined): number {
  return airmass === undefined ? 1 : 10 ** (-0.4 * EXTINCTION_MAG * (airmass - 1))
}

/** A parabola through the points, again and again without those well below it, until none is. */
function upperParabola(times: readonly number[], values: readonly number[]): number[] | undefined {
  const start = Math.min(...times)
  const span = Math.max(...times) - start || 1
  const x = times.map((t) => (t - start) / span)
  let kept = values.map((v, i) => ({ x: x[i], y: v })).filter(({ y }) => y > 0)
  let fit: readonly [number, number, number] | undefined
  for (let round = 0; round < 12; round++) {
    fit = parabola(kept)
    if (!fit) return undefined
    const [a, b, c] = fit
    const next = kept.filter((p) => p.y > (a + b * p.x + c * p.x * p.x) * 0.97 - 1e-9)
    if (next.length === kept.length || next.length < Math.max(5, 0.25 * values.length)) break
    kept = next
  }
  if (!fit) return undefined
  const [a, b, c] = fit
  return x.map((t) => a + b * t + c * t * t)
}

/** Least squares by the normal equations; `undefined` where the times do not carry a parabola. */
function parabola(
  points: readonly { x: number; y: number }[],
): readonly [number, number, number] | undefined {
  const s = [0, 0, 0, 0, 0]
  const t = [0, 0, 0]
  for (const { x, y } of points) {
    let power = 1
    for (let k = 0; k < 5; k++) {
      s[k] += power
      if (k < 3) t[k] += power * y
      power *= x
    }
  }
  const determinant = det(s[0], s[1], s[2], s[1], s[2], s[3], s[2], s[3], s[4])
  if (Math.abs(determinant) < 1e-9 * (s[0] || 1)) return undefined
  return [
    det(t[0], s[1], s[2], t[1], s[2], s[3], t[2], s[3], s[4]) / determinant,
    det(s[0], t[0], s[2], s[1], t[1], s[3], s[2], t[2], s[4]) / determinant,
    det(s[0], s[1], t[0], s[1], s[2], t[1], s[2], s[3], t[2]) / determinant,
  ]
}

// biome-ignore format: a matrix reads best in rows
const det = (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number) =>
  a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
