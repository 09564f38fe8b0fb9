import { Option } from 'commander'
import { wholeNumber } from './arguments.ts'
import { addCommand, type Registry, withContext } from './context.ts'

export function addBatch(registry: Registry): void {
  addCommand(registry, 'batch <in> <out>', {
    summary: 'Judge a folder of frames and sort them by verdict; the originals stay untouched.',
    example: 'nebulift batch ~/astro/2026-03-14 ~/astro/sorted --action link --recursive',
  })
    .addOption(
      new Option('--action <what>', 'report only, link (copies across disks), copy, or move')
        .choices(['report', 'link', 'copy', 'move'])
        .default('link'),
    )
    .option(
      '--jobs <n>',
      'frames at once (default: as cores and memory allow)',
      wholeNumber(1, 256),
    )
    .option('--recursive', 'also judge the folders inside')
    .option('--model <onnx>', 'classifier whose opinion joins (default: the one that comes along)')
    .option('--no-model', 'judge by the prefilter alone')
    .option('--hdu <n>', 'HDU to judge (default: first SCI, else largest)', wholeNumber(0))
    .option('--json', 'print the manifest to stdout')
    .action(withContext(registry, async () => (await import('../actions/batch.ts')).batch))
}
