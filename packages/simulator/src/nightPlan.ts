import type { Telescope } from './instrument.ts'
import type { Random } from './random.ts'
import type { Size } from './scene.ts'

/** What all parts of a plan need to know. */
export interface Night {
  readonly seed: number
  readonly frames: number
  readonly size: Size
  readonly telescope: Telescope
}

/** A run of consecutive frames. */
export interface Episode {
  readonly first: number
  readonly length: number
}

/** A share of the frames as a whole number; what is left over is decided by chance, so that the mean is right. */
export function countOf(random: Random, frames: number, share: number): number {
  const exact = frames * share
  const whole = Math.floor(exact)
  return Math.min(frames, whole + (random.chance(exact - whole) ? 1 : 0))
}

/**
 * Spreads `count` frames over episodes of about `typical` frames. A night too short for one long episode gets a
 * shorter one.
 */
export function placeEpisodes(
  random: Random,
  frames: number,
  count: number,
  typical: number,
): Episode[] {
  const episodes: Episode[] = []
  let left = count
  while (left > 0) {
    const length = Math.min(left, Math.max(1, Math.floor(typical * random.range(0.5, 1.6) + 0.5)))
    episodes.push({ first: random.integer(Math.max(1, frames - length + 1)), length })
    left -= length
  }
  return episodes
}
