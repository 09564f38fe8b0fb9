import { parsePngName, wholeNumber } from './arguments.ts'
import { addCommand, type Registry, withContext } from './context.ts'

export function addPreview(registry: Registry): void {
  addCommand(registry, 'preview <file>', {
    summary: 'Write a stretched picture of a frame, with trails and cloud cells drawn if asked.',
    example:
      'nebulift preview light_0001.fits\nnebulift preview light_0001.fits -o light_0001.png --explain',
  })
    .option(
      '-o, --output <png>',
      'picture to write (default: named after the frame, in this folder)',
      parsePngName,
    )
    .option('--explain', 'judge the frame and draw what was found')
    .option(
      '--size <px>',
      'longer side of the picture (default: full size)',
      wholeNumber(16, 20000),
    )
    .option('--hdu <n>', 'HDU to show (default: first SCI, else largest)', wholeNumber(0))
    .action(withContext(registry, async () => (await import('../actions/preview.ts')).preview))
}
