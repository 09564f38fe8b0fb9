import { parseSize, wholeNumber } from './arguments.ts'
import { addCommand, type Registry, withContext } from './context.ts'

export function addDataset(registry: Registry): void {
  const dataset = addCommand(registry, 'dataset', {
    summary: 'Make and look at sets of labelled frames, to train a model on.',
    example: 'nebulift dataset simulate -o set --nights 60 --frames 40 --seed 1',
  })
  dataset.helpCommand(false)
  const inside: Registry = { ...registry, program: dataset }
  addDatasetSimulate(registry, inside)
  for (const command of dataset.commands) {
    command.showHelpAfterError(`Hint: see nebulift dataset ${command.name()} --help`)
  }
}

/** Global options are read from `registry`; the command is added to `inside`. */
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
