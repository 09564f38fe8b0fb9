import type { DatasetLabel } from './manifest.ts'

/** A frame as far as it matters for choosing where to lay trails. */
export interface Base {
  readonly id: string
  readonly label: DatasetLabel
  readonly session: string
  readonly score: number
}

/** One frame that gets trails, and the others of its session that get theirs in the same round. */
export interface Injection {
  /** Index of the frame among the bases. */
  readonly base: number
  readonly id: string
  readonly seed: number
  /** Injections of one round are compared with the session together, in place of their originals. */
  readonly round: string
}

/** Clean frames that go into one round at most: the others must stay the majority that trails are told from. */
const roundShare = 0.25
const seedsApart = 100_000

/**
 * Chooses the clean frames that get trails. Half of the trails go to the half of the frames with the lower scores, worst
 * first, since these are the hardest to tell from contaminated ones; the other half to all frames, best first.
 */
export function planInjections(
  bases: readonly Base[],
  { count, seed }: { readonly count: number; readonly seed: number },
): Injection[] {
  const clean = bases
    .flatMap(({ label, score }, base) => (label === 'clean' ? [{ base, score }] : []))
    .sort((a, b) => a.score - b.score || a.base - b.base)
    .map(({ base }) => base)
  if (clean.length === 0) return []
  const times = new Map<number, number>()
  const filled = new Map<string, number>()
  return Array.from({ length: count }, (_, i): Injection => {
    const base = clean[placeOf(i, clean.length)] ?? 0
    const nth = (times.get(base) ?? 0) + 1
    times.set(base, nth)
    const { id, session } = bases[base] ?? { id: '', session: '' }
    const most = Math.max(1, Math.floor(roundShare * sizeOf(bases, session)))
    const place = filled.get(`${session} ${nth}`) ?? 0
    filled.set(`${session} ${nth}`, place + 1)
    const round = `${session} ${nth}.${Math.floor(place / most)}`
    return { base, id: `${id}-trail-${nth}`, seed: seed * seedsApart + i, round }
  }).sort((a, b) => (a.round < b.round ? -1 : a.round > b.round ? 1 : 0))
}

function placeOf(i: number, length: number): number {
  const turn = Math.floor(i / 2)
  return i % 2 === 0 ? turn % Math.ceil(length / 2) : length - 1 - (turn % length)
}

const sizeOf = (bases: readonly Base[], session: string): number =>
  bases.filter((base) => base.session === session).length
