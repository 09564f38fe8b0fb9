import { plural, printable } from '../terminal/text.ts'
import { addCommand, type CommandContext, type Registry, withContext } from './context.ts'

export function addUndo(registry: Registry): void {
  addCommand(registry, 'undo <out>', {
    summary: 'Put back what batch did: moved frames return, links and copies are removed.',
    example: 'nebulift undo ~/astro/sorted',
  }).action(withContext(registry, undo))
}

async function undo({ io, terminal }: CommandContext, output: string): Promise<number> {
  const { undoBatch } = await import('../night/undoBatch.ts')
  const result = await undoBatch(output, io.signal ? { signal: io.signal } : {})
  for (const { file, error } of result.failed) {
    terminal.log('error', error, { file: printable(file) })
  }
  const moved = `${plural(result.movedBack.length, 'frame')} moved back`
  terminal.print(
    `${moved}, ${plural(result.removed.length, 'link or copy', 'links and copies')} removed`,
  )
  if (io.signal?.aborted) {
    terminal.log('warn', 'interrupted; run the same command again to go on')
    return 130
  }
  return result.failed.length > 0 ? 1 : 0
}
