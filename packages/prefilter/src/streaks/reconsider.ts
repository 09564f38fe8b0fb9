import type { Field } from './band.ts'
import { type JudgeContext, judge, type RejectionReason } from './judge.ts'
import { angleBetween, angleOf, type Path, pathLength, pointAt, project } from './path.ts'
import { measure, refine, type Trace } from './refine.ts'

/** A followed trace and the reason it is no trail, if there is one. */
export interface Found {
  readonly trace: Trace
  readonly reason: RejectionReason | undefined
}

/** What only shows when all that was found in a frame is seen together. */
export function reconsider(found: readonly Found[], context: JudgeContext, field: Field): Found[] {
  const rules = [
    mergeCollinear,
    dropDuplicates,
    rejectBursts,
    rejectStarTrails,
    rejectParticles,
    rejectBanding,
  ]
  return rules.reduce<Found[]>((list, rule) => rule(list, context, field), [...found])
}

function reject(
  found: readonly Found[],
  reason: RejectionReason,
  which: (trace: Trace) => boolean,
) {
  return found.map((one) => (one.reason || !which(one.trace) ? one : { ...one, reason }))
}

/** Pieces of one trail, parted by a star or a gap between chips, become one. */
function mergeCollinear(found: Found[], context: JudgeContext, field: Field): Found[] {
  const list = [...found]
  for (let i = 0; i < list.length; i++) {
    for (let j = list.length - 1; j > i; j--) {
      const [a, b] = [list[i]!, list[j]!]
      if (a.reason || b.reason || !continues(a.trace, b.trace)) continue
      const joined = joinTraces(a.trace, b.trace, field)
      if (!joined) continue
      const reason = judge(joined, context)
      // What is no trail as a whole for a lack of light between its parts may still be one in its parts.
      if (reason && reason !== 'spike') continue
      list[i] = { trace: joined, reason }
      list.splice(j, 1)
    }
  }
  return list
}

function joinTraces(a: Trace, b: Trace, { residual }: Field): Trace | undefined {
  const path = join(a.path, b.path)
  const { sigmaPx, fwhmPx } = a.snr > b.snr ? a.cross : b.cross
  const followed = refine({ residual }, { path, tolerancePx: Math.max(2, fwhmPx), sigmaPx })
  if (followed && pathLength(followed.path) > 0.8 * pathLength(path)) return followed
  return measure({ residual }, path, { sigmaPx, clip: Math.max(a.clip, b.clip), coverFrom: 1 })
}

/** Whether one path lies on the other's continuation, with a gap no longer than the two together. */
function continues(a: Trace, b: Trace): boolean {
  const [first, second] = pathLength(a.path) > pathLength(b.path) ? [a, b] : [b, a]
  const length = pathLength(first.path)
  if (angleBetween(angleOf(a.path), angleOf(b.path)) > 3) return false
  const start = project(first.path, second.path.x0, second.path.y0)
  const end = project(first.path, second.path.x1, second.path.y1)
  const middle = project(first.path, ...centre(second.path))
  const gap = Math.max(0, -Math.max(start.t, end.t), Math.min(start.t, end.t) - length)
  const reach = Math.max(0, -Math.min(start.t, end.t), Math.max(start.t, end.t) - length)
  const tolerance = 2 + first.cross.fwhmPx + (0.004 + (1.5 * first.cross.fwhmPx) / length) * reach
  const beside = Math.max(Math.abs(start.offset), Math.abs(end.offset), Math.abs(middle.offset))
  return beside < tolerance && gap < length + pathLength(second.path)
}

function centre(path: Path): [number, number] {
  const { x, y } = pointAt(path, pathLength(path) / 2)
  return [x, y]
}

/** From the farthest end of one to the farthest end of the other. */
function join(a: Path, b: Path): Path {
  const points = [
    { x: a.x0, y: a.y0 },
    { x: a.x1, y: a.y1 },
    { x: b.x0, y: b.y0 },
    { x: b.x1, y: b.y1 },
  ]
  let best: Path = a
  for (const from of points) {
    for (const to of points) {
      const path = { x0: from.x, y0: from.y, x1: to.x, y1: to.y, sagittaPx: 0 }
      if (pathLength(path) > pathLength(best)) best = path
    }
  }
  return best
}

/** Twins beside a brighter trail: its own wings, ghosts of the fit, or the other edge of a broad one. */
function dropDuplicates(found: Found[]): Found[] {
  const kept = found.filter(({ reason }) => !reason).sort((a, b) => b.trace.snr - a.trace.snr)
  return reject(found, 'duplicate', (trace) =>
    kept.some((other) => {
      if (other.trace === trace || other.trace.snr <= trace.snr) return false
      return shadows(other.trace, trace)
    }),
  )
}

function shadows(bright: Trace, faint: Trace): boolean {
  if (angleBetween(angleOf(bright.path), angleOf(faint.path)) > 4) return false
  const [x, y] = centre(faint.path)
  const { t, offset } = project(bright.path, x, y)
  if (t < -10 || t > pathLength(bright.path) + 10) return false
  const near = Math.abs(offset) < Math.max(bright.cross.fwhmPx, faint.cross.fwhmPx)
  const wing =
    Math.abs(offset) < 5 * bright.cross.fwhmPx && faint.cross.peak < 0.05 * bright.cross.peak
  return near || wing
}

/** Three or more lines through one bright point: the spikes of a star, or a focusing mask. */
function rejectBursts(found: Found[], _: JudgeContext, { residual }: Field): Found[] {
  const lines = found
    .filter(({ reason }) => !reason || reason === 'spike')
    .map(({ trace }) => trace)
  let list = found
  for (let i = 0; i < lines.length; i++) {
    for (let j = i + 1; j < lines.length; j++) {
      const [a, b] = [lines[i]!, lines[j]!]
      const angle = angleBetween(angleOf(a.path), angleOf(b.path))
      if (angle < 4) continue
      const point = crossing(a.path, b.path)
      if (!point || !reaches(a, point) || !reaches(b, point)) continue
      const height = Math.max(a.cross.peak, b.cross.peak)
      // Beyond the border nothing can be seen of the star.
      const seen = inside(residual, point) ? brightest(residual, point.x, point.y) : Infinity
      if (seen < 2 * height) continue
      const through = lines.filter((line) => reaches(line, point) && falls(line, point))
      const vanes = Math.abs(angle - 90) < 4 || Math.abs(angle - 60) < 4
      const middle = halves(a, point) && halves(b, point)
      if (through.length < (vanes || middle ? 2 : 3)) continue
      list = reject(list, 'spike', (trace) => through.includes(trace))
    }
  }
  return list
}

function inside({ width, height }: Field['residual'], { x, y }: { x: number; y: number }) {
  return x > 2 && y > 2 && x < width - 3 && y < height - 3
}

/** Whether a point lies in the middle half of a trace. */
function halves({ path }: Trace, { x, y }: { x: number; y: number }): boolean {
  const share = project(path, x, y).t / pathLength(path)
  return share > 0.25 && share < 0.75
}

function crossing(a: Path, b: Path): { x: number; y: number } | undefined {
  const [ax, ay, bx, by] = [a.x1 - a.x0, a.y1 - a.y0, b.x1 - b.x0, b.y1 - b.y0]
  const cross = ax * by - ay * bx
  if (Math.abs(cross) < 1e-9) return undefined
  const share = ((b.x0 - a.x0) * by - (b.y0 - a.y0) * bx) / cross
  return { x: a.x0 + share * ax, y: a.y0 + share * ay }
}

/** Whether a trace's line passes a point within or not far beyond its ends. */
function reaches({ path, cross }: Trace, { x, y }: { x: number; y: number }): boolean {
  const length = pathLength(path)
  const { t, offset } = project(path, x, y)
  return Math.abs(offset) < 3 + cross.fwhmPx && t > -0.5 * length && t < 1.5 * length
}

/** Whether a trace is brighter near a point than far from it. */
function falls({ path, pieces }: Trace, { x, y }: { x: number; y: number }): boolean {
  const { t } = project(path, x, y)
  const length = pathLength(path)
  const known = pieces.amplitude
    .map((value, i) => ({
      value,
      away: Math.abs(((i + 0.5) * length) / pieces.amplitude.length - t),
    }))
    .filter(({ value }) => !Number.isNaN(value))
    .sort((a, b) => a.away - b.away)
  const half = known.length >> 1
  const mean = (part: typeof known) => part.reduce((sum, { value }) => sum + value, 0) / part.length
  return half > 0 && mean(known.slice(0, half)) > 1.3 * mean(known.slice(-half))
}

function brightest({ data, width, height }: Field['residual'], x: number, y: number): number {
  let peak = 0
  const reach = 4
  for (let v = Math.max(0, Math.round(y) - reach); v <= Math.min(height - 1, y + reach); v++) {
    for (let u = Math.max(0, Math.round(x) - reach); u <= Math.min(width - 1, x + reach); u++) {
      peak = Math.max(peak, data[v * width + u]!)
    }
  }
  return peak
}

/** Many lines alike in direction and length, or turning about one point: the stars have moved. */
function rejectStarTrails(found: Found[], { width, height }: JudgeContext): Found[] {
  const kept = found.filter(({ reason }) => !reason).map(({ trace }) => trace)
  const inside = kept.filter(({ room }) => room[0] > 5 && room[1] > 5)
  const alike = (a: Trace) =>
    inside.filter((b) => {
      const ratio = pathLength(a.path) / pathLength(b.path)
      return angleBetween(angleOf(a.path), angleOf(b.path)) < 6 && ratio > 0.7 && ratio < 1.4
    })
  const families = new Set(inside.filter((trace) => scattered(alike(trace), width, height)))
  const arcs = found.filter(({ reason }) => reason === 'star-trail').map(({ trace }) => trace)
  return reject(
    found,
    'star-trail',
    (trace) =>
      families.has(trace) ||
      arcs.some(
        (arc) => arc.snr > trace.snr && angleBetween(angleOf(arc.path), angleOf(trace.path)) < 15,
      ),
  )
}

/** Four or more, spread over the frame in both directions, as no train of satellites is. */
function scattered(traces: readonly Trace[], width: number, height: number): boolean {
  if (traces.length < 4) return false
  const centres = traces.map(({ path }) => centre(path))
  const range = (values: number[]) => Math.max(...values) - Math.min(...values)
  return (
    range(centres.map(([x]) => x)) > 0.3 * width && range(centres.map(([, y]) => y)) > 0.3 * height
  )
}

/** A frame with many short lines was hit by particles, not crossed by satellites. */
function rejectParticles(found: Found[], { width, height }: JudgeContext): Found[] {
  const short = (trace: Trace) =>
    pathLength(trace.path) < Math.min(150, 0.15 * Math.hypot(width, height))
  const count = found.filter(
    ({ trace, reason }) => (!reason || reason === 'cosmic-ray') && short(trace),
  ).length
  return count < 6 ? found : reject(found, 'cosmic-ray', short)
}

const axisDefects: ReadonlySet<RejectionReason | undefined> = new Set([
  'column',
  'row',
  'edge-artefact',
])

/** Nearly along the rows or columns, with others of that kind: read-out patterns, or the lines of a spectrum. */
function rejectBanding(found: Found[]): Found[] {
  const offAxis = (trace: Trace, axis: number) => angleBetween(angleOf(trace.path), axis)
  return [0, 90].reduce<Found[]>((list, axis) => {
    const along = list.filter(({ trace }) => offAxis(trace, axis) < 2)
    const defects = along.filter(({ reason }) => axisDefects.has(reason))
    if (defects.length < 2) return list
    return reject(list, axis === 0 ? 'row' : 'column', (trace) => offAxis(trace, axis) < 1)
  }, found)
}
