import type { CommandContext } from '../commands/context.ts'
import { type DatasetBuildFlags, datasetBuild } from './datasetBuild.ts'
import { type TrainHereFlags, train } from './train.ts'

/** Options as they were typed. */
export type TrainFromFitsFlags = TrainHereFlags &
  Omit<DatasetBuildFlags, 'output' | 'json'> & { readonly datasetDir: string }

/** The work of `nebulift train-from-fits`: a data set, then a model of it. */
export async function trainFromFits(
  context: CommandContext,
  input: string,
  flags: TrainFromFitsFlags,
): Promise<number> {
  const {
    datasetDir,
    labels,
    cleanThreshold,
    contaminatedThreshold,
    inject,
    recursive,
    hdu,
    jobs,
    ...training
  } = flags
  // One JSON document on stdout, the card; the data set's counts are in it.
  const quiet = { ...context, terminal: { ...context.terminal, print: () => {} } }
  const built = await datasetBuild(flags.json ? quiet : context, input, {
    ...{ output: datasetDir, cleanThreshold, contaminatedThreshold, inject, seed: flags.seed },
    ...(labels !== undefined && { labels }),
    ...(recursive !== undefined && { recursive }),
    ...(hdu !== undefined && { hdu }),
    ...(jobs !== undefined && { jobs }),
    ...(flags.json !== undefined && { json: flags.json }),
  })
  const trained = await train(context, datasetDir, training)
  return trained === 0 ? built : trained
}
