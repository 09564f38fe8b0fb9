import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { describeModel, training } from '@nebulift/model'
import { loadClassifier } from '@nebulift/model/node'
import type { CommandContext } from '../commands/context.ts'
import type { DatasetManifest } from '../dataset/manifest.ts'
import { type Dataset, openDataset } from '../dataset/openDataset.ts'
import { CliError } from '../errors.ts'
import { writeAtomic } from '../files/atomic.ts'
import { evaluateModel, type ModelEvaluation } from '../learning/evaluateModel.ts'
import { type ModelCard, modelCard, modelCardText } from '../learning/modelCard.ts'
import { type ModelFiles, modelFiles } from '../learning/modelFiles.ts'
import { quantizeTrained } from '../learning/quantizeTrained.ts'
import { showTraining } from '../learning/showTraining.ts'
import { trainClassifier } from '../learning/trainClassifier.ts'
import type { Terminal } from '../terminal/terminal.ts'

/** Options as they were typed. */
export interface TrainFlags {
  readonly modelOutput: string
  readonly epochs: number
  readonly batch: number
  readonly rate: number
  readonly width: number
  readonly patience: number
  readonly seed: number
  readonly threads?: number
  readonly json?: boolean
}

/** The work of `nebulift train`. */
export async function train(
  { io, terminal }: CommandContext,
  dataset: string,
  { modelOutput, json = false, ...options }: TrainFlags,
): Promise<number> {
  const files = modelFiles(modelOutput)
  await checkOwn(files)
  const show = showTraining(terminal, { json })
  const { onEvent, stop } = show
  try {
    const trained = await trainClassifier(dataset, {
      ...options,
      ...{ folder: files.training, onEvent, signal: io.signal },
    })
    await writePage(files)
    if (trained.result.reason === 'interrupted') {
      terminal.log('warn', 'interrupted; run the same command again to go on')
      return 130
    }
    await writeAtomic(files.float, trained.model)
    const card = await finishModel(terminal, {
      dataset,
      files,
      manifest: trained.manifest,
      options,
    })
    if (json) terminal.print(JSON.stringify(card))
    else printCard(terminal, files, card)
    return 0
  } finally {
    stop()
  }
}

/** A model that this training did not make is not replaced. */
async function checkOwn({ float, training: folder }: ModelFiles): Promise<void> {
  if (existsSync(float) && !existsSync(folder)) {
    throw new CliError(`${float}: is there already, and no training of this name made it`, {
      hint: 'choose another --model-output',
    })
  }
}

async function writePage({ training: folder, page, float }: ModelFiles): Promise<void> {
  const log = training.parseTrainingLog(await readFile(join(folder, 'log.jsonl'), 'utf8'))
  await writeAtomic(page, training.trainingPage(log, { title: basename(float) }))
}

interface Finished {
  readonly dataset: string
  readonly files: ModelFiles
  readonly manifest: DatasetManifest
  readonly options: { readonly threads?: number }
}

/** Tests on nights that decided nothing, quantises, and writes the card. */
async function finishModel(
  terminal: Terminal,
  { dataset, files, manifest, options }: Finished,
): Promise<ModelCard> {
  const model = await readFile(files.float)
  const set = await openDataset(dataset)
  const held = manifest.examples.some(({ split, label }) => split === 'test' && label !== 'review')
  const test = held ? await testModel(model, set, options) : null
  terminal.log('info', 'quantising')
  const int8 = await quantizeTrained(model, set, options)
  await writeAtomic(files.int8, int8)
  const bytes = { float: model.length, int8: int8.length }
  const card = modelCard(describeModel(model), manifest, { test, bytes })
  await writeAtomic(files.card, modelCardText(basename(files.float), card))
  return card
}

async function testModel(
  model: Uint8Array,
  set: Dataset,
  options: Finished['options'],
): Promise<ModelEvaluation> {
  const classifier = await loadClassifier(model, options)
  try {
    return await evaluateModel(classifier, set, { splits: ['test'] })
  } finally {
    await classifier.close()
  }
}

function printCard(terminal: Terminal, files: ModelFiles, card: ModelCard): void {
  terminal.print(modelCardText(basename(files.float), card))
  const rows = { model: files.float, int8: files.int8, card: files.card, curves: files.page }
  for (const [word, path] of Object.entries(rows)) terminal.print(`  ${word.padEnd(8)}${path}`)
}
