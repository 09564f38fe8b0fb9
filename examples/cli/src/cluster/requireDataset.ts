import { setTimeout as pause } from 'node:timers/promises'
import { datasetBuild } from '../actions/datasetBuild.ts'
import type { CommandContext } from '../commands/context.ts'
import { openDataset } from '../dataset/openDataset.ts'
import { CliError } from '../errors.ts'

/** A data set that several processes will train on. */
export interface SharedDataset {
  readonly dataset: string
  /** Folder of frames that it is made of. */
  readonly fromFits?: string
  readonly labels?: string
  readonly seed: number
  /** Whether this process makes it; the others wait. */
  readonly leads: boolean
}

const pollMs = 2000
const sayEveryMs = 60_000

/** Makes the data set, unless it stands already, or waits until another process has. */
export async function requireDataset(
  context: CommandContext,
  { dataset, fromFits = '', labels, seed, leads }: SharedDataset,
): Promise<void> {
  const { io, terminal } = context
  const stands = () =>
    openDataset(dataset).then(
      () => true,
      () => false,
    )
  if (await stands()) return
  if (leads) {
    // What the training prints is the card; the counts of the data set are in it.
    const quiet = { ...context, terminal: { ...terminal, print: () => {} } }
    const thresholds = { cleanThreshold: 0.7, contaminatedThreshold: 0.3 }
    await datasetBuild(quiet, fromFits, {
      ...{ output: dataset, ...thresholds, inject: 0, seed, recursive: true },
      ...(labels !== undefined && { labels }),
    })
    if (!io.signal?.aborted && !(await stands()))
      throw new CliError(`${fromFits}: no data set could be made of it`)
    return
  }
  for (let waitedMs = 0; !io.signal?.aborted && !(await stands()); waitedMs += pollMs) {
    if (waitedMs % sayEveryMs === 0)
      terminal.log('info', `waiting until index 0 has made the data set ${dataset}`)
    await pause(pollMs, undefined, io.signal ? { signal: io.signal } : {}).catch(() => {})
  }
}
