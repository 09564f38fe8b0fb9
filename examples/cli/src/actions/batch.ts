import type { CommandContext } from '../commands/context.ts'
import { chosenModel } from '../learning/shippedModel.ts'
import { type BatchResult, runBatch } from '../night/runBatch.ts'
import type { SortAction } from '../night/sortFrames.ts'
import type { Manifest } from '../output/manifest.ts'
import { causeText, headline } from '../terminal/frameText.ts'
import { nightText } from '../terminal/nightText.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { formatDuration, printable } from '../terminal/text.ts'
import { showBatch } from './showBatch.ts'

/** Options as they were typed. */
export interface BatchFlags {
  readonly action: SortAction
  readonly jobs?: number
  readonly recursive?: boolean
  readonly hdu?: number
  /** A file; false for none. Default the one that comes along. */
  readonly model?: string | boolean
  readonly json?: boolean
}

/** The work of `nebulift batch`. */
export async function batch(
  { io, terminal }: CommandContext,
  input: string,
  output: string,
  flags: BatchFlags,
): Promise<number> {
  const { json = false, model: flag, ...options } = flags
  const model = chosenModel(flag)
  const started = performance.now()
  const show = showBatch(terminal)
  let result: BatchResult
  try {
    const { onEvent } = show
    result = await runBatch(input, output, {
      ...options,
      ...(model !== undefined && { model }),
      onEvent,
      ...(io.signal && { signal: io.signal }),
    })
  } finally {
    show.stop()
  }
  if (terminal.verbose) logVerdicts(terminal, result)
  if (result.interrupted) return reportInterrupted(terminal, result)
  if (json) terminal.print(JSON.stringify(result.manifest, null, 1))
  else printNight(terminal, result, performance.now() - started)
  return result.manifest.failed.length > 0 ? 1 : 0
}

/** What a model did, in one line; nothing where none was asked. */
function learnedText(frames: Manifest['frames']): string | undefined {
  const asked = frames.filter(({ decidedBy }) => decidedBy !== undefined)
  if (asked.length === 0) return undefined
  const count = (test: (frame: Manifest['frames'][number]) => boolean) => asked.filter(test).length
  const agreed = count(({ decidedBy }) => decidedBy === 'both')
  const settled = count(({ decidedBy, verdict }) => decidedBy === 'model' && verdict !== 'review')
  const doubted = count(({ decidedBy, verdict }) => decidedBy === 'model' && verdict === 'review')
  return `  model: agreed on ${agreed}, settled ${settled}, wants a look at ${doubted}`
}

/** The summary that ends a batch for people. */
export function printNight(terminal: Terminal, result: BatchResult, ms: number): void {
  const { manifest, layout, measuredNow } = result
  terminal.print(nightText(manifest, terminal.paint))
  const learned = learnedText(manifest.frames)
  if (learned) terminal.print(learned)
  terminal.print(`  ${measuredNow} measured now, in ${formatDuration(ms)}`)
  terminal.print()
  terminal.print(`  report    ${layout.report}`)
  terminal.print(`  manifest  ${layout.manifest}`)
}

function reportInterrupted(terminal: Terminal, { manifest }: BatchResult): number {
  const judged = manifest.frames.length + manifest.calibration.length
  const message = `interrupted after ${judged} frames; run the same command again to go on`
  terminal.log('warn', message)
  return 130
}

function logVerdicts(terminal: Terminal, { manifest }: BatchResult): void {
  const plain = (_format: unknown, text: string) => text
  for (const frame of manifest.frames) {
    const why = frame.causes.map((cause) => `; ${causeText(cause)}`).join('')
    const { verdict, action, score, causes } = frame
    const fields = { file: printable(frame.file), verdict, action, score, causes }
    terminal.log('debug', `${headline(frame, plain)}${why}`, fields)
  }
}
