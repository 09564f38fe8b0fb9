import { wholeNumber } from './arguments.ts'
import { addCommand, type Registry, withContext } from './context.ts'

export function addDemo(registry: Registry): void {
  addCommand(registry, 'demo [folder]', {
    summary: 'Simulate a night and sort it, to see what nebulift does (default: ./demo-night).',
    example: 'nebulift demo',
  })
    .option('--frames <n>', 'how many', wholeNumber(1, 1000), 40)
    .action(withContext(registry, async () => (await import('../actions/demo.ts')).demo))
}
