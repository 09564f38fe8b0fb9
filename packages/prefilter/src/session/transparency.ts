import type { FrameMeasurement } from '../frame/measurement.ts'
import { median, quantile } from '../statistics/robust.ts'
import type { Streak } from '../verdict/assessment.ts'
import { neighbourIndex } from './neighbours.ts'
import { starPoints } from './pose.ts'
import { apply, invert, type Point, type Transform } from './transform.ts'

/** A reference star as one frame sees it. */
export interface StarSight {
  /** Its index in the reference's catalogue. */
  readonly star: number
  /** Where it is, or should be, in the frame. */
  readonly x: number
  readonly y: number
  /** Its light against the reference frame; 0 where it should have been found and was not. */
  readonly ratio: number
}

/** Reference stars used for photometry: enough for a grid of cells, few enough to stay bright. */
const REFERENCE_STARS = 400
/** A star this far above the noise in a clear frame is never lost by chance. */
const SURE_SNR = 9
const MATCH_PX = 4
/** Fewer stars than this say nothing together. */
const FEWEST = 5
/** Clear frames whose agreement outweighs the reference's word. */
const FEWEST_CLEAR = 3
/** Of a real star the clearer frames see at least this share of the reference's light. */
const LEAST_USUAL = 0.5

/**
 * Looks for the reference's stars in a frame that lies on it by `pose`: differential photometry by matched
 * stars. `undefined` where too few stars could be seen to say anything.
 */
export function sightStars(
  frame: FrameMeasurement,
  reference: FrameMeasurement,
  pose: Transform,
): readonly StarSight[] | undefined {
  const ours = starPoints(frame)
  const theirs = starPoints(reference)
  const back = invert(pose)
  const nearest = neighbourIndex(ours, 2 * MATCH_PX)
  const sure = SURE_SNR * depthLoss(frame, reference)
  const stars: StarSight[] = []
  for (let j = 0; j < Math.min(theirs.length, REFERENCE_STARS); j++) {
    if (reference.catalog.snr[j] < sure) continue
    const place = apply(back, theirs[j])
    if (!inside(place, frame, 8) || frame.streaks.some((streak) => isOn(streak, place))) continue
    const i = nearest(place, MATCH_PX)
    const ratio = i < 0 ? 0 : frame.catalog.flux[i] / reference.catalog.flux[j]
    stars.push({ star: j, ...place, ratio })
  }
  return stars.length >= FEWEST ? stars : undefined
}

/**
 * Weighs each star by what the session's clearer frames see of it, so that what only the reference shows (a
 * cosmic ray, a blend, a trail's piece) is no star that the others lost. Stars that most of them do not see
 * are dropped. Sessions of fewer than five frames are returned as they are.
 */
export function calibrateSights(
  sights: readonly (readonly StarSight[] | undefined)[],
): (readonly StarSight[] | undefined)[] {
  const levels = sights.map((stars) => (stars ? throughput(stars) : Number.NaN))
  const clearer = quantile(levels, 0.4)
  const seen = new Map<number, number[]>()
  let frames = 0
  sights.forEach((stars, i) => {
    if (!stars || !(levels[i] >= clearer) || levels[i] <= 0) return
    frames++
    for (const { star, ratio } of stars) {
      const ratios = seen.get(star)
      if (ratios) ratios.push(ratio / levels[i])
      else seen.set(star, [ratio / levels[i]])
    }
  })
  if (frames < FEWEST_CLEAR) return [...sights]
  const usual = new Map([...seen].map(([star, ratios]) => [star, median(ratios)]))
  return sights.map((stars) => {
    const kept = stars?.flatMap((sight) => {
      const weight = usual.get(sight.star) ?? 1
      return weight > LEAST_USUAL ? [{ ...sight, ratio: sight.ratio / weight }] : []
    })
    return kept && kept.length >= FEWEST ? kept : undefined
  })
}

/** How much brighter a star must be for the same significance: brighter sky, wider stars. At least 1. */
function depthLoss(frame: FrameMeasurement, reference: FrameMeasurement): number {
  const noise = frame.background.rms / Math.max(reference.background.rms, 1e-12)
  const width = frame.stars.fwhmPx / Math.max(reference.stars.fwhmPx, 1e-12)
  return Math.max(1, noise || 1) * Math.min(4, Math.max(1, width || 1))
}

/**
 * Typical share of light that came through. Lost stars count as dark, so that thick cloud is not hidden; where
 * most are lost the brightest, which show through more, tell how thick.
 */
export function throughput(sights: readonly StarSight[]): number {
  if (sights.length === 0) return Number.NaN
  for (let brightest = sights.length; brightest >= FEWEST; brightest >>= 1) {
    const typical = median(sights.slice(0, brightest).map(({ ratio }) => ratio))
    if (typical > 0) return typical
  }
  return 0
}

/** Whether a place lies under a trail, where a star may be lost or gain light. */
function isOn({ x0, y0, x1, y1, widthPx, sagittaPx }: Streak, { x, y }: Point): boolean {
  const length = Math.hypot(x1 - x0, y1 - y0) || 1
  const along = ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length
  const across = ((x - x0) * (y1 - y0) - (y - y0) * (x1 - x0)) / length
  const reach = 2 * widthPx + 4
  return along > -reach && along < length + reach && Math.abs(across) < reach + Math.abs(sagittaPx)
}

function inside({ x, y }: Point, frame: FrameMeasurement, marginPx: number): boolean {
  return (
    x >= marginPx &&
    y >= marginPx &&
    x <= frame.width - 1 - marginPx &&
    y <= frame.height - 1 - marginPx
  )
}
