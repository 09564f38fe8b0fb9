import type { Plane } from '../plane.ts'
import { type StarCatalog, StarFlag } from '../stars/catalog.ts'
import { measurePsf } from '../stars/psf.ts'
import type { MeasuredStars } from './measurement.ts'

/** Count and typical shape of the frame's stars. */
export function summarizeStars(residual: Plane, stars: StarCatalog): MeasuredStars {
  const psf = measurePsf(residual, stars)
  let saturated = 0
  for (const flags of stars.flags) if (flags & StarFlag.saturated) saturated++
  return {
    count: stars.count,
    measured: psf.count,
    fwhmPx: psf.fwhmPx,
    hfrPx: psf.hfrPx,
    eccentricity: psf.eccentricity,
    elongationDeg: psf.elongationDeg,
    elongationCoherence: psf.elongationCoherence,
    fwhmZonesPx: psf.fwhmZones,
    ring: psf.count > 0 ? 1 - psf.centreToRing : 0,
    saturated,
  }
}
