import { join } from 'node:path'
import type { Terminal } from '../terminal/terminal.ts'
import { plural } from '../terminal/text.ts'
import { parseSize, type Size, wholeNumber } from './arguments.ts'
import { addCommand, type CommandContext, type Registry, withContext } from './context.ts'

interface SimulateFlags {
  readonly frames: number
  readonly seed: number
  readonly size: Size
  readonly jobs?: number
}

export function addSimulate(registry: Registry): void {
  addCommand(registry, 'simulate <out>', {
    summary: 'Write a simulated night: 16-bit FITS frames, and truth.json with what is in each.',
    example: 'nebulift simulate night --frames 40 --seed 1 --size 1024x768',
  })
    .option('--frames <n>', 'how many', wholeNumber(1, 100_000), 40)
    .option('--seed <n>', 'the same seed gives the same files', wholeNumber(0), 1)
    .option('--size <size>', 'WIDTHxHEIGHT in pixels (default: 1024x768)', parseSize)
    .option(
      '--jobs <n>',
      'frames at once (default: as cores and memory allow)',
      wholeNumber(1, 256),
    )
    .action(withContext(registry, simulate))
}

async function simulate(
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
  const clean = truth.frames.filter((frame) => frame.truth.clean).length
  terminal.print(`${plural(truth.frames.length, 'frame')}, ${clean} of them clean, in ${folder}`)
  terminal.print(`what is in each: ${join(folder, 'truth.json')}`)
  return 0
}

/** Simulates a night under a progress bar. */
export async function simulateShown(
  terminal: Terminal,
  folder: string,
  options: { frames: number; seed: number; jobs?: number; signal?: AbortSignal } & Size,
) {
  const { simulateNight } = await import('../simulation/simulateNight.ts')
  const progress = terminal.progress('simulating', options.frames)
  try {
    const pixels = options.width * options.height
    return await simulateNight(folder, { ...options, onFrame: () => progress.advance(pixels) })
  } finally {
    progress.stop()
  }
}
