import type { Plane } from '../plane.ts'
import type { PixelSummary } from './measurement.ts'

type Extremes = Pick<PixelSummary, 'finiteShare' | 'minimum' | 'maximum'>

/** Least and greatest finite value and the share of finite ones; both 0 where there is none. */
export function extremes({ data }: Plane): Extremes {
  let minimum = Number.POSITIVE_INFINITY
  let maximum = Number.NEGATIVE_INFINITY
  let finite = 0
  for (let i = 0; i < data.length; i++) {
    const value = data[i]
    // Only finite numbers differ from themselves by nothing.
    if (value - value !== 0) continue
    finite++
    if (value < minimum) minimum = value
    if (value > maximum) maximum = value
  }
  if (finite === 0) return { finiteShare: 0, minimum: 0, maximum: 0 }
  return { finiteShare: finite / data.length, minimum, maximum }
}
