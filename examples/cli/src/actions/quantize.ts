import { readFile } from 'node:fs/promises'
import { chooseModel, type ModelComparison } from '@nebulift/model/node'
import type { CommandContext } from '../commands/context.ts'
import { datasetClasses } from '../dataset/manifest.ts'
import { type Dataset, openDataset } from '../dataset/openDataset.ts'
import { CliError, describeError } from '../errors.ts'
import { writeAtomic } from '../files/atomic.ts'
import { quantizeTrained } from '../learning/quantizeTrained.ts'
import { formatTable } from '../terminal/text.ts'

/** Options as they were typed. */
export interface QuantizeFlags {
  readonly output: string
  readonly method: string
  readonly auto?: boolean
  readonly mostLoss: number
  readonly threads?: number
  readonly json?: boolean
}

const methods = ['min-max', 'percentile', 'entropy'] as const

/** The work of `nebulift quantize`. */
export async function quantize(
  { terminal }: CommandContext,
  model: string,
  folder: string,
  { output, auto = false, mostLoss, json = false, ...flags }: QuantizeFlags,
): Promise<number> {
  const method = methods.find((name) => name === flags.method)
  if (!method) {
    throw new CliError(`--method must be one of ${methods.join(', ')}, got ${flags.method}`, {
      exitCode: 2,
    })
  }
  const float = await readFile(model).catch((error: unknown) => {
    throw new CliError(`${model}: ${describeError(error)}`, { cause: error })
  })
  const dataset = await openDataset(folder)
  const threads = flags.threads === undefined ? {} : { threads: flags.threads }
  terminal.log('info', 'calibrating')
  const int8 = await quantizeTrained(float, dataset, {
    method: method === 'percentile' ? { percentile: 99.99 } : method,
    ...threads,
  })
  terminal.log('info', 'comparing with float32')
  const choice = await chooseModel({
    ...{ float, int8, maxLoss: mostLoss },
    ...(await heldOut(dataset)),
    ...threads,
  })
  const { comparison } = choice
  const keepsFloat = auto && choice.choice === 'float'
  await writeAtomic(output, keepsFloat ? float : int8)
  if (json)
    terminal.print(JSON.stringify({ ...comparison, written: keepsFloat ? 'float' : 'int8' }))
  else {
    terminal.print(comparisonText(comparison))
    terminal.print(`  ${keepsFloat ? `float32 (${choice.reason})` : 'int8'}: ${output}`)
  }
  return 0
}

/** Labelled examples that ranges were not taken from. */
async function heldOut({ manifest, read }: Dataset) {
  const classes: readonly string[] = datasetClasses
  const chosen = manifest.examples.flatMap((example, i) => {
    const label = classes.indexOf(example.label)
    return example.split === 'train' || label < 0 ? [] : [{ i, label, evidence: example.evidence }]
  })
  const examples = await Promise.all(
    chosen.map(async ({ i, evidence }) => ({ image: await read(i), evidence })),
  )
  return { examples, labels: chosen.map(({ label }) => label) }
}

function comparisonText({ sizeBytes, latency, accuracy, ...agreement }: ModelComparison): string {
  const rows = [
    ['size, MB', sizeBytes.float, sizeBytes.int8].map((cell) =>
      typeof cell === 'number' ? (cell / 1e6).toFixed(2) : cell,
    ),
    ...latency.map(({ batch, floatMs, int8Ms }) => [
      `${batch} at a time, ms`,
      floatMs.toFixed(2),
      int8Ms.toFixed(2),
    ]),
    ...(accuracy
      ? [
          [
            'right',
            ...[accuracy.float, accuracy.int8].map((share) => `${(100 * share).toFixed(2)} %`),
          ],
        ]
      : []),
  ]
  const same = `  same class for ${(100 * agreement.sameClass).toFixed(2)} %, probabilities differ by ${agreement.maxProbabilityDifference.toFixed(3)} at most`
  return [
    formatTable([['', 'float32', 'int8'], ...rows], { right: [1, 2], indent: '  ' }),
    same,
  ].join('\n')
}
