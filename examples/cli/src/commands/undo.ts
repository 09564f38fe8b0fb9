import { addCommand, type Registry, withContext } from './context.ts'

export function addUndo(registry: Registry): void {
  addCommand(registry, 'undo <out>', {
    summary:
      'Put back what batch did: moved frames return, links and copies are removed. Report, manifest, masks and cache stay.',
    example: 'nebulift undo ~/astro/sorted',
  }).action(withContext(registry, async () => (await import('../actions/undo.ts')).undo))
}
