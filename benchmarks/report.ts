import type { Environment } from './environment.ts'
import type { Timing } from './harness.ts'
import type { Bar, Outcome } from './rows/row.ts'

export interface Results {
  readonly environment: Environment
  readonly quick: boolean
  readonly outcomes: readonly (Outcome & { readonly row: string })[]
  readonly failures: readonly { readonly row: string; readonly reason: string }[]
}

const milliseconds = (ms: number) => ms.toFixed(ms < 100 ? 2 : 0)

/** How much longer than the row's first contender; above 1 the first is faster. */
function ratio({ medianMs }: Timing, first: Timing | undefined): string {
  return first ? `${(medianMs / first.medianMs).toFixed(2)}x` : ''
}

export function describeEnvironment({ node, system, cpu, cores, ...rest }: Environment): string {
  const rivals = Object.entries(rest.rivals).map(([name, version]) => `${name} ${version}`)
  return `node ${node}, ${system}, ${cpu}, ${cores} cores, ${rest.memoryGB} GB, load ${rest.load.toFixed(1)} before the run, commit ${rest.commit}; rivals: ${rivals.join('; ')}`
}

const bars = ({ outcomes }: Results): readonly Bar[] => outcomes.flatMap((each) => each.bars ?? [])

function cells(timing: Timing, first: Timing | undefined): string[] {
  const { row, contender, minMs, medianMs, madMs, rate, unit } = timing
  const time = `${milliseconds(medianMs)} ± ${milliseconds(madMs)}`
  return [
    row,
    contender,
    milliseconds(minMs),
    time,
    `${rate.toFixed(rate < 10 ? 2 : 1)} ${unit}/s`,
    ratio(timing, first),
  ]
}

const heads = ['row', 'who', 'min ms', 'median ± mad ms', 'rate', 'time against the first']

function table(results: Results): string[][] {
  return results.outcomes.flatMap(({ timings }) => {
    const firsts = new Map<string, Timing>()
    for (const timing of timings) if (!firsts.has(timing.row)) firsts.set(timing.row, timing)
    return timings.map((timing) => cells(timing, firsts.get(timing.row)))
  })
}

function remarks({ outcomes, failures }: Results): string[] {
  const notes = outcomes.flatMap(({ notes = [] }) => notes)
  const busy = outcomes.flatMap(({ timings }) =>
    timings.flatMap(({ row, disturbed, laps }) =>
      disturbed ? [`${row}: other programs ran in ${disturbed} of ${laps.length} rounds`] : [],
    ),
  )
  return [
    ...notes,
    ...new Set(busy),
    ...failures.map(({ row, reason }) => `${row}: could not run: ${reason}`),
  ]
}

const barText = ({ name, wanted, got, met }: Bar) =>
  `${met ? 'met   ' : 'MISSED'} ${name}: wanted ${wanted}, got ${got}`

export function asText(results: Results): string {
  const rows = table(results)
  const lines = rows.length > 0 ? [heads, ...rows] : []
  const widths = heads.map((_, column) => Math.max(...lines.map((line) => line[column].length)))
  const aligned = lines.map((line) => line.map((cell, i) => cell.padEnd(widths[i])).join('  '))
  return [
    describeEnvironment(results.environment),
    ...(results.quick ? ['quick run: for a look, not for a table'] : []),
    '',
    ...aligned.map((line) => line.trimEnd()),
    '',
    ...remarks(results),
    '',
    ...bars(results).map(barText),
    '',
  ].join('\n')
}

export function asMarkdown(results: Results): string {
  const line = (texts: readonly string[]) => `| ${texts.join(' | ')} |`
  const rule = '|---|---|--:|--:|--:|--:|'
  return [
    `Measured with ${describeEnvironment(results.environment)}.`,
    '',
    line(heads),
    rule,
    ...table(results).map(line),
    '',
    ...remarks(results).map((text) => `- ${text}`),
    '',
    line(['bar', 'wanted', 'got', '']),
    '|---|---|---|---|',
    ...bars(results).map(({ name, wanted, got, met }) =>
      line([name, wanted, got, met ? 'met' : 'missed']),
    ),
    '',
  ].join('\n')
}
