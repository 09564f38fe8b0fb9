import { join } from 'node:path'
import type { CommandContext } from '../commands/context.ts'
import { runBatch } from '../night/runBatch.ts'
import { printNight } from './batch.ts'
import { showBatch } from './showBatch.ts'
import { simulateShown } from './simulate.ts'

/** Options as they were typed. */
export interface DemoFlags {
  readonly frames: number
}

/** The work of `nebulift demo`. */
export async function demo(
  { io, terminal }: CommandContext,
  folder = 'demo-night',
  { frames: count }: DemoFlags,
): Promise<number> {
  const signal = io.signal ? { signal: io.signal } : {}
  const frames = join(folder, 'frames')
  terminal.print(`A simulated night of ${count} frames in ${frames}`)
  const night = { frames: count, seed: 7, width: 1280, height: 960 }
  const truth = await simulateShown(terminal, frames, { ...night, ...signal })
  const spoilt = truth.frames.filter((frame) => frame.truth.labels.length > 0).length
  terminal.print(`  something is wrong with ${spoilt} of them; truth.json says what`)
  terminal.print()
  const started = performance.now()
  const show = showBatch(terminal)
  try {
    const { onEvent } = show
    const result = await runBatch(frames, join(folder, 'sorted'), { ...signal, onEvent })
    show.stop()
    if (result.interrupted) return 130
    printNight(terminal, result, performance.now() - started)
    return result.manifest.failed.length > 0 ? 1 : 0
  } finally {
    show.stop()
  }
}
