import { wholeNumber } from './arguments.ts'
import { addCommand, type Registry, withContext } from './context.ts'

export function addAnalyze(registry: Registry): void {
  addCommand(registry, 'analyze <file...>', {
    summary: 'Judge frames: verdict, action, causes with evidence, stars, streaks and clouds.',
    example:
      'nebulift analyze light_0001.fits light_0002.fits\nnebulift analyze *.fits --json > night.jsonl',
  })
    .option('--json', 'print one JSON object a line, as in manifest.json')
    .option(
      '--jobs <n>',
      'frames at once (default: as cores and memory allow)',
      wholeNumber(1, 256),
    )
    .option('--model <onnx>', 'classifier whose opinion joins (default: the one that comes along)')
    .option('--no-model', 'judge by the prefilter alone')
    .option('--hdu <n>', 'HDU to judge (default: first SCI, else largest)', wholeNumber(0))
    .action(withContext(registry, async () => (await import('../actions/analyze.ts')).analyze))
}
