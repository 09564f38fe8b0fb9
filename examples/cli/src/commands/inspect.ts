import { addCommand, type Registry, withContext } from './context.ts'

export function addInspect(registry: Registry): void {
  addCommand(registry, 'inspect <file...>', {
    summary: 'Show what FITS files hold: HDUs, sizes and the headers that matter.',
    example: 'nebulift inspect light_0001.fits',
  })
    .option('--header', 'print every header card')
    .option('--json', 'print one JSON object a line')
    .action(withContext(registry, async () => (await import('../actions/inspect.ts')).inspect))
}
