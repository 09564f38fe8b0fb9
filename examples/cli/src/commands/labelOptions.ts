import type { Command } from 'commander'
import { parseShare, wholeNumber } from './arguments.ts'

/** The options of everything that makes labelled pictures of a folder of frames. */
export function withLabelOptions(command: Command): Command {
  return command
    .option('--labels <json>', 'corrected manifest.json of a batch, or truth.json of a simulation')
    .option('--clean-threshold <score>', 'clean from this score on', parseShare, 0.7)
    .option('--contaminated-threshold <score>', 'contaminated up to this score', parseShare, 0.3)
    .option(
      '--inject <n>',
      'repeat clean frames with simulated trails',
      wholeNumber(0, 1_000_000),
      0,
    )
    .option('--recursive', 'also search the folders inside')
    .option('--hdu <n>', 'HDU to judge (default: first SCI, else largest)', wholeNumber(0))
    .option(
      '--jobs <n>',
      'frames at once (default: as cores and memory allow)',
      wholeNumber(1, 256),
    )
}
