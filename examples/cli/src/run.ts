import { Command, CommanderError, Option } from 'commander'
import { addAnalyze } from './commands/analyze.ts'
import { addBatch } from './commands/batch.ts'
import type { Registry } from './commands/context.ts'
import { addDataset } from './commands/dataset.ts'
import { addDemo } from './commands/demo.ts'
import { addHelp } from './commands/help.ts'
import { addInspect } from './commands/inspect.ts'
import { addK8s, addK8sBatch, addK8sTrain } from './commands/k8s.ts'
import { addPreview } from './commands/preview.ts'
import { addReview } from './commands/review.ts'
import { addSimulate } from './commands/simulate.ts'
import {
  addEvaluate,
  addPredict,
  addQuantize,
  addTrain,
  addTrainFromFits,
} from './commands/train.ts'
import { addUndo } from './commands/undo.ts'
import { addValidate } from './commands/validate.ts'
import { addWorker } from './commands/worker.ts'
import { CliError, describeError, InterruptedError } from './errors.ts'
import type { Io } from './io.ts'
import { createTerminal } from './terminal/terminal.ts'
import { version } from './version.ts'

const commands = [
  addInspect,
  addPreview,
  addAnalyze,
  addBatch,
  addReview,
  addUndo,
  addSimulate,
  addDataset,
  addTrainFromFits,
  addTrain,
  addWorker,
  addEvaluate,
  addPredict,
  addQuantize,
  addK8sTrain,
  addK8sBatch,
  addK8s,
  addValidate,
  addDemo,
  addHelp,
]

const exitCodes =
  'Exit codes: 0 fine, 1 some files failed (each is named), 2 wrong usage, 130 interrupted'

/**
 * Runs one command line (without `node` and the script) and returns its exit code: 0 fine, 1 some files
 * failed, 2 wrong usage, 130 interrupted. Never throws and never ends the process.
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  let code = 0
  const program = createProgram(io, (value) => {
    code = value
  })
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    return reportError(error, { io, log: program.opts<{ log?: 'text' | 'json' }>().log ?? 'text' })
  }
}

function createProgram(io: Io, onExit: (code: number) => void): Command {
  const program = new Command('nebulift')
    .description(
      'Judges astronomical frames: keep, mask, reject or look at it; says why and where.',
    )
    .version(version, '-V, --version', 'print the version')
    .option('--verbose', 'log what was measured and why')
    .addOption(
      new Option('--log <form>', 'form of logs and progress on stderr')
        .choices(['text', 'json'])
        .default('text'),
    )
    .option('--no-color', 'no colours (NO_COLOR does the same)')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      getOutHelpWidth: () => io.stdout.columns ?? 100,
      getErrHelpWidth: () => io.stderr.columns ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .helpCommand(false)
    .exitOverride()
    .addHelpText(
      'after',
      `\nExample:\n  $ nebulift batch ~/astro/2026-03-14 ~/astro/sorted\n\n${exitCodes}`,
    )
  const registry: Registry = { program, io, onExit }
  for (const add of commands) add(registry)
  for (const command of program.commands) {
    command.showHelpAfterError(`Hint: see nebulift ${command.name()} --help`)
  }
  return program.showHelpAfterError('Hint: see nebulift --help')
}

function reportError(error: unknown, { io, log }: { io: Io; log: 'text' | 'json' }): number {
  const terminal = createTerminal(io, { log })
  const stopped = io.signal?.aborted && !(error instanceof CliError)
  const shown = stopped ? new InterruptedError() : error
  const path = (shown as { path?: unknown }).path
  terminal.log('error', describeError(shown), typeof path === 'string' ? { file: path } : {})
  if (!(shown instanceof CliError)) return 1
  if (shown.hint) terminal.log('info', `Hint: ${shown.hint}`)
  return shown.exitCode
}
