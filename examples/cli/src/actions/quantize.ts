import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { describeModel } from '@nebulift/model'
import { chooseModel, type ModelComparison } from '@nebulift/model/node'
import type { CommandContext } from '../commands/context.ts'
import { datasetClasses } from '../dataset/manifest.ts'
import { type Dataset, openDataset } from '../dataset/openDataset.ts'
import { CliError, describeError } from '../errors.ts'
import { writeAtomic } from '../files/atomic.ts'
import { checkFrameClassifier } from '../learning/checkClassifier.ts'
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
  if (resolve(model) === resolve(output)) {
    throw new CliError(`${output}: is the float model itself; choose another -o`, { exitCode: 2 })
  }
  const float = await readFile(model).catch((error: unknown) => {
    throw new CliError(`${model}: ${describeError(error)}`, { cause: error })
  })
  const dataset = await openDataset(folder)
  checkFrameClassifier(model, describeModel(float), dataset.manifest.evidence)
  const threads = flags.threads === undefined ? {} : { threads: flags.threads }
  const compared = await heldOut(dataset)
  if (compared.examples.length === 0) {
    throw new CliError(
      `${folder}: no labelled frames are left to compare with, all are on the training side`,
    )
  }
  terminal.log('info', 'calibrating')
  const int8 = await quantizeTrained(float, dataset, {
    method: method === 'percentile' ? { percentile: 99.99 } : method,
    ...threads,
  })
  terminal.log('info', 'comparing with float32')
  const choice = await chooseModel({
    ...{ float, int8, maxLoss: mostLoss },
    ...compared,
    ...threads,
  })
  const { comparison } = choice
  const keepsFloat = auto && choice.choice === 'float'
  await writeAtomic(output, keepsFloat ? float : int8)
  if (json)
    terminal.print(JSON.stringify({ ...comparison, written: keepsFloat ? 'float' : 'int8' }))
  else {
    terminal.print(`on ${compared.examples.length} frames that were not learned from`)
    terminal.print(comparisonText(comparison))
    terminal.print(`  ${keepsFloat ? `float32 (${choice.reason})` : 'int8'}: ${output}`)
  }
  return 0
}

/** Enough to tell a loss of a percent, few enough to hold in memory. */
const HELD_OUT_EXAMPLES = 512

/** So many of a list, evenly chosen. */
const spread = <Item>(list: readonly Item[], most: number): Item[] =>
  list.filter(
    (_, i) => Math.floor((i * most) / list.length) !== Math.floor(((i - 1) * most) / list.length),
  )

/** Labelled examples that ranges were not taken from. */
async function heldOut({ manifest, read }: Dataset) {
  const classes: readonly string[] = datasetClasses
  const chosen = manifest.examples.flatMap((example, i) => {
    const label = classes.indexOf(example.label)
    return example.split === 'train' || label < 0 ? [] : [{ i, label, evidence: example.evidence }]
  })
  const some = spread(chosen, HELD_OUT_EXAMPLES)
  const examples = await Promise.all(
    some.map(async ({ i, evidence }) => ({ image: await read(i), evidence })),
  )
  return { examples, labels: some.map(({ label }) => label) }
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
