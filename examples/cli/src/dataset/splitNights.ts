import {
  type DatasetExample,
  type DatasetLabel,
  type DatasetSplit,
  datasetClasses,
  datasetSplits,
} from './manifest.ts'

/** Share of the examples that each side should hold. */
const shares: Readonly<Record<DatasetSplit, number>> = { train: 0.7, validation: 0.15, test: 0.15 }

type Member = Pick<DatasetExample, 'night' | 'label'>

interface Night {
  readonly name: string
  readonly order: number
  readonly counts: readonly number[]
}

/**
 * Deals whole nights to the sides of the split, so that the shares of each class come as near to 70, 15 and 15 % as
 * whole nights allow: frames of one night share stars, sky and optics, and a model tested on its own training nights
 * would look better than it is. The same nights, whatever their order, and seed give the same sides; with three nights or
 * more no side is empty.
 */
export function splitNights(
  members: readonly Member[],
  seed: number,
): ReadonlyMap<string, DatasetSplit> {
  const nights = nightsOf(members, seed)
  const totals = sumOf(nights)
  const held = Object.fromEntries(datasetSplits.map((side) => [side, [] as Night[]])) as Record<
    DatasetSplit,
    Night[]
  >
  nights.forEach((night, i) => {
    const empty = datasetSplits.filter((side) => held[side].length === 0)
    // The last nights go where there is none yet.
    const open = nights.length - i <= empty.length ? empty : datasetSplits
    const best = open
      .map((side) => ({ side, cost: costOf(held[side], night, shares[side], totals) }))
      .reduce((a, b) => (b.cost < a.cost ? b : a))
    held[best.side].push(night)
  })
  return new Map(datasetSplits.flatMap((side) => held[side].map(({ name }) => [name, side])))
}

/** Largest first, so that the small ones can even out; equals in an order that the seed decides. */
function nightsOf(members: readonly Member[], seed: number): Night[] {
  const groups = Map.groupBy(members, ({ night }) => night)
  const count = (examples: readonly Member[], label: DatasetLabel) =>
    examples.filter((example) => example.label === label).length
  return [...groups]
    .map(([name, examples]) => ({
      name,
      order: shuffleKey(name, seed),
      counts: datasetClasses.map((label) => count(examples, label)),
    }))
    .sort((a, b) => total(b.counts) - total(a.counts) || a.order - b.order)
}

const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0)

const sumOf = (nights: readonly Night[]): number[] =>
  datasetClasses.map((_, k) => nights.reduce((sum, { counts }) => sum + (counts[k] ?? 0), 0))

/** How much worse a side fits its share of each class with one more night than without. */
function costOf(
  held: readonly Night[],
  night: Night,
  share: number,
  totals: readonly number[],
): number {
  const before = sumOf(held)
  return totals.reduce((cost, all, k) => {
    const wanted = share * Math.max(1, all)
    const off = (count: number) => (count - wanted) ** 2 / wanted
    const had = before[k] ?? 0
    return cost + off(had + (night.counts[k] ?? 0)) - off(had)
  }, 0)
}

/** A number that looks random and is always the same for a name and a seed (FNV-1a). */
function shuffleKey(name: string, seed: number): number {
  let hash = 0x811c9dc5
  for (const letter of `${seed}:${name}`) {
    hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193)
  }
  return hash >>> 0
}

/** With fewer nights than this some side would be empty. */
const ENOUGH_NIGHTS = 3
/** Stretches that a night is cut into where there are too few: neighbours in time stay together. */
const STRETCHES = 12

/**
 * What is dealt to a side as a whole, for each example: its night. Where there are too few nights they are cut into stretches
 * of neighbouring frames, so that something can be learned and checked all the same; a test on such a set flatters, and
 * the model's card says so. What was made from a frame stays with it.
 */
export function splitUnits(
  members: readonly (Member & Pick<DatasetExample, 'id' | 'derivation'>)[],
): string[] {
  const nights = new Set(members.map(({ night }) => night))
  if (nights.size >= ENOUGH_NIGHTS) return members.map(({ night }) => night)
  const originals = members.filter(({ derivation }) => !derivation)
  const units = new Map(
    originals.map(({ id, night }, i) => {
      const stretch = Math.floor((i * STRETCHES) / originals.length)
      return [id, `${night} stretch ${stretch}`]
    }),
  )
  return members.map(({ id, night, derivation }) => units.get(derivation?.from ?? id) ?? night)
}
