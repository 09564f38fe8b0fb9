import type { CommandContext } from '../commands/context.ts'
import { analyzeFiles } from '../night/analyzeFiles.ts'
import { formatTable } from '../terminal/text.ts'
import { showBatch } from './showBatch.ts'

/** Options as they were typed. */
export interface PredictFlags {
  readonly json?: boolean
  readonly jobs?: number
  readonly hdu?: number
}

/** The work of `nebulift predict`. */
export async function predict(
  { io, terminal }: CommandContext,
  model: string,
  files: readonly string[],
  { json = false, ...options }: PredictFlags,
): Promise<number> {
  const show = showBatch(terminal)
  let failed = false
  try {
    const frames = await analyzeFiles(files, {
      ...{ ...options, model },
      ...(io.signal && { signal: io.signal }),
      onEvent: (event) => {
        failed ||= event.type === 'failed'
        show.onEvent(event)
      },
    })
    show.stop()
    const rows = frames.map(({ file, probability }) => ({ file, clean: probability ?? null }))
    if (json) for (const row of rows) terminal.print(JSON.stringify(row))
    else {
      const text = rows.map(({ file, clean }) => [file, clean === null ? '-' : clean.toFixed(3)])
      terminal.print(formatTable([['', 'probably clean'], ...text], { right: [1] }))
    }
  } finally {
    show.stop()
  }
  return failed ? 1 : 0
}
