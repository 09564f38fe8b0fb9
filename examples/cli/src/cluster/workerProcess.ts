import { join } from 'node:path'
import type { training } from '@nebulift/model'
import type { TrainHereFlags } from '../actions/train.ts'
import type { ModelFiles } from '../learning/modelFiles.ts'

/** What a worker sends to the process that started it. */
export interface WorkerMessage {
  readonly event?: training.TrainingEvent
  /** The model is written. */
  readonly written?: true
}

/** Checkpoints and log of a training over several processes: not those of `nebulift train` in one. */
export const nodesFolder = ({ training: folder }: ModelFiles): string => join(folder, 'nodes')

/** The command line of a worker on this machine. */
export function workerArguments(dataset: string, flags: TrainHereFlags): string[] {
  const { modelOutput, epochs, batch, rate, width, patience, seed, threads, passes } = flags
  const values = {
    ...{ 'model-output': modelOutput, epochs, batch, rate, width, patience, seed },
    ...{ threads, passes, wire: flags.wire, 'local-steps': flags.localSteps },
    bind: '127.0.0.1',
  }
  return [
    'worker',
    dataset,
    ...Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [`--${name}`, String(value)],
    ),
  ]
}
