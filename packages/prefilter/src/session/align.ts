import { neighbourIndex } from './neighbours.ts'
import { apply, fitTransform, type Point, type Transform } from './transform.ts'

export interface Alignment {
  /** From the frame's pixels to the reference's. */
  readonly transform: Transform
  /** Pairs (index in frame, index in reference) that agree. */
  readonly matches: readonly (readonly [number, number])[]
}

/** Stars of each list that vote; more only add chance pairs. */
const VOTERS = 90
/** Stars whose mutual distances are compared when the field has turned by an unknown angle. */
const PAIRED = 28
const COARSE_PX = 8
const FINE_PX = 3

/**
 * Finds how a frame lies on the reference from their star positions (brightest first): a shift, with or
 * without a half turn (meridian flip), by a vote over differences; else any turn, by comparing distances of
 * star pairs. `undefined` where the vote does not rise above chance.
 */
export function alignStars(
  frame: readonly Point[],
  reference: readonly Point[],
  size: { readonly width: number; readonly height: number },
): Alignment | undefined {
  const upright: Transform = { cos: 1, sin: 0, dx: 0, dy: 0 }
  const flipped: Transform = { cos: -1, sin: 0, dx: size.width - 1, dy: size.height - 1 }
  const area = 4 * size.width * size.height
  const guesses = [upright, flipped].map((turn) => {
    const turned = frame.slice(0, VOTERS).map((p) => apply(turn, p))
    return { turn, ...voteShift(turned, reference.slice(0, VOTERS), area) }
  })
  guesses.sort((a, b) => b.votes - a.votes)
  for (const guess of guesses) {
    if (guess.votes < guess.needed) continue
    const { turn, shift } = guess
    const start = { ...turn, dx: turn.dx + shift.x, dy: turn.dy + shift.y }
    const found = refine(frame, reference, start)
    if (found) return found
  }
  const turned = voteTurn(frame, reference)
  return turned && refine(frame, reference, turned)
}

/** The most common difference of positions, its votes, and how many it takes to be no accident. */
function voteShift(ours: readonly Point[], theirs: readonly Point[], area: number) {
  const differences = theirs.flatMap((b) => ours.map((a) => ({ x: b.x - a.x, y: b.y - a.y })))
  const { votes, ...shift } = fullestCell(differences, COARSE_PX)
  const chance = (differences.length * (3 * COARSE_PX) ** 2) / area
  const fewer = Math.min(ours.length, theirs.length)
  return { shift, votes, needed: Math.max(4, 0.15 * fewer, 4 * chance + 3) }
}

/** Pairs of equal length in both lists each propose a turn and a shift; the most agreed proposal wins. */
function voteTurn(frame: readonly Point[], reference: readonly Point[]): Transform | undefined {
  const ours = pairs(frame.slice(0, PAIRED))
  const theirs = pairs(reference.slice(0, PAIRED))
  const proposals: { angle: number; transform: Transform }[] = []
  for (const a of ours)
    for (const b of theirs) {
      if (Math.abs(a.length - b.length) > 1.5) continue
      for (const half of [0, Math.PI]) {
        const angle = b.angle - a.angle + half
        const cos = Math.cos(angle)
        const sin = Math.sin(angle)
        const dx = b.middle.x - cos * a.middle.x + sin * a.middle.y
        const dy = b.middle.y - sin * a.middle.x - cos * a.middle.y
        proposals.push({ angle, transform: { cos, sin, dx, dy } })
      }
    }
  return mostAgreed(proposals)
}

function mostAgreed(
  proposals: readonly { angle: number; transform: Transform }[],
): Transform | undefined {
  const votes = new Map<string, Transform[]>()
  for (const { angle, transform } of proposals) {
    const turn = Math.round((((angle % (2 * Math.PI)) + 2 * Math.PI) % (2 * Math.PI)) / 0.02)
    const key = `${turn},${Math.round(transform.dx / 24)},${Math.round(transform.dy / 24)}`
    const cell = votes.get(key)
    if (cell) cell.push(transform)
    else votes.set(key, [transform])
  }
  let best: Transform[] = []
  for (const cell of votes.values()) if (cell.length > best.length) best = cell
  return best.length >= 6 ? best[0] : undefined
}

function pairs(points: readonly Point[]) {
  return points.flatMap((a, i) =>
    points.slice(i + 1).map((b) => ({
      length: Math.hypot(b.x - a.x, b.y - a.y),
      angle: Math.atan2(b.y - a.y, b.x - a.x),
      middle: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 },
    })),
  )
}

/** Mean of the points in the fullest 3 x 3 block of cells. */
function fullestCell(points: readonly Point[], cellPx: number) {
  const cells = new Map<number, Point[]>()
  const key = (column: number, row: number) => column * 131_072 + row
  for (const p of points) {
    const k = key(Math.floor(p.x / cellPx), Math.floor(p.y / cellPx))
    const cell = cells.get(k)
    if (cell) cell.push(p)
    else cells.set(k, [p])
  }
  let best: Point[] = []
  for (const [k, cell] of cells) {
    // A cell of one can only win among cells of one: spare the sum.
    if (cell.length === 1 && best.length > 8) continue
    const column = Math.round(k / 131_072)
    const row = k - column * 131_072
    const block: Point[] = []
    for (let c = column - 1; c <= column + 1; c++)
      for (let r = row - 1; r <= row + 1; r++) block.push(...(cells.get(key(c, r)) ?? []))
    if (block.length > best.length) best = block
  }
  const n = Math.max(1, best.length)
  return {
    x: best.reduce((sum, p) => sum + p.x, 0) / n,
    y: best.reduce((sum, p) => sum + p.y, 0) / n,
    votes: best.length,
  }
}

/** Alternates nearest pairs and least squares, wide first; gives up where too few pairs agree. */
function refine(
  frame: readonly Point[],
  reference: readonly Point[],
  start: Transform,
): Alignment | undefined {
  const nearest = neighbourIndex(reference, 2 * COARSE_PX)
  let transform = start
  let matches: (readonly [number, number])[] = []
  for (const radiusPx of [2 * COARSE_PX, COARSE_PX, FINE_PX, FINE_PX]) {
    matches = frame.flatMap((p, i) => {
      const j = nearest(apply(transform, p), radiusPx)
      return j < 0 ? [] : [[i, j] as const]
    })
    if (matches.length < 3) return undefined
    transform = fitTransform(
      matches.map(([i]) => frame[i]),
      matches.map(([, j]) => reference[j]),
    )
  }
  const enough = Math.max(4, 0.12 * Math.min(frame.length, reference.length))
  return matches.length >= enough ? { transform, matches } : undefined
}
