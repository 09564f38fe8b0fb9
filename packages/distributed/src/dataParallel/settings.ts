import { checkWhole } from '../checks.ts'
import { DistributedError } from '../errors.ts'
import type { TrainOptions } from '../trainDataParallel.ts'

/** What decides which step does what: must be equal on all ranks. */
export interface Settings {
  readonly epochs: number
  readonly stepsPerEpoch: number
  readonly passes: number
  readonly wire: 'float32' | 'bf16'
  readonly bucketBytes: number
  readonly localSteps: { readonly every: number; readonly after: number } | null
  readonly checkEvery: number
  readonly checkpointEvery: number
}

const defaults = { bucketBytes: 6e6, checkEvery: 100, checkpointEvery: 100 } as const

/** The settings, with defaults filled in. */
export function settle<Batch>(options: TrainOptions<Batch>): Settings {
  const { data, replica, localSteps } = options
  const settings: Settings = {
    epochs: options.epochs,
    stepsPerEpoch: data.stepsPerEpoch,
    passes: data.passes,
    wire: options.wire ?? 'float32',
    bucketBytes: options.bucketBytes ?? defaults.bucketBytes,
    localSteps: localSteps ? { every: localSteps.every, after: localSteps.after } : null,
    checkEvery: options.checkEvery ?? defaults.checkEvery,
    checkpointEvery: options.checkpointEvery ?? defaults.checkpointEvery,
  }
  for (const name of [
    'epochs',
    'stepsPerEpoch',
    'passes',
    'checkEvery',
    'checkpointEvery',
  ] as const)
    checkWhole(`trainDataParallel: ${name}`, settings[name], { low: 1 })
  checkWhole('trainDataParallel: bucketBytes', settings.bucketBytes, { low: 4 })
  if (!localSteps) return settings
  checkWhole('trainDataParallel: localSteps.every', localSteps.every, { low: 1 })
  checkWhole('trainDataParallel: localSteps.after', localSteps.after)
  if (replica.weights && replica.setWeights) return settings
  const message = 'trainDataParallel: localSteps want a replica with weights and setWeights'
  throw new DistributedError('BAD_ARGUMENT', message)
}
