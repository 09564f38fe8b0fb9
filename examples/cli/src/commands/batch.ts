import { Option } from 'commander'
import { wholeNumber } from './arguments.ts'
import { addCommand, type Registry, withContext } from './context.ts'

export function addBatch(registry: Registry): void {
  addCommand(registry, 'batch <in> <out>', {
    summary: 'Judge a folder of frames and sort them by verdict; the originals stay untouched.',
    example:
      'nebulift batch ~/astro/2026-03-14 ~/astro/sorted --action link --recursive\nnebulift batch /data /out --shards 8 --shard-index 3',
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
    .option('--nodes <n>', 'processes of this machine that measure frames', wholeNumber(1, 64))
    .option(
      '--shards <n>',
      'cut the work into so many pieces for many machines, and measure one of them',
      wholeNumber(1, 100_000),
    )
    .option(
      '--shard-index <i>',
      'which one, from 0 (default: JOB_COMPLETION_INDEX, or shards of RANK of WORLD_SIZE)',
      wholeNumber(0, 99_999),
    )
    .option('--merge', 'when all shards are measured: judge and sort')
    .option('--json', 'print the manifest to stdout')
    .addHelpText(
      'after',
      '\nExit codes with --shards: 0 done, files that cannot be read are named; 42 a mistake, do not start it again; 75 start it again',
    )
    .action(withContext(registry, async () => (await import('../actions/batch.ts')).batch))
}
