import { loadClassifier } from '@nebulift/model/node'
import type { CommandContext } from '../commands/context.ts'
import { type DatasetSplit, datasetSplits } from '../dataset/manifest.ts'
import { openDataset } from '../dataset/openDataset.ts'
import { CliError } from '../errors.ts'
import { checkFrameClassifier } from '../learning/checkClassifier.ts'
import { evaluateModel } from '../learning/evaluateModel.ts'
import { testText } from '../learning/modelCard.ts'

/** Options as they were typed. */
export interface EvaluateFlags {
  readonly split: string
  readonly threads?: number
  readonly json?: boolean
}

/** The work of `nebulift evaluate`. */
export async function evaluate(
  { io, terminal }: CommandContext,
  model: string,
  folder: string,
  { split, json = false, ...options }: EvaluateFlags,
): Promise<number> {
  const splits = datasetSplits.filter((side) => split === 'all' || side === split)
  if (splits.length === 0) {
    throw new CliError(`--split must be train, validation, test or all, got ${split}`, {
      exitCode: 2,
    })
  }
  const dataset = await openDataset(folder)
  const classifier = await loadClassifier(model, options)
  checkFrameClassifier(model, classifier.description, dataset.manifest.evidence)
  const wanted = dataset.manifest.examples.filter(
    (e) => e.label !== 'review' && splits.includes(e.split),
  )
  const progress = terminal.progress('judging', wanted.length)
  try {
    const found = await evaluateModel(classifier, dataset, {
      splits: splits as DatasetSplit[],
      onExamples: (count) => {
        for (let i = 0; i < count; i++) progress.advance()
      },
      signal: io.signal,
    })
    progress.stop()
    if (found.examples === 0) throw new CliError(`${folder}: no labelled frames on side ${split}`)
    terminal.print(json ? JSON.stringify(found) : testText(found).join('\n'))
    return 0
  } finally {
    progress.stop()
    await classifier.close()
  }
}
