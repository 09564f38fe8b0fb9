import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { describeModel, training } from '@nebulift/model'
import { loadClassifier } from '@nebulift/model/node'
import { type Dataset, openDataset } from '../dataset/openDataset.ts'
import { writeAtomic } from '../files/atomic.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { evaluateModel, type ModelEvaluation } from './evaluateModel.ts'
import { type ModelCard, modelCard, modelCardText } from './modelCard.ts'
import type { ModelFiles } from './modelFiles.ts'
import { quantizeTrained } from './quantizeTrained.ts'

/** What is finished, and how. */
export interface FinishOptions {
  readonly dataset: string
  /** Threads of the network. Default one a core. */
  readonly threads?: number
}

/** Draws the curves of a training from the log in its folder. */
export async function writeTrainingPage(folder: string, { page, float }: ModelFiles) {
  const log = training.parseTrainingLog(await readFile(join(folder, 'log.jsonl'), 'utf8'))
  await writeAtomic(page, training.trainingPage(log, { title: basename(float) }))
}

/** Tests a trained model on nights that decided nothing, quantises it, and writes its card. */
export async function finishModel(
  terminal: Terminal,
  files: ModelFiles,
  { dataset, ...options }: FinishOptions,
): Promise<ModelCard> {
  const model = await readFile(files.float)
  const set = await openDataset(dataset)
  const { manifest } = set
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
  options: Omit<FinishOptions, 'dataset'>,
): Promise<ModelEvaluation> {
  const classifier = await loadClassifier(model, options)
  try {
    return await evaluateModel(classifier, set, { splits: ['test'] })
  } finally {
    await classifier.close()
  }
}

/** Prints the card, and where everything lies. */
export function showModel(
  terminal: Terminal,
  files: ModelFiles,
  { card, json }: { readonly card: ModelCard; readonly json: boolean },
): void {
  if (json) {
    terminal.print(JSON.stringify(card))
    return
  }
  terminal.print(modelCardText(basename(files.float), card))
  const rows = { model: files.float, int8: files.int8, card: files.card, curves: files.page }
  for (const [word, path] of Object.entries(rows)) terminal.print(`  ${word.padEnd(8)}${path}`)
}
