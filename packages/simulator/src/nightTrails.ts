import { cos, pi, sin } from './math.ts'
import type { NightMix } from './night.ts'
import type { Night } from './nightPlan.ts'
import { type Random, randomStream } from './random.ts'
import type { TrailSpec } from './types.ts'

/** Trails of every frame; each frame draws for itself, so a frame may have several causes. */
export function planTrails(
  night: Night,
  mix: Pick<NightMix, 'satellite' | 'airplane' | 'meteor'>,
): TrailSpec[][] {
  return Array.from({ length: night.frames }, (_, index) => {
    const random = randomStream(night.seed, `trails of frame ${index}`)
    const trails: TrailSpec[] = []
    // Satellites are lit when the Sun is not too far below the horizon: more at dusk and dawn.
    const t = index / Math.max(1, night.frames - 1)
    const lit = 0.7 + 1.2 * (2 * t - 1) * (2 * t - 1) * 0.75
    if (random.chance(mix.satellite * lit)) trails.push(...drawSatellites(random, night))
    if (random.chance(mix.airplane)) trails.push(...drawAirplane(random, night))
    if (random.chance(mix.meteor)) trails.push(drawMeteor(random, night))
    return trails
  })
}

function drawSatellites(random: Random, night: Night): TrailSpec[] {
  if (random.chance(0.07)) return drawTrain(random, night)
  const trails = [drawSatellite(random, night, 1)]
  while (trails.length < 4 && random.chance(0.15)) {
    trails.push(drawSatellite(random, night, trails.length + 1))
  }
  return trails
}

function drawSatellite(random: Random, night: Night, group: number): TrailSpec {
  const line = drawLine(random, night, random.chance(0.25))
  const tumbles = random.chance(0.15)
  const curved = random.chance(0.12)
  return {
    kind: 'satellite',
    ...line,
    pixelSnr: random.logRange(0.5, 20),
    group,
    ...(curved && { sagittaPx: lengthOf(line) * random.range(-0.015, 0.015) }),
    ...(random.chance(0.2) && { blurPx: nearBlur(night, random.range(350, 900)) }),
    ...(tumbles && {
      tumble: {
        depth: random.range(0.2, 0.95),
        periodPx: random.logRange(60, 900),
        phase: random.uniform(),
      },
    }),
  }
}

/** A train: several parallel lines, of about the same brightness, some distance apart. */
function drawTrain(random: Random, night: Night): TrailSpec[] {
  const first = drawLine(random, night, false)
  const length = lengthOf(first)
  const c = (first.x1 - first.x0) / length
  const s = (first.y1 - first.y0) / length
  const spacing = random.logRange(8, 120)
  const pixelSnr = random.logRange(0.7, 8)
  return Array.from({ length: 3 + random.integer(6) }, (_, i) => {
    const off = spacing * (i + 0.15 * random.normal())
    return {
      kind: 'satellite' as const,
      x0: first.x0 - s * off,
      y0: first.y0 + c * off,
      x1: first.x1 - s * off,
      y1: first.y1 + c * off,
      pixelSnr: pixelSnr * random.range(0.7, 1.3),
      group: 1,
    }
  })
}

/** Wing lights as two or three blurred lines, and flashes on one or all of them. */
function drawAirplane(random: Random, night: Night): TrailSpec[] {
  const line = drawLine(random, night, false)
  const length = lengthOf(line)
  const c = (line.x1 - line.x0) / length
  const s = (line.y1 - line.y0) / length
  const blurPx = nearBlur(night, random.range(5, 14))
  const spacing = random.logRange(6, 70)
  const pixelSnr = random.logRange(1, 25)
  const count = random.chance(0.6) ? 2 : 3
  const strobe = { periodPx: random.logRange(70, 500), phase: random.uniform() }
  return Array.from({ length: count }, (_, i) => {
    const off = spacing * i
    const flashes = i === 0 || random.chance(0.5)
    return {
      kind: 'airplane' as const,
      x0: line.x0 - s * off,
      y0: line.y0 + c * off,
      x1: line.x1 - s * off,
      y1: line.y1 + c * off,
      pixelSnr: pixelSnr * random.range(0.4, 1.2),
      blurPx,
      group: 100,
      ...(flashes && { strobe: { ...strobe, strength: random.logRange(2, 14) } }),
    }
  })
}

function drawMeteor(random: Random, night: Night): TrailSpec {
  const { width, height } = night.size
  const length = Math.min(width, height) * random.logRange(0.15, 1)
  const angle = 2 * pi * random.uniform()
  const x = random.range(0.1, 0.9) * width
  const y = random.range(0.1, 0.9) * height
  return {
    kind: 'meteor',
    x0: x - 0.5 * length * cos(angle),
    y0: y - 0.5 * length * sin(angle),
    x1: x + 0.5 * length * cos(angle),
    y1: y + 0.5 * length * sin(angle),
    pixelSnr: random.logRange(2, 80),
    flareAt: random.range(0.55, 0.88),
    group: 200,
  }
}

interface Line {
  readonly x0: number
  readonly y0: number
  readonly x1: number
  readonly y1: number
}

/** A line through a random place of the frame: from edge to edge, or with one or both ends inside. */
function drawLine(random: Random, { size }: Night, partial: boolean): Line {
  const angle = 2 * pi * random.uniform()
  const c = cos(angle)
  const s = sin(angle)
  const x = random.range(0.05, 0.95) * size.width
  const y = random.range(0.05, 0.95) * size.height
  const beyond = Math.sqrt(size.width * size.width + size.height * size.height) + 50
  const before = partial && random.chance(0.6) ? random.range(0.05, 0.4) * size.height : beyond
  const after = partial ? random.range(0.05, 0.5) * size.height : beyond
  return { x0: x - before * c, y0: y - before * s, x1: x + after * c, y1: y + after * s }
}

function lengthOf({ x0, y0, x1, y1 }: Line): number {
  return Math.sqrt((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0))
}

/** Radius in pixels of the blur of something `km` away, with the telescope focused at infinity. */
function nearBlur({ telescope }: Night, km: number): number {
  const { apertureMm, focalLengthMm, pixelUm } = telescope
  const radiusUm = ((apertureMm * focalLengthMm) / (2 * km * 1e6)) * 1000
  return Math.min(12, radiusUm / pixelUm)
}
