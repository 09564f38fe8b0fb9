import { clamp, pow } from './math.ts'
import { countOf, type Night, placeEpisodes } from './nightPlan.ts'
import { type Random, randomStream } from './random.ts'
import type { CloudSpec, HazeSpec } from './types.ts'

/** Clouds come as episodes: they thicken over some frames, stay, and thin out again, drifting all the while. */
export function planClouds(night: Night, share: number): (CloudSpec | undefined)[] {
  const random = randomStream(night.seed, 'clouds')
  const clouds: (CloudSpec | undefined)[] = new Array(night.frames).fill(undefined)
  const brightness = random.chance(0.65) ? random.range(1.5, 2.8) : random.range(0.45, 0.9)
  const count = countOf(random, night.frames, share)
  for (const { first, length } of placeEpisodes(
    random,
    night.frames,
    count,
    Math.max(4, 0.08 * night.frames),
  )) {
    const layer = { ...drawLayer(random, night), brightness }
    const windPx = random.logRange(20, 400)
    const change = random.range(0.02, 0.2)
    const ramp = Math.max(1, length * random.range(0.2, 0.45))
    for (let i = 0; i < length; i++) {
      // 0 before, 1 in the thick of it.
      const strength = clamp(Math.min(i + 0.6, length - i - 0.4) / ramp, 0.05, 1)
      clouds[first + i] = {
        ...layer,
        transparency: pow(layer.transparency, strength),
        driftPx: windPx * i,
        evolution: change * i,
      }
    }
  }
  return clouds
}

function drawLayer(random: Random, { size }: Night): CloudSpec {
  const kind = random.uniform()
  const side = Math.max(size.width, size.height)
  const common = { seed: random.bits(), driftDeg: random.range(0, 360) }
  if (kind < 0.5) {
    return {
      ...common,
      transparency: random.range(0.3, 0.85),
      coverage: 1,
      contrast: random.range(0.05, 0.35),
      scalePx: side * random.range(0.5, 1.5),
    }
  }
  if (kind < 0.8) {
    return {
      ...common,
      transparency: random.range(0.08, 0.5),
      coverage: random.range(0.3, 0.75),
      contrast: random.range(0.75, 1),
      scalePx: side * random.range(0.25, 0.9),
    }
  }
  return {
    ...common,
    transparency: random.range(0.01, 0.2),
    coverage: 1,
    contrast: random.range(0.1, 0.5),
    scalePx: side * random.range(0.3, 1),
  }
}

/** Dew: it creeps over the optics and goes at once when someone sees it. */
export function planHaze(night: Night, share: number): (HazeSpec | undefined)[] {
  const random = randomStream(night.seed, 'haze')
  const haze: (HazeSpec | undefined)[] = new Array(night.frames).fill(undefined)
  const count = countOf(random, night.frames, share)
  for (const { first, length } of placeEpisodes(random, night.frames, count, 6)) {
    const worst = random.range(0.35, 0.75)
    const bloat = random.range(1.15, 1.8)
    for (let i = 0; i < length; i++) {
      const grown = (i + 1) / length
      haze[first + i] = {
        transparency: 1 - (1 - worst) * grown,
        bloat: 1 + (bloat - 1) * grown,
        glow: random.range(0.1, 0.3) * grown,
      }
    }
  }
  return haze
}
