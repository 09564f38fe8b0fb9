import {
  checkImage,
  checkLabel,
  checkName,
  checkReference,
  checkTexts,
  checkTextsByName,
  checkThat,
} from './check.ts'
import { type Labels, type Manifest, podsOf } from './manifest.ts'
import { checkEgress, type EgressOptions } from './network.ts'
import { type Mount, type PodPlan, variables } from './pod.ts'
import { type ProfileName, profileOf, type Resources, threadsOf } from './profiles.ts'

/** What training, judging and services have in common. */
export interface WorkloadOptions {
  /** Of the job or deployment, and the beginning of every other name: a DNS label of at most 50 characters. */
  readonly name: string
  /** Default `nebulift`; see `namespaceManifests`. */
  readonly namespace?: string
  /** For amd64 and arm64, with `nebulift` on its path. */
  readonly image: string
  /** A Secret of type `kubernetes.io/dockerconfigjson`. */
  readonly imagePullSecret?: string
  /** The kind of machine. Default `generic`. */
  readonly profile?: ProfileName
  /** Instead of the profile's; requests equal limits. */
  readonly resources?: Partial<Resources>
  /** More variables of the environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Small files by name, mounted read-only at `/etc/nebulift/config`. */
  readonly config?: Readonly<Record<string, string>>
  /** Whether the Prometheus Operator scrapes port 9464. Default false. */
  readonly monitoring?: boolean
  /** Where Prometheus runs. Default `monitoring`. */
  readonly monitoringNamespace?: string
  /** What pods may speak to beside each other and DNS. Default nothing. */
  readonly egress?: readonly EgressOptions[]
}

/** The options every workload knows. */
export const workloadOptions: readonly string[] = [
  ...['name', 'namespace', 'image', 'imagePullSecret', 'profile', 'resources', 'env', 'config'],
  ...['args', 'monitoring', 'monitoringNamespace', 'egress'],
]

/** The options every workload fills in. */
export const workloadDefaults = {
  namespace: 'nebulift',
  profile: 'generic',
  monitoring: false,
  monitoringNamespace: 'monitoring',
} as const

/** Variables that manifests set themselves; a name twice is refused by server-side apply. */
const ours: readonly string[] = [
  ...['WORLD_SIZE', 'MASTER_ADDR', 'MASTER_PORT', 'POD_IP', 'NEBULIFT_TOKEN_FILE'],
  ...['JOB_COMPLETION_INDEX', 'PET_NNODES', 'PET_NPROC_PER_NODE', 'PET_NODE_RANK'],
  ...['PET_MASTER_ADDR', 'PET_MASTER_PORT'],
]

/** Common options with their defaults filled in. */
export type Workload = WorkloadOptions &
  Required<
    Pick<WorkloadOptions, 'namespace' | 'profile' | 'monitoring' | 'monitoringNamespace'>
  > & { readonly args?: readonly string[] }

/** Refuses common options that Kubernetes would refuse, or that would never run. */
export function checkWorkload(workload: Workload): void {
  checkName('name', workload.name)
  checkLabel('namespace', workload.namespace)
  checkImage('image', workload.image)
  if (workload.imagePullSecret !== undefined)
    checkReference('imagePullSecret', workload.imagePullSecret)
  if (workload.args !== undefined) checkTexts('args', workload.args)
  checkTextsByName('env', workload.env ?? {}, /^[A-Za-z_][A-Za-z0-9_]*$/)
  for (const name of Object.keys(workload.env ?? {}))
    checkThat(!ours.includes(name), `env.${name}: this variable is set from other options`)
  checkTextsByName('config', workload.config ?? {}, /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,252}$/)
  checkThat(
    typeof workload.monitoring === 'boolean',
    `monitoring: got ${JSON.stringify(workload.monitoring)}, wanted true or false`,
  )
  checkLabel('monitoringNamespace', workload.monitoringNamespace)
  checkEgress('egress', workload.egress ?? [])
}

/** The part of a pod that common options decide. */
export function commonPod(workload: Workload, labels: Labels) {
  const { name, image, config } = workload
  const files: Mount = {
    name: 'config',
    path: '/etc/nebulift/config',
    readOnly: true,
    source: { configMap: { name: `${name}-config` } },
  }
  const profile = profileOf(workload.profile, workload.resources)
  const threads = { NEBULIFT_THREADS: `${threadsOf(profile.resources.cpu)}` }
  return {
    serviceAccountName: name,
    labels,
    image,
    profile,
    env: variables({ ...threads, ...workload.env }),
    mounts: config === undefined ? [] : [files],
  }
}

/** The account pods run as, which may do nothing, and the files they read. */
export function accountManifests(workload: Workload, labels: Labels): Manifest[] {
  const { name, namespace, imagePullSecret, config } = workload
  const account: Manifest = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace, labels },
    automountServiceAccountToken: false,
    ...(imagePullSecret !== undefined && { imagePullSecrets: [{ name: imagePullSecret }] }),
  }
  if (config === undefined) return [account]
  const files: Manifest = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `${name}-config`, namespace, labels },
    data: config,
  }
  return [account, files]
}

/** The service that gives each pod a name of its own: `<job>-<index>.<job>`. */
export function headlessService(
  { name, namespace }: Workload,
  labels: Labels,
  ports: PodPlan['ports'],
): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, labels },
    spec: {
      clusterIP: 'None',
      // Ranks look for each other before they are ready.
      publishNotReadyAddresses: true,
      selector: podsOf(name),
      ports: ports.map((port) => ({ name: port.name, port: port.port, targetPort: port.name })),
    },
  }
}
