import type { Labels } from './manifest.ts'
import type { Profile } from './profiles.ts'

/** A folder inside the pods. */
export interface Mount {
  readonly name: string
  readonly path: string
  readonly readOnly?: boolean
  /** The field of a volume that says where it comes from. */
  readonly source: Readonly<Record<string, unknown>>
}

/** A port inside the pods. */
export interface Port {
  readonly name: string
  readonly port: number
}

/** One variable of the environment. */
export type Variable =
  | { readonly name: string; readonly value: string }
  | { readonly name: string; readonly valueFrom: Readonly<Record<string, unknown>> }

/** Which pods keep apart, and whether they wait for a machine of their own. */
export interface Spread {
  readonly whenUnsatisfiable: Profile['whenUnsatisfiable']
  readonly labelSelector: { readonly matchLabels: Labels }
  readonly matchLabelKeys?: readonly string[]
}

/** What the pods of one workload are. */
export interface PodPlan {
  readonly serviceAccountName?: string
  readonly labels: Labels
  readonly profile: Profile
  /** Name of the container. */
  readonly container: string
  readonly image: string
  readonly args?: readonly string[]
  readonly ports: readonly Port[]
  readonly env: readonly Variable[]
  readonly mounts: readonly Mount[]
  /** How pods keep apart, one on each machine. */
  readonly spread: Spread
  /** SIGTERM to SIGKILL. */
  readonly graceSeconds: number
  /** Fields of the pod that only this workload has, such as `restartPolicy`. */
  readonly pod?: Readonly<Record<string, unknown>>
  /** Likewise of its container: probes. */
  readonly probes?: Readonly<Record<string, unknown>>
}

/** The port of Prometheus metrics. */
export const metricsPort: Port = { name: 'metrics', port: 9464 }

const user = 10001

/** https://kubernetes.io/docs/concepts/security/pod-security-standards/, `restricted`, and a read-only root beyond it. */
const podSecurity = {
  runAsNonRoot: true,
  runAsUser: user,
  runAsGroup: user,
  fsGroup: user,
  fsGroupChangePolicy: 'OnRootMismatch',
  seccompProfile: { type: 'RuntimeDefault' },
}

const containerSecurity = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
}

const scratch: Mount = { name: 'tmp', path: '/tmp', source: { emptyDir: { sizeLimit: '1Gi' } } }

/** A pod template that pod security `restricted` admits. */
export function podTemplate(plan: PodPlan): Record<string, unknown> {
  const { nodeSelector, tolerations } = plan.profile
  return {
    metadata: { labels: plan.labels },
    spec: {
      ...plan.pod,
      ...(plan.serviceAccountName && { serviceAccountName: plan.serviceAccountName }),
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: plan.graceSeconds,
      nodeSelector,
      ...(tolerations.length > 0 && { tolerations }),
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', ...plan.spread },
      ],
      securityContext: podSecurity,
      containers: [containerOf(plan)],
      volumes: volumesOf([...plan.mounts, scratch]),
    },
  }
}

function containerOf(plan: PodPlan): Record<string, unknown> {
  const { resources } = plan.profile
  return {
    name: plan.container,
    image: plan.image,
    command: ['nebulift'],
    ...(plan.args && { args: plan.args }),
    ports: plan.ports.map(({ name, port }) => ({ name, containerPort: port })),
    env: plan.env,
    ...plan.probes,
    resources: { requests: resources, limits: resources },
    securityContext: containerSecurity,
    volumeMounts: mountsOf([...plan.mounts, scratch]),
  }
}

export function volumesOf(mounts: readonly Mount[]): Record<string, unknown>[] {
  return mounts.map(({ name, source }) => ({ name, ...source }))
}

export function mountsOf(mounts: readonly Mount[]): Record<string, unknown>[] {
  return mounts.map(({ name, path, readOnly }) => ({
    name,
    mountPath: path,
    ...(readOnly && { readOnly }),
  }))
}

/** A claim, mounted. */
export function claimMount(
  name: string,
  claim: string,
  at: Pick<Mount, 'path' | 'readOnly'>,
): Mount {
  const persistentVolumeClaim = { claimName: claim, ...(at.readOnly && { readOnly: true }) }
  return { name, ...at, source: { persistentVolumeClaim } }
}

/** Variables in the order given. */
export function variables(values: Readonly<Record<string, string>>): Variable[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }))
}
