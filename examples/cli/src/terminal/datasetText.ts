import type { DatasetStats } from '../dataset/stats.ts'
import type { Paint } from './terminal.ts'
import { formatTable, plural } from './text.ts'

/** From this many of one class for each of the other a network learns to guess the frequent one. */
const lopsided = 4

/** A data set's numbers for people: a table by side of the split, then what deserves a look. */
export function statsText(folder: string, stats: DatasetStats, paint: Paint): string {
  const heading = `${plural(stats.examples, 'example')} of ${plural(stats.nights.length, 'night')} in ${folder}`
  const rows = Object.entries(stats.splits).map(([split, side]) => [
    split,
    String(side.nights),
    String(side.clean),
    String(side.contaminated),
    String(side.review),
  ])
  const { clean, contaminated, review } = stats.labels
  const all = ['all', stats.nights.length, clean, contaminated, review].map(String)
  const table = [['', 'nights', 'clean', 'contaminated', 'review'], ...rows, all]
  return [
    paint('bold', heading),
    formatTable(table, { right: [1, 2, 3, 4], indent: '  ' }),
    `  labelled by: ${list(stats.labelledBy)}${stats.derived > 0 ? `; ${stats.derived} with trails laid over them` : ''}`,
    ...(contaminated > 0 ? [`  contaminated by: ${list(stats.flaws)}`] : []),
    ...warnings(stats).map((text) => `  ${paint('yellow', 'note')}: ${text}`),
  ].join('\n')
}

const list = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts)
    .map(([word, count]) => `${word} ${count}`)
    .join(', ')

function warnings({ imbalance, duplicates, splits }: DatasetStats): string[] {
  const bare = Object.entries(splits).flatMap(([split, { clean, contaminated }]) =>
    clean > 0 && contaminated > 0 ? [] : [split],
  )
  return [
    ...(imbalance === null ? ['one class has no example'] : []),
    ...(imbalance !== null && imbalance > lopsided
      ? [`one class is ${imbalance.toFixed(1)} times as frequent as the other`]
      : []),
    ...(bare.length > 0 ? [`${bare.join(', ')}: not both classes; more nights are needed`] : []),
    ...(duplicates.length > 0
      ? [`${plural(duplicates.length, 'picture')} more than once: ${duplicates[0]?.join(', ')}`]
      : []),
  ]
}

/** One line a night. */
export function nightsText({ nights }: DatasetStats): string {
  const rows = nights.map(({ night, split, clean, contaminated, review }) => [
    ...[night, split, String(clean), String(contaminated), String(review)],
  ])
  const head = ['night', 'split', 'clean', 'contaminated', 'review']
  return formatTable([head, ...rows], { right: [2, 3, 4], indent: '  ' })
}
