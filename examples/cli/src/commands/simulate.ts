import { parseSize, wholeNumber } from './arguments.ts'
import { addCommand, type Registry, withContext } from './context.ts'

export function addSimulate(registry: Registry): void {
  addCommand(registry, 'simulate <out>', {
    summary: 'Write a simulated night: 16-bit FITS frames, and truth.json with what is in each.',
    example: 'nebulift simulate night --frames 40 --seed 1 --size 1024x768',
  })
    .option('--frames <n>', 'how many', wholeNumber(1, 100_000), 40)
    .option('--seed <n>', 'the same seed gives the same files', wholeNumber(0), 1)
    .option('--size <size>', 'WIDTHxHEIGHT in pixels (default: 1024x768)', parseSize)
    .option(
      '--jobs <n>',
      'frames at once (default: as cores and memory allow)',
      wholeNumber(1, 256),
    )
    .action(withContext(registry, async () => (await import('../actions/simulate.ts')).simulate))
}
