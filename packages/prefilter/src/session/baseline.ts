import { leastSquares } from '../statistics/leastSquares.ts'
import { quantile } from '../statistics/robust.ts'

/** Extinction per unit of air mass in magnitudes: a clear site at mid-visible wavelengths. */
const EXTINCTION_MAG = 0.2
/** How far a clear night's transparency may fall below its best without a header that explains it. */
const GREATEST_DECLINE = 0.25
/** Quantile that clear frames make up from above, and the rounds it takes to settle on it. */
const UPPER = 0.75
const ROUNDS = 25
/** Differences of throughput below this are noise. */
const FINEST = 0.003

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
    const relative = curve[i] / best
    return level * Math.min(1.1, Math.max(1 - GREATEST_DECLINE, relative))
  })
}

function extinction(airmass: number | undefined): number {
  return airmass === undefined ? 1 : 10 ** (-0.4 * EXTINCTION_MAG * (airmass - 1))
}

/**
 * The parabola that leaves a quarter of the frames above it (quantile regression by reweighted least squares):
 * how far the others lie below does not move it, so that it runs through the clear frames as long as they are
 * more than a third.
 */
function upperParabola(times: readonly number[], values: readonly number[]): number[] {
  const start = Math.min(...times)
  const span = Math.max(...times) - start || 1
  const basis = times.map((t) => [1, (t - start) / span, ((t - start) / span) ** 2])
  let weights: number[] = values.map((value) => (value > 0 ? 1 : 0))
  let curve: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const terms = leastSquares(basis, values, weights)
    curve = basis.map((row) => row.reduce((sum, term, k) => sum + term * terms[k], 0))
    weights = values.map((value, i) => {
      const above = value - curve[i]
      const side = above > 0 ? UPPER : 1 - UPPER
      return value > 0 ? side / Math.max(Math.abs(above), FINEST) : 0
    })
  }
  return curve
}
