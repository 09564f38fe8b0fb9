import type { Size } from '../commands/arguments.ts'
import type { CommandContext } from '../commands/context.ts'
import { simulateDataset } from '../dataset/simulateDataset.ts'
import { statsOf } from '../dataset/stats.ts'
import { statsText } from '../terminal/datasetText.ts'
import type { Progress } from '../terminal/progress.ts'

/** Options as they were typed. */
export interface DatasetSimulateFlags {
  readonly output: string
  readonly nights: number
  readonly frames: number
  readonly seed: number
  readonly size?: Size
  readonly jobs?: number
  readonly json?: boolean
}

/** The work of `nebulift dataset simulate`. */
export async function datasetSimulate(
  { io, terminal }: CommandContext,
  { output, nights, frames, seed, jobs, json, ...flags }: DatasetSimulateFlags,
): Promise<number> {
  const size = flags.size ?? { width: 1024, height: 768 }
  let progress: Progress | undefined
  try {
    const manifest = await simulateDataset(output, {
      ...{ nights, frames, seed, ...size },
      ...(jobs !== undefined && { jobs }),
      ...(io.signal && { signal: io.signal }),
      onOpen: (open) => {
        progress = terminal.progress('simulating', open)
      },
      onFrames: (count) => {
        for (let i = 0; i < count; i++) progress?.advance(size.width * size.height)
      },
    })
    progress?.stop()
    const stats = statsOf(manifest)
    terminal.print(json ? JSON.stringify(stats) : statsText(output, stats, terminal.paint))
  } finally {
    progress?.stop()
  }
  return 0
}
