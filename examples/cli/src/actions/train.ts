import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { training } from '@nebulift/model'
import { runLocalNodes, threadsOfEach } from '../cluster/localNodes.ts'
import { nodesFolder, type WorkerMessage, workerArguments } from '../cluster/workerProcess.ts'
import type { CommandContext } from '../commands/context.ts'
import { openDataset } from '../dataset/openDataset.ts'
import { CliError } from '../errors.ts'
import { writeAtomic } from '../files/atomic.ts'
import { finishModel, showModel, writeTrainingPage } from '../learning/finishModel.ts'
import { type ModelFiles, modelFiles } from '../learning/modelFiles.ts'
import { showTraining } from '../learning/showTraining.ts'
import { trainClassifier } from '../learning/trainClassifier.ts'

/** Options of every training as they were typed. */
export interface TrainFlags {
  readonly modelOutput: string
  readonly epochs: number
  readonly batch: number
  readonly rate: number
  readonly width: number
  readonly patience: number
  readonly seed: number
  readonly passes?: number
  readonly threads?: number
  readonly json?: boolean
}

/** Those of `nebulift train` besides. */
export interface TrainHereFlags extends TrainFlags {
  readonly nodes?: number
  readonly wire?: 'float32' | 'bf16'
  readonly localSteps?: number
}

/** The work of `nebulift train`. */
export async function train(
  context: CommandContext,
  dataset: string,
  flags: TrainHereFlags,
): Promise<number> {
  const { io, terminal } = context
  const { modelOutput, nodes = 1, json = false, threads } = flags
  const files = modelFiles(modelOutput)
  await checkOwn(files)
  checkPasses(flags)
  await openDataset(dataset)
  const { onEvent, stop } = showTraining(terminal, { json })
  try {
    const run = nodes > 1 ? trainOnNodes : trainHere
    const code = await run(context, dataset, { ...flags, files, onEvent })
    const folder = nodes > 1 ? nodesFolder(files) : files.training
    if (existsSync(join(folder, 'log.jsonl'))) await writeTrainingPage(folder, files)
    if (io.signal?.aborted && code !== 0) {
      terminal.log('warn', 'interrupted; run the same command again to go on')
      return 130
    }
    if (code !== 0) return code
    const card = await finishModel(terminal, files, {
      dataset,
      ...(threads !== undefined && { threads }),
    })
    showModel(terminal, files, { card, json })
    return 0
  } finally {
    stop()
  }
}

interface Run extends TrainHereFlags {
  readonly files: ModelFiles
  readonly onEvent: (event: training.TrainingEvent) => void
}

/** In this process; returns the exit code. */
async function trainHere({ io }: CommandContext, dataset: string, run: Run): Promise<number> {
  const { files, onEvent, modelOutput: _, ...options } = run
  const { result, model } = await trainClassifier(dataset, {
    ...options,
    ...{ folder: files.training, onEvent, signal: io.signal },
  })
  if (result.reason === 'interrupted') return 130
  await writeAtomic(files.float, model)
  return 0
}

/** In processes of this machine, which share the passes of each step; returns the exit code. */
async function trainOnNodes(
  { io, terminal }: CommandContext,
  dataset: string,
  { files, onEvent, ...flags }: Run,
): Promise<number> {
  const { nodes = 1, threads = threadsOfEach(nodes), passes = nodes } = flags
  terminal.log('info', `${nodes} processes, ${threads} thread${threads > 1 ? 's' : ''} each`)
  let done = false
  const code = await runLocalNodes({
    nodes,
    argv: workerArguments(dataset, { ...flags, threads, passes }),
    signal: io.signal,
    say: (line) => terminal.log('warn', line),
    onMessage: (message) => {
      const { event, written } = message as WorkerMessage
      if (event) onEvent(event)
      if (written) done = true
    },
  })
  if (code === 0 && done) return 0
  if (io.signal?.aborted) return 130
  throw new CliError(
    code === 0 ? 'the processes ended before the training did' : 'the training failed',
  )
}

/** A model that this training did not make is not replaced. */
async function checkOwn({ float, training: folder }: ModelFiles): Promise<void> {
  if (existsSync(float) && !existsSync(folder)) {
    throw new CliError(`${float}: is there already, and no training of this name made it`, {
      hint: 'choose another --model-output',
    })
  }
}

/** How a step is shared. */
export interface Sharing {
  /** Processes at most. Default 1. */
  readonly nodes?: number
  /** Default one for each process. */
  readonly passes?: number
  /** Examples of a step. */
  readonly batch: number
}

/** @throws CliError, exit code 2, where a step cannot be cut into equal passes, or a process would have none */
export function checkPasses({ nodes = 1, passes = nodes, batch }: Sharing): void {
  if (passes < nodes) {
    const message = `--passes ${passes}: ${nodes} processes need a pass each`
    throw new CliError(message, { exitCode: 2 })
  }
  if (batch % passes !== 0) {
    const message = `--batch ${batch} cannot be cut into ${passes} equal passes`
    throw new CliError(message, {
      exitCode: 2,
      hint: `--batch ${Math.ceil(batch / passes) * passes}`,
    })
  }
}
