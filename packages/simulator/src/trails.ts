import { fractalNoise } from './fractal.ts'
import type { StarProfile } from './moffat.ts'
import { lightAlong, widening } from './trailLight.ts'
import {
  bowAt,
  placeAt,
  type TrailPath,
  trailPath,
  type VisiblePart,
  visiblePart,
} from './trailPath.ts'
import { makeTrailProfile, profileValue, type TrailProfile } from './trailProfile.ts'
import type { TrailTruth } from './truth.ts'
import type { Plane, TrailSpec } from './types.ts'

/** What the drawing of a trail depends on besides its spec. */
export interface TrailContext {
  readonly seed: number
  /** RMS noise of a background pixel, in the units of the plane. */
  readonly noise: number
  readonly star: StarProfile
  /** Radius of the telescope's own out-of-focus disc, and its relative hole. */
  readonly defocusPx: number
  readonly obstruction: number
  /** Share of light that comes through at a place: clouds and obstacles. */
  readonly transparencyAt: (x: number, y: number) => number
  readonly minimumSnr: number
}

/** Tables along a trail, one entry a pixel. */
interface AlongTrail {
  readonly light: Float64Array
  readonly middle: Float64Array
  /** Sum of squares of the light inside the frame. */
  readonly energy: number
}

/** Draws a trail into the plane and tells what is to be seen of it; `undefined` if it misses the frame. */
export function addTrail(
  plane: Plane,
  spec: TrailSpec,
  context: TrailContext,
): TrailTruth | undefined {
  const path = trailPath(spec, plane, 40 + (spec.blurPx ?? 0) + context.defocusPx)
  const profile = makeTrailProfile({
    alphaPx: context.star.alphaPx,
    beta: context.star.beta,
    discs: [
      { radiusPx: spec.blurPx ?? 0, obstruction: context.obstruction },
      { radiusPx: context.defocusPx, obstruction: context.obstruction },
    ],
    cosine: Math.abs(path.cosine),
    sine: Math.abs(path.sine),
  })
  const seen = visiblePart(path, plane, (x, y) => context.transparencyAt(x, y) > 0.03)
  if (!seen) return undefined
  const along = tabulate(spec, path, seen, profile, context)
  paint(plane, spec, path, profile, along, context)
  return truthOf(spec, seen, profile, along.energy, context.minimumSnr)
}

function tabulate(
  spec: TrailSpec,
  path: TrailPath,
  seen: VisiblePart,
  profile: TrailProfile,
  context: TrailContext,
): AlongTrail {
  const count = Math.max(2, Math.ceil(path.to - path.from) + 2)
  const light = new Float64Array(count)
  const middle = new Float64Array(count)
  // Seeing makes short exposures of a moving point wander: some hundredths of the width, over tens of pixels.
  const wander = { seed: context.seed, octaves: 2, persistence: 0.6 }
  let passed = 0
  for (let i = 0; i < count; i++) {
    const along = path.from + i
    const { x, y } = placeAt(path, along)
    const transparency = context.transparencyAt(x, y)
    light[i] = lightAlong(spec, path.lengthPx, profile.fwhmPx, along) * transparency
    middle[i] = bowAt(path, along) + 0.06 * profile.fwhmPx * fractalNoise(wander, along / 14, 0.5)
    if (along >= seen.from && along <= seen.to) passed += transparency / (seen.to - seen.from + 1)
  }
  // `pixelSnr` is what is seen in the frame, behind the mean cloud along the path.
  let energy = 0
  for (let i = 0; i < count; i++) {
    light[i] = light[i]! / Math.max(passed, 0.02)
    const along = path.from + i
    if (along >= seen.from && along <= seen.to) energy += light[i]! * light[i]!
  }
  return { light, middle, energy }
}

function paint(
  plane: Plane,
  spec: TrailSpec,
  path: TrailPath,
  profile: TrailProfile,
  { light, middle }: AlongTrail,
  context: TrailContext,
): void {
  const { data, width, height } = plane
  const reach = (profile.half / profile.perPx) * (spec.kind === 'meteor' ? 1.5 : 1)
  const peak = spec.pixelSnr * context.noise
  const low = Math.min(0, path.sagittaPx) - reach - 2
  const high = Math.max(0, path.sagittaPx) + reach + 2
  for (let y = 0; y < height; y++) {
    const dy = y - path.y0
    const [first, last] = rowSpan(path, dy, low, high, width)
    for (let x = first; x <= last; x++) {
      const dx = x - path.x0
      const place = dx * path.cosine + dy * path.sine - path.from
      const i = Math.floor(place)
      if (i < 0 || i >= light.length - 1) continue
      const share = place - i
      const level = light[i]! + (light[i + 1]! - light[i]!) * share
      if (level <= 0) continue
      const centre = middle[i]! + (middle[i + 1]! - middle[i]!) * share
      const d = (dy * path.cosine - dx * path.sine - centre) / widening(spec, level)
      data[y * width + x] = data[y * width + x]! + peak * level * profileValue(profile, d)
    }
  }
}

/** Columns of a row whose distance from the chord lies within `low` .. `high` and that lie along it. */
function rowSpan(
  path: TrailPath,
  dy: number,
  low: number,
  high: number,
  width: number,
): readonly [number, number] {
  let from = 0
  let to = width - 1
  const { x0, cosine, sine } = path
  if (Math.abs(sine) > 1e-9) {
    const a = x0 + (dy * cosine - low) / sine
    const b = x0 + (dy * cosine - high) / sine
    from = Math.max(from, Math.ceil(Math.min(a, b)))
    to = Math.min(to, Math.floor(Math.max(a, b)))
  } else if (dy * cosine < low || dy * cosine > high) return [0, -1]
  if (Math.abs(cosine) > 1e-9) {
    const a = x0 + (path.from - dy * sine) / cosine
    const b = x0 + (path.to - dy * sine) / cosine
    from = Math.max(from, Math.ceil(Math.min(a, b)))
    to = Math.min(to, Math.floor(Math.max(a, b)))
  }
  return [from, to]
}

function truthOf(
  spec: TrailSpec,
  seen: VisiblePart,
  profile: TrailProfile,
  energy: number,
  minimumSnr: number,
): TrailTruth {
  const widthPx = profile.fwhmPx * widening(spec, 1)
  const matchedSnr = spec.pixelSnr * Math.sqrt(0.75 * widthPx * energy)
  return {
    kind: spec.kind,
    x0: seen.x0,
    y0: seen.y0,
    x1: seen.x1,
    y1: seen.y1,
    lengthPx: seen.lengthPx,
    sagittaPx: seen.sagittaPx,
    widthPx,
    pixelSnr: spec.pixelSnr,
    matchedSnr,
    labelled: matchedSnr >= minimumSnr,
    group: spec.group ?? 0,
  }
}
