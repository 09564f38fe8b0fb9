import { Option } from 'commander'
import { parseSize, wholeNumber } from './arguments.ts'
import { addCommand, type Registry, withContext } from './context.ts'
import { withLabelOptions } from './labelOptions.ts'

export function addDataset(registry: Registry): void {
  const dataset = addCommand(registry, 'dataset', {
    summary: 'Make and look at sets of labelled frames, to train a model on.',
    example: 'nebulift dataset build ~/astro/2026-03-14 -o set --inject 200',
  })
  dataset.helpCommand(false)
  const inside: Registry = { ...registry, program: dataset }
  addDatasetBuild(registry, inside)
  addDatasetSimulate(registry, inside)
  addDatasetStats(registry, inside)
  addDatasetExport(registry, inside)
  for (const command of dataset.commands) {
    command.showHelpAfterError(`Hint: see nebulift dataset ${command.name()} --help`)
  }
}

/** Global options are read from `registry`; the command is added to `inside`. */
function addDatasetBuild(registry: Registry, inside: Registry): void {
  withLabelOptions(
    addCommand(inside, 'build <in>', {
      summary:
        'Judge a folder of frames and make labelled pictures of them; the frames stay untouched.',
      example:
        'nebulift dataset build ~/astro/2026-03-14 -o set --inject 200\nnebulift dataset build ~/astro -o set --recursive --labels sorted/manifest.json',
    }),
  )
    .requiredOption('-o, --output <folder>', 'data set to write')
    .option('--seed <n>', 'decides the split and the trails', wholeNumber(0, 1_000_000), 1)
    .option('--json', 'print the statistics as JSON')
    .action(
      withContext(registry, async () => (await import('../actions/datasetBuild.ts')).datasetBuild),
    )
}

function addDatasetSimulate(registry: Registry, inside: Registry): void {
  addCommand(inside, 'simulate', {
    summary: 'Simulate nights of many telescopes, labelled by what was put into them.',
    example: 'nebulift dataset simulate -o set --nights 60 --frames 40 --seed 1 --size 1152x864',
  })
    .requiredOption('-o, --output <folder>', 'data set to write')
    .option('--nights <n>', 'how many, each of another telescope', wholeNumber(1, 100_000), 20)
    .option('--frames <n>', 'frames of each night', wholeNumber(1, 10_000), 40)
    .option('--seed <n>', 'the same seed gives the same examples', wholeNumber(0, 1_000_000), 1)
    .option('--size <size>', 'WIDTHxHEIGHT in pixels (default: 1024x768)', parseSize)
    .option(
      '--jobs <n>',
      'nights at once (default: as cores and memory allow)',
      wholeNumber(1, 256),
    )
    .option('--json', 'print the statistics as JSON')
    .action(
      withContext(
        registry,
        async () => (await import('../actions/datasetSimulate.ts')).datasetSimulate,
      ),
    )
}

function addDatasetStats(registry: Registry, inside: Registry): void {
  addCommand(inside, 'stats <folder>', {
    summary: 'Count a data set by label, side of the split, night, flaw and origin of the label.',
    example: 'nebulift dataset stats set',
  })
    .option('--json', 'print one JSON object')
    .action(
      withContext(registry, async () => (await import('../actions/datasetStats.ts')).datasetStats),
    )
}

function addDatasetExport(registry: Registry, inside: Registry): void {
  addCommand(inside, 'export <folder>', {
    summary:
      'Write a data set as contact sheets for people, or as arrays or a table for other tools.',
    example:
      'nebulift dataset export set -o sheets --format png\nnebulift dataset export set -o arrays --format npy',
  })
    .requiredOption('-o, --output <folder>', 'folder to write into')
    .addOption(
      new Option('--format <what>', 'png (contact sheets), npy (arrays and csv) or csv (a table)')
        .choices(['png', 'npy', 'csv'])
        .default('png'),
    )
    .option('--json', 'print the names of the files as JSON')
    .action(
      withContext(
        registry,
        async () => (await import('../actions/datasetExport.ts')).datasetExport,
      ),
    )
}
