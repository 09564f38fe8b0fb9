import type { CommandContext } from '../commands/context.ts'
import { analyzeFiles } from '../night/analyzeFiles.ts'
import { frameText } from '../terminal/frameText.ts'
import { showBatch } from './showBatch.ts'

/** Options as they were typed. */
export interface AnalyzeFlags {
  readonly json?: boolean
  readonly jobs?: number
  readonly hdu?: number
}

/** The work of `nebulift analyze`. */
export async function analyze(
  { io, terminal }: CommandContext,
  files: readonly string[],
  { json = false, ...options }: AnalyzeFlags,
): Promise<number> {
  const show = showBatch(terminal)
  let failed = false
  try {
    const frames = await analyzeFiles(files, {
      ...options,
      ...(io.signal && { signal: io.signal }),
      onEvent: (event) => {
        failed ||= event.type === 'failed'
        show.onEvent(event)
      },
    })
    show.stop()
    for (const frame of frames) {
      terminal.print(json ? JSON.stringify(frame) : `${frameText(frame, terminal.paint)}\n`)
    }
  } finally {
    show.stop()
  }
  return failed ? 1 : 0
}
