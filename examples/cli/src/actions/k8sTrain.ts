import { trainingManifests } from '@nebulift/k8s'
import { below, built, type PodFlags, placeFrom, runJobs, workloadOf } from '../cluster/k8sJob.ts'
import type { CommandContext } from '../commands/context.ts'
import { CliError } from '../errors.ts'
import { checkPasses, type TrainFlags } from './train.ts'

/** Options as they were typed. */
export interface K8sTrainFlags extends PodFlags, Omit<TrainFlags, 'modelOutput' | 'json'> {
  readonly fromFits?: boolean
  readonly labels?: string
  readonly workers: number
  readonly minWorkers?: number
  readonly checkpoints?: string
  readonly target: 'job' | 'jobset' | 'trainer'
  readonly wire?: 'float32' | 'bf16'
  readonly localSteps?: number
}

const tokenSecret = 'nebulift-token'

/** The work of `nebulift k8s-train`. */
export async function k8sTrain(
  context: CommandContext,
  data: string,
  flags: K8sTrainFlags,
): Promise<number> {
  const { workers, minWorkers, target, storageClass, passes = workers, batch } = flags
  if (flags.labels !== undefined && !flags.fromFits)
    throw new CliError('--labels belongs to --from-fits', { exitCode: 2 })
  checkPasses({ nodes: workers, passes, batch })
  const workload = workloadOf(flags, 'nebulift-train')
  const set = placeFrom(data)
  const out = flags.checkpoints === undefined ? undefined : placeFrom(flags.checkpoints)
  const made = storageClass === undefined ? {} : { storageClass }
  const folder = below('/ckpt', out ?? { storage: {}, folder: '' })
  const manifests = built(() =>
    trainingManifests({
      ...workload,
      ...{ workers, target, tokenSecret },
      ...(minWorkers !== undefined && { minWorkers }),
      data: set.storage,
      checkpoints: { ...made, ...out?.storage },
      args: workerArgs(below('/data', set), folder, flags),
    }),
  )
  if (target !== 'job' && flags.watch) {
    throw new CliError(`--watch follows Jobs; what ${target} starts can be applied`, {
      exitCode: 2,
    })
  }
  if (flags.profile === 'rpi5' && out === undefined && storageClass === undefined) {
    const problem = "the checkpoints' claim needs ReadWriteMany, which k3s' local-path has not"
    context.terminal.log('warn', `${problem}: --checkpoints nfs://… or --storage-class`)
  }
  return runJobs(context, flags, {
    stages: [{ job: workload.name, manifests }],
    token: tokenSecret,
  })
}

/** The command line of every pod; `$(…)` is filled in by Kubernetes. */
function workerArgs(data: string, folder: string, flags: K8sTrainFlags): string[] {
  const { epochs, batch, rate, width, patience, seed, passes, threads, wire, localSteps } = flags
  const { fromFits = false, labels } = flags
  const values = {
    ...(fromFits && { 'from-fits': data, ...(labels && { labels: `/data/${labels}` }) }),
    'model-output': `${folder}/model.onnx`,
    'checkpoint-dir': `${folder}/checkpoints`,
    ...{ epochs, batch, rate, width, patience, seed, passes },
    // A pod of a drained node must not count as done: Kubernetes starts it again, which costs no retry.
    'stop-code': 75,
    ...{ wire, 'local-steps': localSteps, threads: threads ?? '$(NEBULIFT_THREADS)' },
    ...(flags.monitoring && { 'metrics-host': '$(POD_IP)', 'metrics-port': 9464 }),
  }
  return [
    'worker',
    fromFits ? `${folder}/set` : data,
    ...Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [`--${name}`, String(value)],
    ),
  ]
}
