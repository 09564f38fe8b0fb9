import type { CommandContext } from '../commands/context.ts'
import { undoBatch } from '../night/undoBatch.ts'
import { plural, printable } from '../terminal/text.ts'

/** The work of `nebulift undo`. */
export async function undo({ io, terminal }: CommandContext, output: string): Promise<number> {
  const result = await undoBatch(output, io.signal ? { signal: io.signal } : {})
  for (const { file, error } of result.failed) {
    terminal.log('error', error, { file: printable(file) })
  }
  const moved = `${plural(result.movedBack.length, 'frame')} moved back`
  terminal.print(
    `${moved}, ${plural(result.removed.length, 'link or copy', 'links and copies')} removed`,
  )
  terminal.print(`report, manifest, masks and cache stay in ${output}`)
  if (io.signal?.aborted) {
    terminal.log('warn', 'interrupted; run the same command again to go on')
    return 130
  }
  return result.failed.length > 0 ? 1 : 0
}
