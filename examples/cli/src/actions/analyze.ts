import type { CommandContext } from '../commands/context.ts'
import { chosenModel } from '../learning/shippedModel.ts'
import { analyzeFiles } from '../night/analyzeFiles.ts'
import { frameText } from '../terminal/frameText.ts'
import { showBatch } from './showBatch.ts'

/** Options as they were typed. */
export interface AnalyzeFlags {
  readonly json?: boolean
  readonly jobs?: number
  readonly hdu?: number
  /** A file; false for none. Default the one that comes along. */
  readonly model?: string | boolean
}

/** The work of `nebulift analyze`. */
export async function analyze(
  { io, terminal }: CommandContext,
  files: readonly string[],
  { json = false, model: flag, ...options }: AnalyzeFlags,
): Promise<number> {
  const show = showBatch(terminal)
  const model = chosenModel(flag)
  let failed = false
  try {
    const frames = await analyzeFiles(files, {
      ...options,
      ...(model !== undefined && { model }),
      ...(io.signal && { signal: io.signal }),
      onEvent: (event) => {
        failed ||= event.type === 'failed'
        show.onEvent(event)
      },
    })
    show.stop()
    const numbers = terminal.verbose
    for (const frame of frames) {
      terminal.print(
        json ? JSON.stringify(frame) : `${frameText(frame, terminal.paint, { numbers })}\n`,
      )
    }
  } finally {
    show.stop()
  }
  return failed ? 1 : 0
}
