import type { BackgroundModel } from '../background/model.ts'
import type { FrameMeasurement } from '../frame/measurement.ts'
import type { Plane } from '../plane.ts'
import type { StarCatalog } from '../stars/catalog.ts'
import { findStreaks } from '../streaks/find.ts'
import type { Streak } from '../verdict/assessment.ts'
import { readSketch, sketchSigma } from './sketch.ts'
import { invert, type Transform } from './transform.ts'

/** Frames whose median stands for the sky without trails. */
const NEIGHBOURS = 5
const FEWEST_NEIGHBOURS = 3
/** Where the neighbours' median is brighter than this many sigma a star or nebula leaves too much behind. */
const STATIC_SIGMA = 2.5
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
  const members = session.flatMap(({ sketch }, i) => (poses[i] && sketch ? [i] : []))
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
  const data = new Float32Array(width * height)
  const lookups = others.map((other) => lookup(own, other))
  const values = new Float64Array(others.length)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      let seen = 0
      for (const look of lookups) {
        const value = look(x, y)
        if (value === -128) continue
        // Insertion keeps the few values in order.
        let at = seen++
        for (; at > 0 && values[at - 1] > value; at--) values[at] = values[at - 1]
        values[at] = value
      }
      if (seen < FEWEST_NEIGHBOURS) continue
      const middle = seen >> 1
      const usual = seen % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2
      if (Math.abs(usual) > STATIC_SIGMA * sketchSigma) continue
      data[y * width + x] = (own.bytes[y * width + x] - usual) / sketchSigma
    }
  return { data, width, height }
}

/** Reads another frame's sketch at the place of the sky that a pixel of our own shows; -128 outside. */
function lookup(own: Posed, other: Posed): (x: number, y: number) => number {
  const { width, height } = other.frame.sketch!
  const step = own.frame.width / own.frame.sketch!.width
  const back = invert(other.pose)
  const turn = {
    cos: back.cos * own.pose.cos - back.sin * own.pose.sin,
    sin: back.sin * own.pose.cos + back.cos * own.pose.sin,
  }
  const dx = back.cos * own.pose.dx - back.sin * own.pose.dy + back.dx
  const dy = back.sin * own.pose.dx + back.cos * own.pose.dy + back.dy
  const half = (step - 1) / 2
  return (x, y) => {
    const px = x * step + half
    const py = y * step + half
    const column = Math.round((turn.cos * px - turn.sin * py + dx - half) / step)
    const row = Math.round((turn.sin * px + turn.cos * py + dy - half) / step)
    if (column < 0 || row < 0 || column >= width || row >= height) return -128
    return other.bytes[row * width + column]
  }
}

function newTrails(difference: Plane, frame: FrameMeasurement): Streak[] {
  const step = frame.width / difference.width
  const shorter = Math.min(frame.width, frame.height)
  return findStreaks(difference, flatSky(difference), noStars)
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
