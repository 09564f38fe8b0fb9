import type { BackgroundModel } from '../background/model.ts'
import type { FrameMeasurement } from '../frame/measurement.ts'
import type { Plane } from '../plane.ts'
import type { StarCatalog } from '../stars/catalog.ts'
import { quantile } from '../statistics/robust.ts'
import { findStreaks } from '../streaks/find.ts'
import type { Streak } from '../verdict/assessment.ts'
import { readSketch, sketchSigma } from './sketch.ts'
import { invert, type Transform } from './transform.ts'

/** Frames whose median stands for the sky without trails. */
const NEIGHBOURS = 5
const FEWEST_NEIGHBOURS = 3
/** Where the neighbours' median is brighter than this many sigma a star or nebula leaves too much behind. */
const STATIC_SIGMA = 2.5
/** No byte of a sketch: they end at 127 on both sides. */
const OUTSIDE = -128
/** What stands out more than this the frame's own search has seen. */
const FAINT_SIGMA = 3
const MOST_ECCENTRIC = 0.65
/** What is found only here must cross this share of the frame's shorter side: a faint short line proves little. */
const LEAST_SHARE = 0.5
const LEAST_PERSISTENCE = 0.6

/**
 * Trails that one frame's stars, galaxies or nebulae hide: each frame's sketch less the median of its aligned
 * neighbours holds noise, passers-by, and next to nothing else, so that the search may go down to the noise. Returns the
 * new trails of each frame, in its pixels.
 */
export function findFaintTrails(
  session: readonly FrameMeasurement[],
  poses: readonly (Transform | undefined)[],
): (readonly Streak[])[] {
  const usual = usualStars(session)
  const members = session.flatMap((frame, i) =>
    poses[i] && frame.sketch && isUsual(frame, usual) ? [i] : [],
  )
  const found: (readonly Streak[])[] = session.map(() => [])
  if (members.length <= FEWEST_NEIGHBOURS) return found
  const bytes = new Map<number, Int8Array>()
  for (const [k, i] of members.entries()) {
    const near = nearestMembers(members, k)
    for (const j of [i, ...near]) if (!bytes.has(j)) bytes.set(j, readSketch(session[j].sketch!))
    for (const j of bytes.keys()) if (j !== i && !near.includes(j)) bytes.delete(j)
    const difference = subtractNeighbours(
      { frame: session[i], bytes: bytes.get(i)!, pose: poses[i]! },
      near.map((j) => ({ frame: session[j], bytes: bytes.get(j)!, pose: poses[j]! })),
    )
    found[i] = newTrails(difference, session[i])
  }
  return found
}

function usualStars(session: readonly FrameMeasurement[]) {
  return {
    count: quantile(
      session.map(({ stars }) => stars.count),
      0.6,
    ),
    fwhmPx: quantile(
      session.map(({ stars }) => stars.fwhmPx),
      0.4,
    ),
  }
}

/** Stars of another width, shape or number leave too much behind, and such frames are rejected anyway. */
function isUsual({ stars }: FrameMeasurement, usual: ReturnType<typeof usualStars>): boolean {
  return (
    stars.count > 0.6 * usual.count &&
    stars.fwhmPx < 1.3 * usual.fwhmPx &&
    stars.eccentricity < MOST_ECCENTRIC
  )
}

interface Posed {
  readonly frame: FrameMeasurement
  readonly bytes: Int8Array
  readonly pose: Transform
}

function nearestMembers(members: readonly number[], k: number): number[] {
  return members
    .map((i, at) => ({ i, distance: Math.abs(at - k) }))
    .filter(({ distance }) => distance > 0)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, NEIGHBOURS)
    .map(({ i }) => i)
}

/** Own sketch less the neighbours' median, in sigma; 0 where too few neighbours look or something bright stands. */
function subtractNeighbours(own: Posed, others: readonly Posed[]): Plane {
  const { width, height } = own.frame.sketch!
  const usual = medianOf(own, others)
  const limit = STATIC_SIGMA * sketchSigma
  const step = own.frame.width / width
  const margin = Math.max(1, Math.min(4, Math.ceil(own.frame.stars.fwhmPx / step)))
  const bright = usual.map((value) => (Number.isNaN(value) || Math.abs(value) > limit ? 1 : 0))
  const masked = dilate(dilate(bright, { width, height, margin, across: 1 }), {
    width,
    height,
    margin,
    across: width,
  })
  const data = new Float32Array(width * height)
  for (let i = 0; i < data.length; i++)
    if (!masked[i]) {
      const sigma = (own.bytes[i] - usual[i]) / sketchSigma
      data[i] = Math.max(-FAINT_SIGMA, Math.min(FAINT_SIGMA, sigma))
    }
  return { data, width, height }
}

/** Median of the neighbours at each pixel of our own sketch, in bytes; NaN where too few of them look. */
function medianOf(own: Posed, others: readonly Posed[]): Float32Array {
  const planes = others.map((other) => warp(own, other))
  const usual = new Float32Array(own.bytes.length)
  const values = new Int8Array(others.length)
  for (let i = 0; i < usual.length; i++) {
    let seen = 0
    for (let k = 0; k < planes.length; k++) {
      const value = planes[k][i]
      if (value === OUTSIDE) continue
      // Insertion keeps the few values in order.
      let at = seen++
      for (; at > 0 && values[at - 1] > value; at--) values[at] = values[at - 1]
      values[at] = value
    }
    const middle = seen >> 1
    if (seen < FEWEST_NEIGHBOURS) usual[i] = Number.NaN
    else usual[i] = seen % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2
  }
  return usual
}

interface Dilation {
  readonly width: number
  readonly height: number
  readonly margin: number
  /** Step from a pixel to the next: 1 along rows, the width along columns. */
  readonly across: number
}

/** Sets every pixel within `margin` of a set one, along one axis. */
function dilate(mask: ArrayLike<number>, { width, height, margin, across }: Dilation): Uint8Array {
  const wide = new Uint8Array(width * height)
  for (let i = 0; i < wide.length; i++) {
    if (!mask[i]) continue
    const at = across === 1 ? i % width : Math.floor(i / width)
    const end = across === 1 ? width : height
    const from = Math.max(-margin, -at)
    const to = Math.min(margin, end - 1 - at)
    for (let k = from; k <= to; k++) wide[i + k * across] = 1
  }
  return wide
}

/** Another frame's sketch as our own would show it: nearest pixels, `OUTSIDE` where it ends. */
function warp(own: Posed, other: Posed): Int8Array {
  const { width, height } = own.frame.sketch!
  const step = own.frame.width / width
  const back = invert(other.pose)
  const cos = back.cos * own.pose.cos - back.sin * own.pose.sin
  const sin = back.sin * own.pose.cos + back.cos * own.pose.sin
  const dx = back.cos * own.pose.dx - back.sin * own.pose.dy + back.dx
  const dy = back.sin * own.pose.dx + back.cos * own.pose.dy + back.dy
  // Sketch pixel 0 has its centre at (step - 1) / 2; half a pixel more turns rounding into flooring.
  const half = (step - 1) / 2
  const x0 = (cos * half - sin * half + dx - half) / step + 0.5
  const y0 = (sin * half + cos * half + dy - half) / step + 0.5
  const warped = new Int8Array(width * height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const column = Math.floor(x0 + cos * x - sin * y)
      const row = Math.floor(y0 + sin * x + cos * y)
      const inside = column >= 0 && row >= 0 && column < width && row < height
      warped[y * width + x] = inside ? other.bytes[row * width + column] : OUTSIDE
    }
  return warped
}

function newTrails(difference: Plane, frame: FrameMeasurement): Streak[] {
  const step = frame.width / difference.width
  const shorter = Math.min(frame.width, frame.height)
  return findStreaks({ residual: difference, model: flatSky(difference), stars: noStars })
    .streaks.map((streak) => inFramePixels(streak, step, frame))
    .filter(
      ({ lengthPx, persistence }) =>
        lengthPx > LEAST_SHARE * shorter && persistence >= LEAST_PERSISTENCE,
    )
    .filter((streak) => ![...frame.streaks].some((known) => sameTrail(streak, known, step)))
}

/**
 * In the frame's pixels and noise. The light per length is what the sketch keeps; a trail thinner than a
 * sketch pixel is taken to be as wide as the frame's stars.
 */
function inFramePixels(streak: Streak, step: number, frame: FrameMeasurement): Streak {
  const place = (coordinate: number) => coordinate * step + (step - 1) / 2
  const blurredPx = streak.widthPx * step
  const own = Math.sqrt(Math.max(0, streak.widthPx ** 2 - 1.5 ** 2)) * step
  const widthPx = Math.max(own, frame.stars.fwhmPx || 2.5)
  const pixelSnr = (streak.pixelSnr / step) * Math.max(1, blurredPx / widthPx)
  return {
    ...streak,
    x0: place(streak.x0),
    y0: place(streak.y0),
    x1: place(streak.x1),
    y1: place(streak.y1),
    lengthPx: streak.lengthPx * step,
    sagittaPx: streak.sagittaPx * step,
    widthPx,
    pixelSnr,
    brightness: pixelSnr * frame.background.rms,
  }
}

/** Whether a known trail runs where the new one does. */
function sameTrail(a: Streak, known: Streak, step: number): boolean {
  const length = Math.hypot(known.x1 - known.x0, known.y1 - known.y0) || 1
  const reach = 3 * step + 2 * known.widthPx + Math.abs(known.sagittaPx)
  const off = (x: number, y: number) =>
    Math.abs((x - known.x0) * (known.y1 - known.y0) - (y - known.y0) * (known.x1 - known.x0)) /
    length
  return (
    off((a.x0 + a.x1) / 2, (a.y0 + a.y1) / 2) < reach &&
    Math.min(off(a.x0, a.y0), off(a.x1, a.y1)) < 2 * reach
  )
}

function flatSky({ width, height }: Plane): BackgroundModel {
  return {
    width,
    height,
    cellPx: Math.max(width, height),
    columns: 1,
    rows: 1,
    level: Float32Array.of(0),
    rms: Float32Array.of(1),
    globalLevel: 0,
    globalRms: 1,
  }
}

const none = new Float32Array(0)
const noStars: StarCatalog = {
  count: 0,
  x: none,
  y: none,
  flux: none,
  peak: none,
  snr: none,
  fwhmPx: none,
  hfrPx: none,
  eccentricity: none,
  thetaDeg: none,
  radiusPx: none,
  flags: new Uint8Array(0),
}
