import { exp, pi, pow, sin, smoothstep } from './math.ts'
import type { TrailSpec } from './types.ts'

/**
 * Brightness along a trail, `along` pixels from its start, where 1 is the level that `pixelSnr` speaks of. Ends are
 * soft over `widthPx`, as the star image makes them.
 */
export function lightAlong(
  spec: TrailSpec,
  lengthPx: number,
  widthPx: number,
  along: number,
): number {
  const rise = smoothstep(-0.7 * widthPx, 0.7 * widthPx, along)
  const fall = smoothstep(-0.7 * widthPx, 0.7 * widthPx, lengthPx - along)
  const ends = rise * fall
  if (ends === 0) return 0
  if (spec.kind === 'meteor') return ends * meteorLight(along / lengthPx, spec.flareAt ?? 0.75)
  return ends * (tumbling(spec, along) + flashing(spec, widthPx, along))
}

/** A meteor kindles slowly, flares and goes out fast (light curves of Beech 2009, simplified). Peak 1. */
function meteorLight(t: number, flareAt: number): number {
  if (t <= 0 || t >= 1) return 0
  const before = Math.min(1, t / flareAt)
  const after = Math.min(1, (1 - t) / (1 - flareAt))
  const offset = (t - flareAt) / 0.05
  return 0.6 * pow(before, 1.6) * pow(after, 0.8) + 0.4 * exp(-0.5 * offset * offset)
}

/** Slow, skewed change around mean 1. */
function tumbling({ tumble }: TrailSpec, along: number): number {
  if (!tumble) return 1
  const angle = 2 * pi * (along / tumble.periodPx + tumble.phase)
  return 1 + tumble.depth * (0.85 * sin(angle) + 0.15 * sin(2 * angle + 1))
}

/** Dashes: a flash lasts about a twentieth of the time between two. */
function flashing({ strobe }: TrailSpec, widthPx: number, along: number): number {
  if (!strobe) return 0
  const turns = along / strobe.periodPx + strobe.phase
  const off = Math.abs(turns - Math.floor(turns + 0.5)) * strobe.periodPx
  const half = Math.max(widthPx, 0.05 * strobe.periodPx) / 2
  return strobe.strength * (1 - smoothstep(half - 0.4 * widthPx, half + 0.4 * widthPx, off))
}

/** How much wider a meteor is where it is bright. */
export function widening(spec: TrailSpec, light: number): number {
  return spec.kind === 'meteor' ? 1 + 0.5 * light : 1
}
