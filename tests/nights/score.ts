import type { Streak } from '@nebulift/prefilter'
import type { TrailTruth } from '@nebulift/simulator'
import type { JudgedFrame } from './judge.ts'

/** One line of the table: what was asked, how often it was so, and the bar that must be met. */
export interface Row {
  readonly name: string
  readonly hits: number
  readonly of: number
  /** At least (or, for errors, at most) this share. */
  readonly bar?: number
  readonly atMost?: boolean
}

const groups: Readonly<Record<string, readonly string[]>> = {
  clouds: ['cloud', 'haze', 'occlusion'],
  defocus: ['defocus'],
  tracking: ['tracking', 'wind'],
  twilight: ['twilight'],
}

export function scoreNights(frames: readonly JudgedFrame[]): Row[] {
  return [
    ...trailRows(frames),
    ...cleanRows(frames),
    ...Object.entries(groups).map(([name, kinds]) => recognised(name, kinds, frames)),
  ]
}

/** By frame: a trail counts as found when a streak lies along it, not merely somewhere. */
function trailRows(frames: readonly JudgedFrame[]): Row[] {
  const bins = [0, 0.5, 1, 1.5, 3, 6, Number.POSITIVE_INFINITY]
  const strongest = frames.flatMap(({ truth, assessment }) => {
    const seen = truth.trails.filter(({ labelled }) => labelled)
    if (seen.length === 0) return []
    const pixelSnr = Math.max(...seen.map((trail) => trail.pixelSnr))
    const found = seen.some((trail) => assessment.streaks.some((streak) => along(streak, trail)))
    return [{ pixelSnr, found }]
  })
  const row = (name: string, from: number, to: number, bar?: number): Row => {
    const inside = strongest.filter(({ pixelSnr }) => pixelSnr >= from && pixelSnr < to)
    const hits = inside.filter(({ found }) => found).length
    return { name, hits, of: inside.length, ...(bar === undefined ? {} : { bar }) }
  }
  return [
    row('frames with trails, pixel SNR >= 1.5', 1.5, Number.POSITIVE_INFINITY, 0.95),
    ...bins.slice(1).map((to, i) => row(`  pixel SNR ${bins[i]} to ${to}`, bins[i], to)),
  ]
}

/** Whether the streak runs along the trail: both its ends near the trail's path, most of the way. */
export function along(streak: Streak, trail: TrailTruth): boolean {
  const dx = (trail.x1 - trail.x0) / trail.lengthPx
  const dy = (trail.y1 - trail.y0) / trail.lengthPx
  const tolerance = 6 + trail.widthPx + Math.abs(trail.sagittaPx)
  const ends = [
    [streak.x0, streak.y0],
    [streak.x1, streak.y1],
  ].map(([x, y]) => ({
    off: Math.abs((x - trail.x0) * dy - (y - trail.y0) * dx),
    at: (x - trail.x0) * dx + (y - trail.y0) * dy,
  }))
  if (ends.some(({ off }) => off > tolerance)) return false
  const from = Math.max(0, Math.min(ends[0].at, ends[1].at))
  const to = Math.min(trail.lengthPx, Math.max(ends[0].at, ends[1].at))
  return to - from > 0.3 * trail.lengthPx
}

function cleanRows(frames: readonly JudgedFrame[]): Row[] {
  const clean = frames.filter(({ truth }) => truth.clean)
  const of = clean.length
  const flagged = clean.filter(({ assessment }) => assessment.verdict !== 'clean').length
  const rejected = clean.filter(({ assessment }) => assessment.action === 'reject').length
  // Beside the clean ones these hold what is too weak for a label: the first of dawn, a wisp, a hint of a trail.
  const unlabelled = frames.filter(({ truth }) => truth.labels.length === 0)
  const doubtful = unlabelled.filter(({ assessment }) => assessment.verdict !== 'clean')
  const trails = frames.filter(
    ({ truth, assessment }) => truth.trails.length === 0 && assessment.streaks.length > 0,
  ).length
  const trailless = frames.filter(({ truth }) => truth.trails.length === 0).length
  return [
    { name: 'clean frames flagged', hits: flagged, of, bar: 0.03, atMost: true },
    { name: '  of these rejected', hits: rejected, of },
    { name: 'frames without a label flagged', hits: doubtful.length, of: unlabelled.length },
    {
      name: 'trails invented where there is none',
      hits: trails,
      of: trailless,
      bar: 0.02,
      atMost: true,
    },
  ]
}

function recognised(name: string, kinds: readonly string[], frames: readonly JudgedFrame[]): Row {
  const labelled = frames.filter(({ truth }) => truth.labels.some((label) => kinds.includes(label)))
  const hits = labelled.filter(
    ({ assessment }) =>
      assessment.verdict !== 'clean' && assessment.causes.some(({ kind }) => kinds.includes(kind)),
  )
  const bar = name === 'twilight' ? {} : { bar: 0.95 }
  return { name: `${name} recognised`, hits: hits.length, of: labelled.length, ...bar }
}

export function isMet({ hits, of, bar, atMost }: Row): boolean {
  if (bar === undefined || of === 0) return true
  return atMost ? hits / of <= bar : hits / of >= bar
}

export function formatRow(row: Row): string {
  const share = row.of === 0 ? '   -  ' : `${((100 * row.hits) / row.of).toFixed(1).padStart(5)} %`
  const bar =
    row.bar === undefined
      ? ''
      : `${row.atMost ? '<=' : '>='} ${100 * row.bar} %  ${isMet(row) ? 'met' : 'MISSED'}`
  return `${row.name.padEnd(40)} ${share} ${`${row.hits}/${row.of}`.padStart(10)}   ${bar}`
}
