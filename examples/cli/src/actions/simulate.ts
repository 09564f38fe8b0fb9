import { join } from 'node:path'
import type { Size } from '../commands/arguments.ts'
import type { CommandContext } from '../commands/context.ts'
import { simulateNight } from '../simulation/simulateNight.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { plural } from '../terminal/text.ts'

/** Options as they were typed. */
export interface SimulateFlags {
  readonly frames: number
  readonly seed: number
  readonly size: Size
  readonly jobs?: number
}

/** The work of `nebulift simulate`. */
export async function simulate(
  { io, terminal }: CommandContext,
  folder: string,
  { frames, seed, size = { width: 1024, height: 768 }, jobs }: SimulateFlags,
): Promise<number> {
  const signal = io.signal
  const truth = await simulateShown(terminal, folder, {
    frames,
    seed,
    ...size,
    ...(jobs !== undefined && { jobs }),
    ...(signal && { signal }),
  })
  const spoilt = truth.frames.filter((frame) => frame.truth.labels.length > 0).length
  const frameCount = plural(truth.frames.length, 'frame')
  terminal.print(`${frameCount}, something is wrong with ${spoilt} of them, in ${folder}`)
  terminal.print(`what is in each: ${join(folder, 'truth.json')}`)
  return 0
}

/** Simulates a night under a progress bar. */
export async function simulateShown(
  terminal: Terminal,
  folder: string,
  options: { frames: number; seed: number; jobs?: number; signal?: AbortSignal } & Size,
) {
  const progress = terminal.progress('simulating', options.frames)
  try {
    const pixels = options.width * options.height
    return await simulateNight(folder, { ...options, onFrame: () => progress.advance(pixels) })
  } finally {
    progress.stop()
  }
}
