import { checkCount, checkKnown } from './check.ts'
import { type Labels, labelsOf, type Manifest, podsOf } from './manifest.ts'
import { podMonitor } from './monitors.ts'
import { networkPolicy, openMetrics } from './network.ts'
import { claimMount, metricsPort, type PodPlan, podTemplate } from './pod.ts'
import { checkStorage, type Storage, type StorageOptions, storageManifests } from './storage.ts'
import { podFailurePolicy } from './trainingJob.ts'
import {
  accountManifests,
  checkWorkload,
  commonPod,
  type Workload,
  type WorkloadOptions,
  workloadDefaults,
  workloadOptions,
} from './workload.ts'

/** Judging of many frames by pods that know nothing of each other, a shard each. */
export interface JudgingOptions extends WorkloadOptions {
  /** Pieces of the work. Default 8. */
  readonly shards?: number
  /** Pods at a time. Default 4, or `shards` if that is less. */
  readonly parallel?: number
  /** Arguments of `nebulift`. Default: `batch /data /out`, with the shard's number. */
  readonly args?: readonly string[]
  /** Mounted read-only at `/data`. */
  readonly data?: StorageOptions
  /** Mounted at `/out`. */
  readonly output?: StorageOptions
  /** Times that one shard may fail. Default 3. */
  readonly backoffLimitPerShard?: number
  /** Shards that may fail for good before the rest is called off. Default: one in fifty, rounded up. */
  readonly maxFailedShards?: number
  /** The job is done, and what still runs is called off, once so many shards are. Default: all of them. */
  readonly enoughShards?: number
  /** Default a week. */
  readonly activeDeadlineSeconds?: number
  /** How long a finished job is kept. Default a day. */
  readonly ttlSecondsAfterFinished?: number
  /** A LocalQueue of Kueue. */
  readonly queue?: string
}

/** What is not said of judging. */
export const judgingDefaults = {
  ...workloadDefaults,
  shards: 8,
  data: { size: '100Gi', accessMode: 'ReadWriteMany' },
  output: { size: '10Gi', accessMode: 'ReadWriteMany' },
  backoffLimitPerShard: 3,
  activeDeadlineSeconds: 604_800,
  ttlSecondsAfterFinished: 86_400,
} as const satisfies Omit<JudgingOptions, 'name' | 'image'>

interface Judging extends Workload {
  readonly shards: number
  readonly parallel: number
  readonly data: Storage
  readonly output: Storage
  readonly backoffLimitPerShard: number
  readonly maxFailedShards: number
  readonly enoughShards?: number
  readonly activeDeadlineSeconds: number
  readonly ttlSecondsAfterFinished: number
  readonly queue?: string
}

/**
 * Everything one run of judging needs in its namespace, in the order in which it is applied.
 * @throws K8sError `BAD_OPTION`
 */
export function judgingManifests(options: JudgingOptions): Manifest[] {
  const judging = complete(options)
  check(options, judging)
  const { name, namespace } = judging
  const labels = labelsOf(name, 'judging')
  const pods = podsOf(name)
  const at = (role: string) => ({ namespace, name: `${name}-${role}`, labels })
  return [
    ...accountManifests(judging, labels),
    ...storageManifests(judging.data, at('data')),
    ...storageManifests(judging.output, at('output')),
    networkPolicy({
      ...{ name, namespace, labels, pods, peers: [] },
      open: openMetrics(judging.monitoring, judging.monitoringNamespace),
      egress: judging.egress ?? [],
    }),
    judgingJob(judging, labels),
    ...(judging.monitoring ? [podMonitor(judging, labels, pods)] : []),
  ]
}

function complete(options: JudgingOptions): Judging {
  const shards = options.shards ?? judgingDefaults.shards
  return {
    ...judgingDefaults,
    parallel: Math.min(4, shards),
    maxFailedShards: Math.ceil(shards / 50),
    ...options,
    data: { ...judgingDefaults.data, ...options.data },
    output: { ...judgingDefaults.output, ...options.output },
  }
}

const known: readonly string[] = [
  ...workloadOptions,
  ...['shards', 'parallel', 'data', 'output', 'queue', 'backoffLimitPerShard', 'maxFailedShards'],
  ...['enoughShards', 'activeDeadlineSeconds', 'ttlSecondsAfterFinished'],
]

function check(options: JudgingOptions, judging: Judging): void {
  checkKnown('judging', options, known)
  checkWorkload(judging)
  // Kubernetes allows more shards only where few of them run at a time.
  checkCount('shards', judging.shards, [1, 100_000])
  checkCount('parallel', judging.parallel, [1, Math.min(judging.shards, 10_000)])
  checkCount('backoffLimitPerShard', judging.backoffLimitPerShard, [0, 1000])
  checkCount('maxFailedShards', judging.maxFailedShards, [0, Math.min(judging.shards, 10_000)])
  if (judging.enoughShards !== undefined)
    checkCount('enoughShards', judging.enoughShards, [1, judging.shards])
  checkStorage('data', judging.data)
  checkStorage('output', judging.output)
  checkCount('activeDeadlineSeconds', judging.activeDeadlineSeconds, [1, 2 ** 31 - 1])
  checkCount('ttlSecondsAfterFinished', judging.ttlSecondsAfterFinished, [0, 2 ** 31 - 1])
}

function judgingJob(judging: Judging, labels: Labels): Manifest {
  const { name, namespace, queue, enoughShards } = judging
  const plan = podPlan(judging, labels)
  const queued = queue === undefined ? {} : { 'kueue.x-k8s.io/queue-name': queue }
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace, labels: { ...labels, ...queued } },
    spec: {
      completionMode: 'Indexed',
      completions: judging.shards,
      parallelism: judging.parallel,
      backoffLimitPerIndex: judging.backoffLimitPerShard,
      maxFailedIndexes: judging.maxFailedShards,
      podReplacementPolicy: 'Failed',
      activeDeadlineSeconds: judging.activeDeadlineSeconds,
      ttlSecondsAfterFinished: judging.ttlSecondsAfterFinished,
      podFailurePolicy: podFailurePolicy(plan.container, 'FailIndex'),
      ...(enoughShards !== undefined && {
        successPolicy: { rules: [{ succeededCount: enoughShards }] },
      }),
      template: podTemplate(plan),
    },
  }
}

function podPlan(judging: Judging, labels: Labels): PodPlan {
  const { name, shards } = judging
  const common = commonPod(judging, labels)
  const defaultArgs = [
    ...['batch', '/data', '/out', '--shards', `${shards}`],
    ...['--shard-index', '$(JOB_COMPLETION_INDEX)', '--jobs', '$(NEBULIFT_THREADS)'],
  ]
  return {
    ...common,
    container: 'judge',
    args: judging.args ?? defaultArgs,
    ports: [metricsPort],
    mounts: [
      claimMount('data', judging.data.claim ?? `${name}-data`, { path: '/data', readOnly: true }),
      claimMount('output', judging.output.claim ?? `${name}-output`, { path: '/out' }),
      ...common.mounts,
    ],
    spread: {
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: { matchLabels: podsOf(name) },
    },
    graceSeconds: 30,
    pod: { restartPolicy: 'Never' },
  }
}
