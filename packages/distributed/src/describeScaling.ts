import type { Scaling } from './planner.ts'

/** The estimate as a table of plain text, and below it what would help most. */
export function describeScaling({ points, levers }: Scaling): string {
  const head = ['machines', 'step ms', 'waiting ms', 'examples/s', 'efficiency']
  const rows = points.map((point) => [
    String(point.nodes),
    figure(point.stepMs),
    figure(point.exposedMs),
    figure(point.examplesPerSecond),
    percent(point.efficiency),
  ])
  const widths = head.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column].length)),
  )
  const table = [head, ...rows].map((row) =>
    row.map((cell, column) => cell.padStart(widths[column])).join('  '),
  )
  const [best] = levers
  const most = points.length > 0 ? Math.max(...points.map(({ nodes }) => nodes)) : 0
  const names = Math.max(0, ...levers.map(({ name }) => name.length))
  const help = levers.map(
    ({ name, what, gain, efficiency }) =>
      `  ${name.padEnd(names)}  x ${gain.toFixed(2)}, efficiency ${percent(efficiency)}: ${what}`,
  )
  const advice = best ? ['', `What would help ${most} machines, the best first:`, ...help] : []
  return [...table, ...advice, ''].join('\n')
}

const figure = (value: number) => (value < 100 ? value.toFixed(1) : value.toFixed(0))
const percent = (share: number) => `${(100 * share).toFixed(0)} %`
