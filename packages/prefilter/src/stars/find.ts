import type { BackgroundModel } from '../background/model.ts'
import { backgroundAt } from '../background/smooth.ts'
import type { Plane } from '../plane.ts'
import type { Star, StarSearch } from './catalog.ts'
import { inOrder, PlaceGrid } from './link.ts'
import { measureStar, type StarQuest } from './measure.ts'
import { removeDuplicates } from './neighbours.ts'
import { findPeaks } from './peaks.ts'
import { findCeiling, markSaturated } from './saturation.ts'
import { typicalStar } from './typical.ts'

export interface FindStarsOptions {
  /** Signal to noise of the matched filter from which a star counts. Default 5: one false star in a few Mpx of noise. */
  threshold?: number
  /** Pixel value at which the detector saturates, image units. Default: found from stars cut off at one height. */
  saturation?: number
  /** Most stars measured, most significant first. Default 20 000: more tell no more of a frame. */
  maxStars?: number
}

/**
 * Stars by matched filters at five scales (FWHM 2.4 to 38 pixels), so that focused stars and the rings of
 * defocused ones are each found once; hot pixels and cosmic rays are told apart by their sharpness. `residual`
 * comes from `normaliseByNoise` with the same model.
 */
export function findStars(
  residual: Plane,
  model: BackgroundModel,
  options: FindStarsOptions = {},
): StarSearch {
  const { threshold = 5, maxStars = 20_000 } = options
  const peaks = findPeaks(residual, threshold)
  const typical = typicalStar(residual, peaks)
  if (!typical)
    return toCatalog([], { hotPixels: peaks.spikes.length, cosmicRays: 0, typicalFwhmPx: 0 })
  const { stars, cosmicRays } = measureStars({ residual, peaks, typical, threshold }, maxStars)
  const kept = removeDuplicates(stars, typical.fwhmPx)
  const ceiling = options.saturation ?? findCeiling(residual, model, kept)
  if (ceiling !== undefined) markSaturated(residual, model, kept, ceiling)
  for (const star of kept) toImageUnits(star, model)
  return toCatalog(kept, {
    hotPixels: peaks.spikes.length,
    cosmicRays,
    typicalFwhmPx: typical.fwhmPx,
    ...(ceiling === undefined ? {} : { saturation: ceiling }),
  })
}

/** A coarse peak this many times above what the stars in it explain is an object of its own: a burnt-out star. */
const unexplained = 3

/** Takes peaks by significance; where a star, trail or cosmic ray stands no other peak is tried. */
function measureStars(quest: StarQuest, maxStars: number): { stars: Star[]; cosmicRays: number } {
  const { residual, peaks, typical } = quest
  const taken = new PlaceGrid(residual)
  const stars: Star[] = []
  let cosmicRays = 0
  for (const i of inOrder(peaks, Math.max(typical.level - 1, 0), typical.level)) {
    if (stars.length >= maxStars) break
    const [x, y, level] = [peaks.x[i], peaks.y[i], peaks.level[i]]
    if (
      level <= typical.level
        ? taken.isTaken(x, y, level)
        : peaks.snr[i] < unexplained * taken.explained(x, y, level)
    )
      continue
    const star = measureStar(quest, i)
    if (star === 'ripple') continue
    // A trail explains nothing: the star that bleeds is wider than its line of light.
    taken.take(x, y, level, star === 'ridge' ? 0 : peaks.snr[i])
    if (star === 'sharp') cosmicRays++
    else if (star !== 'ridge') stars.push(star)
  }
  return { stars, cosmicRays }
}

function toImageUnits(star: Star, model: BackgroundModel): void {
  const { rms } = backgroundAt(model, star.x, star.y)
  star.flux *= rms
  star.peak *= rms
}

function toCatalog(
  stars: readonly Star[],
  found: Pick<StarSearch, 'hotPixels' | 'cosmicRays' | 'typicalFwhmPx' | 'saturation'>,
): StarSearch {
  const sorted = [...stars].sort((a, b) => b.flux - a.flux)
  const column = (name: keyof Star) => Float32Array.from(sorted, (star) => star[name])
  return {
    count: sorted.length,
    x: column('x'),
    y: column('y'),
    flux: column('flux'),
    peak: column('peak'),
    snr: column('snr'),
    fwhmPx: column('fwhmPx'),
    hfrPx: column('hfrPx'),
    eccentricity: column('eccentricity'),
    thetaDeg: column('thetaDeg'),
    radiusPx: column('radiusPx'),
    flags: Uint8Array.from(sorted, (star) => star.flags),
    ...found,
  }
}
