import {
  type DatasetExample,
  type DatasetLabel,
  type DatasetManifest,
  type DatasetSplit,
  datasetClasses,
  datasetLabels,
  datasetSplits,
} from './manifest.ts'

export type LabelCounts = Readonly<Record<DatasetLabel, number>>

/** What a data set holds, counted. */
export interface DatasetStats {
  readonly examples: number
  readonly labels: LabelCounts
  readonly splits: Readonly<Record<DatasetSplit, LabelCounts & { readonly nights: number }>>
  readonly nights: readonly ({
    readonly night: string
    readonly split: DatasetSplit
  } & LabelCounts)[]
  /** Who labelled how many. */
  readonly labelledBy: Readonly<Record<string, number>>
  /** What is wrong with the contaminated ones, the most frequent first; a frame may have several flaws. */
  readonly flaws: Readonly<Record<string, number>>
  /** Examples made from others. */
  readonly derived: number
  /** Frames of the more frequent class for one of the other; null where one class has none. */
  readonly imbalance: number | null
  /** Groups of examples whose pictures are byte for byte the same. */
  readonly duplicates: readonly (readonly string[])[]
}

/** Counts what there is in a data set, and what may be wrong with it. */
export function statsOf({ examples }: DatasetManifest): DatasetStats {
  const labels = countLabels(examples)
  const classes = datasetClasses.map((label) => labels[label])
  const least = Math.min(...classes)
  const nights = Map.groupBy(examples, ({ night }) => night)
  return {
    examples: examples.length,
    labels,
    splits: Object.fromEntries(
      datasetSplits.map((split) => {
        const side = examples.filter((example) => example.split === split)
        return [split, { ...countLabels(side), nights: new Set(side.map((e) => e.night)).size }]
      }),
    ) as DatasetStats['splits'],
    nights: [...nights].map(([night, members]) => ({
      night,
      split: members[0]?.split ?? 'train',
      ...countLabels(members),
    })),
    labelledBy: countOf(examples.map(({ labelledBy }) => labelledBy)),
    flaws: countOf(
      examples.filter(({ label }) => label === 'contaminated').flatMap(({ flaws }) => flaws),
    ),
    derived: examples.filter(({ derivation }) => derivation !== undefined).length,
    imbalance: least > 0 ? Math.max(...classes) / least : null,
    duplicates: [...Map.groupBy(examples, ({ sha256 }) => sha256).values()]
      .filter((group) => group.length > 1)
      .map((group) => group.map(({ id }) => id)),
  }
}

function countLabels(examples: readonly DatasetExample[]): LabelCounts {
  return Object.fromEntries(
    datasetLabels.map((label) => [label, examples.filter((e) => e.label === label).length]),
  ) as LabelCounts
}

/** How often each word occurs, the most frequent first. */
function countOf(words: readonly string[]): Record<string, number> {
  const groups = [...Map.groupBy(words, (word) => word)]
  return Object.fromEntries(
    groups
      .map(([word, all]) => [word, all.length] as const)
      .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)),
  )
}
