import { exp } from './math.ts'
import type { NightMix } from './night.ts'
import { countOf, type Night, placeEpisodes } from './nightPlan.ts'
import { randomStream } from './random.ts'
import type { OcclusionSpec, SeeingSpec } from './types.ts'

/** Out-of-focus radius of every frame, in pixels: slow drift until the next focusing, or one that failed. */
export function planFocus(night: Night, share: number): (number | undefined)[] {
  const random = randomStream(night.seed, 'focus')
  const radius: (number | undefined)[] = new Array(night.frames).fill(undefined)
  const { fwhmPx } = night.telescope
  const count = countOf(random, night.frames, share)
  for (const { first, length } of placeEpisodes(
    random,
    night.frames,
    count,
    Math.max(3, 0.04 * night.frames),
  )) {
    const worst = fwhmPx * random.logRange(0.8, 4)
    const failed = random.chance(0.5)
    for (let i = 0; i < length; i++) {
      const drift = 0.35 + (0.65 * (i + 1)) / length
      radius[first + i] = Math.min(24, worst * (failed ? 1 + 0.03 * random.normal() : drift))
    }
  }
  return radius
}

type Shake = Pick<SeeingSpec, 'guiding' | 'tracking' | 'wind'>

/** Tracking errors on single frames, wind on a few together. */
export function planMount(night: Night, mix: Pick<NightMix, 'tracking' | 'wind'>): Shake[] {
  const random = randomStream(night.seed, 'mount')
  const { fwhmPx } = night.telescope
  const ra = random.range(0, 180)
  const usual = fwhmPx * random.range(0.05, 0.2)
  const shakes: Shake[] = Array.from({ length: night.frames }, () => {
    const rmsPx = usual * random.range(0.7, 1.3)
    return { guiding: { rmsPx, angleDeg: ra + 8 * random.normal() } }
  })
  for (const { first, length } of placeEpisodes(
    random,
    night.frames,
    countOf(random, night.frames, mix.tracking),
    1.5,
  )) {
    for (let i = first; i < first + length; i++) {
      // Mostly along right ascension: the drive is there.
      const tracking = {
        lengthPx: fwhmPx * random.logRange(1.1, 5),
        angleDeg: random.chance(0.8) ? ra + 4 * random.normal() : random.range(0, 180),
        periodic: random.chance(0.4),
      }
      const sagittaPx = random.chance(0.25) ? 0.15 * tracking.lengthPx : 0
      shakes[i] = { ...shakes[i], tracking: { ...tracking, sagittaPx } }
    }
  }
  for (const { first, length } of placeEpisodes(
    random,
    night.frames,
    countOf(random, night.frames, mix.wind),
    3,
  )) {
    const angleDeg = random.range(0, 180)
    for (let i = first; i < first + length; i++) {
      const gust = random.chance(0.4)
      const wind = {
        jitterPx: fwhmPx * random.range(0.35, 1),
        angleDeg: angleDeg + 10 * random.normal(),
        jumpPx: gust ? fwhmPx * random.range(1, 2.8) : 0,
        jumpShare: random.range(0.2, 0.45),
      }
      shakes[i] = { ...shakes[i], wind }
    }
  }
  return shakes
}

/** Width in pixels of the edge of something `metres` away: the aperture's shadow, out of focus. */
function nearSoftness({ telescope, size }: Night, metres: number): number {
  const { apertureMm, focalLengthMm, pixelUm } = telescope
  const widthPx = (apertureMm * focalLengthMm) / metres / pixelUm
  return Math.min(1.2 * size.height, Math.max(20, widthPx))
}

/** How the night ends: the target sinks behind roof or trees, and dawn comes. */
export function planEnding(
  night: Night,
  mix: Pick<NightMix, 'occlusion' | 'twilight'>,
): { occlusion: OcclusionSpec | undefined; twilight: number }[] {
  const random = randomStream(night.seed, 'ending')
  const dawn = countOf(random, night.frames, mix.twilight)
  const hidden = countOf(random, night.frames, mix.occlusion)
  const pace = random.range(0.25, 0.6)
  const tree = random.chance(0.5)
  const obstacle = {
    seed: random.bits(),
    angleDeg: random.range(0, 360),
    softnessPx: nearSoftness(night, random.logRange(12, 200)),
    glow: random.chance(0.7) ? random.range(0.03, 0.5) : random.range(1.3, 3),
    roughness: tree ? random.range(0.5, 1) : 0,
  }
  const first = random.range(0.03, 0.12)
  const step = random.range(0.05, 0.25)
  return Array.from({ length: night.frames }, (_, index) => {
    const toEnd = night.frames - 1 - index
    const covered = index - (night.frames - hidden)
    return {
      // Brightness of the sky at dawn grows by a constant factor per frame; 2 is where it is labelled.
      twilight: dawn > 0 ? 2.05 * exp(pace * (dawn - 1 - toEnd)) : 0,
      occlusion:
        covered >= 0
          ? { ...obstacle, fraction: Math.min(0.98, first + step * covered) }
          : undefined,
    }
  }).map(({ twilight, occlusion }) => ({ twilight: Math.min(twilight, 20), occlusion }))
}
