import { checkChoice, checkCount, checkKnown, checkReference, checkThat } from './check.ts'
import { clusterTrainingRuntime, trainJob } from './kubeflow.ts'
import { type Labels, labelsOf, type Manifest, podsOf } from './manifest.ts'
import { podMonitor } from './monitors.ts'
import { networkPolicy, openMetrics } from './network.ts'
import { claimMount, type Mount, metricsPort, type PodPlan, type Port, podTemplate } from './pod.ts'
import { checkStorage, type Storage, type StorageOptions, storageManifests } from './storage.ts'
import { jobSpec, type Training, trainingJob, trainingJobSet } from './trainingJob.ts'
import {
  accountManifests,
  checkWorkload,
  commonPod,
  headlessService,
  type WorkloadOptions,
  workloadDefaults,
  workloadOptions,
} from './workload.ts'

/** A training by many pods that step together. */
export interface TrainingOptions extends WorkloadOptions {
  /** Pods, one rank each. Default 2. */
  readonly workers?: number
  /** Elastic: go on with as few, rather than wait for all `workers`. Default all. */
  readonly minWorkers?: number
  /** Arguments of `nebulift`. Default: `worker` on `/data`, writing to `/ckpt`, with metrics if `monitoring`. */
  readonly args?: readonly string[]
  /** Mounted read-only at `/data`. */
  readonly data?: StorageOptions
  /** Mounted at `/ckpt`: checkpoints and the model. */
  readonly checkpoints?: StorageOptions
  /** A Secret whose key `token` the ranks show each other. Default `nebulift-token`; it must stand already. */
  readonly tokenSecret?: string
  /**
   * What runs the pods: `job` (Kubernetes alone), `jobset` (JobSet v1alpha2, which starts all again together), or
   * `trainer` (Kubeflow Trainer v2). Default `job`.
   */
  readonly target?: 'job' | 'jobset' | 'trainer'
  /** Pods that may fail before the job does. Default 16. */
  readonly backoffLimit?: number
  /** Default a week. */
  readonly activeDeadlineSeconds?: number
  /** How long a finished job is kept. Default a day. */
  readonly ttlSecondsAfterFinished?: number
  /** A LocalQueue of Kueue. */
  readonly queue?: string
}

/** What is not said of a training. */
export const trainingDefaults = {
  ...workloadDefaults,
  workers: 2,
  data: { size: '100Gi', accessMode: 'ReadWriteMany' },
  checkpoints: { size: '10Gi', accessMode: 'ReadWriteMany' },
  tokenSecret: 'nebulift-token',
  target: 'job',
  backoffLimit: 16,
  activeDeadlineSeconds: 604_800,
  ttlSecondsAfterFinished: 86_400,
} as const satisfies Omit<TrainingOptions, 'name' | 'image'>

/** Ports between ranks: where they meet, and the ring. */
const peerPorts: readonly Port[] = [
  { name: 'rendezvous', port: 29_500 },
  { name: 'ring', port: 29_501 },
]

/** `$(…)` is for Kubernetes to fill in, from the environment of the container. */
const defaultArgs: readonly string[] = [
  ...['worker', '/data', '--model-output', '/ckpt/model.onnx', '--checkpoint-dir', '/ckpt'],
  // A pod of a drained node must not count as done: Kubernetes starts it again, which costs no retry.
  ...['--stop-code', '75', '--threads', '$(NEBULIFT_THREADS)'],
]

const metricsArgs: readonly string[] = [
  ...['--metrics-host', '$(POD_IP)', '--metrics-port', `${metricsPort.port}`],
]

/**
 * Everything one training needs in its namespace, in the order in which it is applied.
 * @throws K8sError `BAD_OPTION`
 */
export function trainingManifests(options: TrainingOptions): Manifest[] {
  const training = complete(options)
  check(options, training)
  const labels = labelsOf(training.name, 'training')
  const pods = training.target === 'trainer' ? jobSetPods(training.name) : podsOf(training.name)
  return [
    ...accountManifests(training, labels),
    ...storageOf(training, labels),
    networkPolicy({
      ...{ name: training.name, namespace: training.namespace, labels, pods, peers: peerPorts },
      open: openMetrics(training.monitoring, training.monitoringNamespace),
      egress: training.egress ?? [],
    }),
    ...jobOf(training, labels),
    ...(training.monitoring ? [podMonitor(training, labels, pods)] : []),
  ]
}

function complete(options: TrainingOptions): Training {
  return {
    ...trainingDefaults,
    ...options,
    data: { ...trainingDefaults.data, ...options.data },
    checkpoints: { ...trainingDefaults.checkpoints, ...options.checkpoints },
  }
}

const options: readonly string[] = [
  ...workloadOptions,
  ...['workers', 'minWorkers', 'data', 'checkpoints', 'tokenSecret', 'target', 'queue'],
  ...['backoffLimit', 'activeDeadlineSeconds', 'ttlSecondsAfterFinished'],
]

function check(given: TrainingOptions, training: Training): void {
  checkKnown('training', given, options)
  checkWorkload(training)
  checkCount('workers', training.workers, [1, 1024])
  if (training.minWorkers !== undefined)
    checkCount('minWorkers', training.minWorkers, [1, training.workers])
  checkStorage('data', training.data)
  checkStorage('checkpoints', training.checkpoints)
  checkReference('tokenSecret', training.tokenSecret)
  checkChoice('target', training.target, ['job', 'jobset', 'trainer'])
  checkCount('backoffLimit', training.backoffLimit, [0, 10_000])
  checkCount('activeDeadlineSeconds', training.activeDeadlineSeconds, [1, 2 ** 31 - 1])
  checkCount('ttlSecondsAfterFinished', training.ttlSecondsAfterFinished, [0, 2 ** 31 - 1])
  if (training.queue !== undefined) checkReference('queue', training.queue)
  checkTogether(training)
}

function checkTogether(training: Training): void {
  const lonely = training.workers > 1 && training.profile === 'rpi5'
  const { accessMode, claim } = training.checkpoints
  checkThat(
    !(lonely && claim === undefined && accessMode === 'ReadWriteOnce'),
    `checkpoints.accessMode: got "ReadWriteOnce" with ${training.workers} workers on as many machines, wanted "ReadWriteMany"`,
  )
  checkThat(
    !(claim === undefined && accessMode === 'ReadOnlyMany'),
    'checkpoints.accessMode: got "ReadOnlyMany", wanted one that can be written to',
  )
  checkThat(
    !(training.target === 'trainer' && training.minWorkers !== undefined),
    'minWorkers: Kubeflow Trainer starts a fixed number of nodes; leave it out, or take the target "job"',
  )
}

function storageOf(training: Training, labels: Labels): Manifest[] {
  const { name, namespace } = training
  const at = (role: string) => ({ namespace, name: `${name}-${role}`, labels })
  return [
    ...storageManifests(training.data, at('data')),
    ...storageManifests(training.checkpoints, at('checkpoints')),
  ]
}

function jobOf(training: Training, labels: Labels): Manifest[] {
  if (training.target === 'trainer')
    return [
      clusterTrainingRuntime(training, podPlan(training, labels)),
      trainJob(training, podPlan(training, labels)),
    ]
  const plan = podPlan(training, labels)
  const spec = jobSpec(training, podTemplate(plan), plan.container)
  return training.target === 'jobset'
    ? [trainingJobSet(training, labels, spec)]
    : [headlessService(training, labels, plan.ports), trainingJob(training, labels, spec)]
}

/** JobSet's own label on its pods: Kubeflow Trainer lets none of ours through. */
function jobSetPods(name: string): Labels {
  return { 'jobset.sigs.k8s.io/jobset-name': name }
}

function podPlan(training: Training, labels: Labels): PodPlan {
  const { name, target } = training
  const common = commonPod(training, labels)
  const claimOf = (storage: Storage, role: string) => storage.claim ?? `${name}-${role}`
  const { whenUnsatisfiable } = common.profile
  return {
    ...common,
    // Kubeflow Trainer looks for this name.
    container: target === 'trainer' ? 'node' : 'trainer',
    args: training.args ?? [...defaultArgs, ...(training.monitoring ? metricsArgs : [])],
    ports: [...peerPorts, metricsPort],
    env: [...placeOf(training), ...common.env],
    mounts: [
      claimMount('data', claimOf(training.data, 'data'), { path: '/data', readOnly: true }),
      claimMount('checkpoints', claimOf(training.checkpoints, 'checkpoints'), { path: '/ckpt' }),
      tokenMount(training.tokenSecret),
      ...common.mounts,
    ],
    spread: { whenUnsatisfiable, labelSelector: { matchLabels: podsOf(name) } },
    graceSeconds: 60,
    pod: { ...(target === 'job' && { subdomain: name }), restartPolicy: 'Never' },
  }
}

function tokenMount(secretName: string): Mount {
  const secret = { secretName, items: [{ key: 'token', path: 'token' }], defaultMode: 0o440 }
  return { name: 'token', path: '/etc/nebulift/token', readOnly: true, source: { secret } }
}

/** Who takes part and where they meet, as torchrun says it; Kubeflow Trainer sets `PET_…` of its own. */
function placeOf({ name, target, workers, minWorkers }: Training): PodPlan['env'] {
  const first = target === 'jobset' ? `${name}-node-0-0.${name}` : `${name}-0.${name}`
  const world =
    minWorkers === undefined
      ? { name: 'WORLD_SIZE', value: `${workers}` }
      : { name: 'PET_NNODES', value: `${minWorkers}:${workers}` }
  const meeting = [
    world,
    { name: 'MASTER_ADDR', value: first },
    { name: 'MASTER_PORT', value: '29500' },
  ]
  return [
    ...(target === 'trainer' ? [] : meeting),
    { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
    { name: 'NEBULIFT_TOKEN_FILE', value: '/etc/nebulift/token/token' },
  ]
}
