import { type Command, Option } from 'commander'
import { parseNumber, parseShare, wholeNumber } from './arguments.ts'
import { addCommand, type Registry, withContext } from './context.ts'
import { withLabelOptions } from './labelOptions.ts'

/** The options that every training takes. */
export function withTrainingOptions(command: Command): Command {
  return command
    .option('--epochs <n>', 'passes over the examples, at most', wholeNumber(1, 100_000), 30)
    .option('--batch <n>', 'examples of one step', wholeNumber(1, 4096), 32)
    .option('--rate <number>', 'highest learning rate', parseNumber(0, 10), 0.02)
    .option('--width <number>', 'channels of ResNet18: 1 is 64 to 512', parseNumber(0, 4), 0.25)
    .option(
      '--patience <n>',
      'epochs without improvement that are borne',
      wholeNumber(1, 100_000),
      15,
    )
    .option(
      '--seed <n>',
      'the same seed and data give the same weights',
      wholeNumber(0, 2 ** 31),
      1,
    )
    .option(
      '--passes <n>',
      'passes that a step is cut into, to be shared (default: one for each node)',
      wholeNumber(1, 1024),
    )
    .option('--threads <n>', 'threads of the network (default: one a core)', wholeNumber(1, 1024))
    .option('--json', 'print the model card as JSON, and progress as JSON lines on stderr')
}

/** The options of trainings that several processes share. */
export function withSharingOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--wire <type>', 'what gradients travel as: bf16 halves the bytes')
        .choices(['float32', 'bf16'])
        .default('float32'),
    )
    .option(
      '--local-steps <n>',
      'after the first epoch, steps that each process makes alone before weights are averaged',
      wholeNumber(2, 1000),
    )
}

const nodesOption = () =>
  new Option('--nodes <n>', 'processes of this machine that share the passes of each step')
    .argParser(wholeNumber(1, 64))
    .default(1)

export function addTrain(registry: Registry): void {
  withSharingOptions(
    withTrainingOptions(
      addCommand(registry, 'train <dataset>', {
        summary: 'Train a classifier on a data set; interrupted, it goes on where it stopped.',
        example:
          'nebulift train set --model-output night.onnx --epochs 30\nnebulift train set --model-output night.onnx --nodes 2',
      }),
    ),
  )
    .addOption(nodesOption())
    .requiredOption(
      '-o, --model-output <onnx>',
      'model to write; card and int8 model come beside it',
    )
    .action(withContext(registry, async () => (await import('../actions/train.ts')).train))
}

export function addTrainFromFits(registry: Registry): void {
  withLabelOptions(
    withSharingOptions(
      withTrainingOptions(
        addCommand(registry, 'train-from-fits <in>', {
          summary:
            'From a folder of frames to a classifier: judge, label, train, calibrate, quantise.',
          example:
            'nebulift train-from-fits ~/astro --recursive --model-output mine.onnx --dataset-dir set\nnebulift train-from-fits ~/astro --model-output mine.onnx --dataset-dir set --labels sorted/manifest.json',
        }),
      ),
    ),
  )
    .addOption(nodesOption())
    .requiredOption(
      '-o, --model-output <onnx>',
      'model to write; card and int8 model come beside it',
    )
    .requiredOption('--dataset-dir <folder>', 'data set to write')
    .action(
      withContext(
        registry,
        async () => (await import('../actions/trainFromFits.ts')).trainFromFits,
      ),
    )
}

export function addEvaluate(registry: Registry): void {
  addCommand(registry, 'evaluate <model> <dataset>', {
    summary: 'Prefilter alone, model alone and both together on labelled frames.',
    example: 'nebulift evaluate night.onnx set --split test',
  })
    .option('--split <side>', 'train, validation, test or all', 'test')
    .option('--threads <n>', 'threads of the network (default: one a core)', wholeNumber(1, 1024))
    .option('--json', 'print everything that was measured as JSON')
    .action(withContext(registry, async () => (await import('../actions/evaluate.ts')).evaluate))
}

export function addPredict(registry: Registry): void {
  addCommand(registry, 'predict <model> <file...>', {
    summary:
      'How probable it is that frames are clean, by a model alone; best with the whole night at once.',
    example: 'nebulift predict night.onnx light_*.fits\nnebulift predict night.onnx *.fits --json',
  })
    .option('--hdu <n>', 'HDU to judge (default: first SCI, else largest)', wholeNumber(0))
    .option(
      '--jobs <n>',
      'frames at once (default: as cores and memory allow)',
      wholeNumber(1, 256),
    )
    .option('--json', 'print one JSON object a line')
    .action(withContext(registry, async () => (await import('../actions/predict.ts')).predict))
}

export function addQuantize(registry: Registry): void {
  addCommand(registry, 'quantize <model> <dataset>', {
    summary: 'Make an int8 model of a float one, and say what it costs and gains on this machine.',
    example: 'nebulift quantize night.onnx set -o night.int8.onnx',
  })
    .requiredOption('-o, --output <onnx>', 'model to write')
    .option('--method <how>', 'ranges of activations: min-max, percentile or entropy', 'min-max')
    .option('--auto', 'keep float32 where int8 is slower or loses more than --most-loss')
    .option('--most-loss <share>', 'share of the accuracy that int8 may lose', parseShare, 0.01)
    .option('--threads <n>', 'threads of the network (default: one a core)', wholeNumber(1, 1024))
    .option('--json', 'print the report as JSON')
    .action(withContext(registry, async () => (await import('../actions/quantize.ts')).quantize))
}
