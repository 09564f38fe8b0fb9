import type { CommandContext } from '../commands/context.ts'
import { buildDataset } from '../dataset/buildDataset.ts'
import { statsOf } from '../dataset/stats.ts'
import { CliError } from '../errors.ts'
import { statsText } from '../terminal/datasetText.ts'
import type { Progress } from '../terminal/progress.ts'
import { showBatch } from './showBatch.ts'

/** Options as they were typed. */
export interface DatasetBuildFlags {
  readonly output: string
  readonly labels?: string
  readonly cleanThreshold: number
  readonly contaminatedThreshold: number
  readonly inject: number
  readonly seed: number
  readonly recursive?: boolean
  readonly hdu?: number
  readonly jobs?: number
  readonly json?: boolean
}

/** The work of `nebulift dataset build`. */
export async function datasetBuild(
  { io, terminal }: CommandContext,
  input: string,
  { output, json = false, ...flags }: DatasetBuildFlags,
): Promise<number> {
  if (flags.cleanThreshold <= flags.contaminatedThreshold) {
    const got = `${flags.cleanThreshold} and ${flags.contaminatedThreshold}`
    throw new CliError(`--clean-threshold must exceed --contaminated-threshold, got ${got}`, {
      exitCode: 2,
    })
  }
  const show = showBatch(terminal)
  let progress: Progress | undefined
  try {
    const { manifest, failures } = await buildDataset(input, output, {
      ...flags,
      signal: io.signal,
      onEvent: show.onEvent,
      onPictures: (open) => {
        show.stop()
        if (open > 0) progress = terminal.progress('rendering', open)
      },
      onPicture: () => progress?.advance(),
    })
    progress?.stop()
    const stats = statsOf(manifest)
    terminal.print(json ? JSON.stringify(stats) : statsText(output, stats, terminal.paint))
    return failures.length > 0 ? 1 : 0
  } finally {
    show.stop()
    progress?.stop()
  }
}
