import type { Labels, Manifest } from './manifest.ts'
import type { Storage } from './storage.ts'
import type { TrainingOptions, trainingDefaults } from './training.ts'

/** Options of a training with their defaults filled in. */
export type Training = Omit<TrainingOptions, 'data' | 'checkpoints'> &
  Required<
    Pick<TrainingOptions, Exclude<keyof typeof trainingDefaults, 'data' | 'checkpoints'>>
  > & {
    readonly data: Storage
    readonly checkpoints: Storage
  }

/** Exit codes of what no new start mends, ascending: wrong usage, and a mistake in settings or data. */
const neverAgain: readonly number[] = [2, 42]

/** A machine taken away is nobody's fault; a mistake ends everything; all else counts against `backoffLimit`. */
export function podFailurePolicy(container: string, action: 'FailJob' | 'FailIndex') {
  const onExitCodes = { containerName: container, operator: 'In', values: neverAgain }
  return {
    rules: [
      { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
      { action, onExitCodes },
    ],
  }
}

/** Metadata of whatever Kueue may hold back until there is room. */
export function queued({ name, namespace, queue }: Training, labels: Labels): Manifest['metadata'] {
  const label = queue === undefined ? {} : { 'kueue.x-k8s.io/queue-name': queue }
  return { name, namespace, labels: { ...labels, ...label } }
}

/** The spec of the Indexed Job whose pod with index i is rank i. */
export function jobSpec(
  training: Training,
  template: Readonly<Record<string, unknown>>,
  container: string,
): Record<string, unknown> {
  return {
    completionMode: 'Indexed',
    // Kept equal: an elastic job is scaled by both together.
    completions: training.workers,
    parallelism: training.workers,
    backoffLimit: training.backoffLimit,
    // Never two pods of one rank.
    podReplacementPolicy: 'Failed',
    activeDeadlineSeconds: training.activeDeadlineSeconds,
    ...(training.target === 'job' && {
      ttlSecondsAfterFinished: training.ttlSecondsAfterFinished,
    }),
    podFailurePolicy: podFailurePolicy(container, 'FailJob'),
    template,
  }
}

export function trainingJob(
  training: Training,
  labels: Labels,
  spec: Readonly<Record<string, unknown>>,
): Manifest {
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: queued(training, labels), spec }
}

/** JobSet makes the headless service itself, and starts all ranks again together. */
export function trainingJobSet(
  training: Training,
  labels: Labels,
  spec: Readonly<Record<string, unknown>>,
): Manifest {
  const network = {
    enableDNSHostnames: true,
    subdomain: training.name,
    publishNotReadyAddresses: true,
  }
  return {
    apiVersion: 'jobset.x-k8s.io/v1alpha2',
    kind: 'JobSet',
    metadata: queued(training, labels),
    spec: {
      network,
      failurePolicy: {
        maxRestarts: 3,
        rules: [
          { name: 'mistake', action: 'FailJobSet', onJobFailureReasons: ['PodFailurePolicy'] },
        ],
      },
      ttlSecondsAfterFinished: training.ttlSecondsAfterFinished,
      replicatedJobs: [{ name: 'node', replicas: 1, template: { spec } }],
    },
  }
}
