import type { BackgroundModel } from '../background/model.ts'
import type { Plane } from '../plane.ts'
import { type StarCatalog, StarFlag } from '../stars/catalog.ts'
import type { MeasuredStars } from './measurement.ts'

const med = (v: number[]) => v.sort((a, b) => a - b)[v.length >> 1] ?? 0
/** interim */
export function summarizeStars(
  stars: StarCatalog,
  _residual: Plane,
  _model: BackgroundModel,
): MeasuredStars {
  const good: number[] = []
  let saturated = 0
  for (let i = 0; i < stars.count; i++) {
    if (stars.flags[i] & StarFlag.saturated) saturated++
    if (stars.flags[i] === 0 && stars.snr[i] > 12) good.push(i)
  }
  const c =
    good.reduce((s, i) => s + Math.cos((2 * stars.thetaDeg[i] * Math.PI) / 180), 0) /
    (good.length || 1)
  const s =
    good.reduce((q, i) => q + Math.sin((2 * stars.thetaDeg[i] * Math.PI) / 180), 0) /
    (good.length || 1)
  return {
    count: stars.count,
    measured: good.length,
    fwhmPx: med(good.map((i) => stars.fwhmPx[i])),
    hfrPx: med(good.map((i) => stars.hfrPx[i])),
    eccentricity: med(good.map((i) => stars.eccentricity[i])),
    elongationDeg: ((Math.atan2(s, c) * 90) / Math.PI + 180) % 180,
    elongationCoherence: Math.hypot(c, s),
    ring: 0,
    saturated,
  }
}
