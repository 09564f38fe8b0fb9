import { checkBytes, checkCount, checkCpu, checkKnown, checkLabel, checkTexts } from './check.ts'
import type { Labels, Manifest } from './manifest.ts'
import { denyAll } from './network.ts'
import type { Resources } from './profiles.ts'

/** A namespace for Nebulift alone. */
export interface NamespaceOptions {
  /** Default `nebulift`. */
  readonly namespace?: string
  /** What all pods together may ask for. Default: no bound. */
  readonly quota?: Resources & { readonly pods: number }
  /** What a container may ask for at most. Default: no bound. */
  readonly maxPerContainer?: Resources
  /** Users who may start, watch, scale and delete jobs in it, as the cluster's authentication names them. */
  readonly operators?: readonly string[]
}

/**
 * The namespace, held to pod security `restricted`, closed to the network but for what workloads open, and the role
 * of those who run jobs in it.
 * @throws K8sError `BAD_OPTION`
 */
export function namespaceManifests(options: NamespaceOptions = {}): Manifest[] {
  const { namespace = 'nebulift', quota, maxPerContainer, operators = [] } = options
  check(options)
  const labels = { 'app.kubernetes.io/name': 'nebulift' }
  const at = { namespace, labels }
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, labels: { ...labels, ...podSecurity } },
    },
    ...(quota ? [resourceQuota(quota, at)] : []),
    ...(maxPerContainer ? [limitRange(maxPerContainer, at)] : []),
    denyAll(namespace, labels),
    operatorRole(at),
    ...(operators.length > 0 ? [operatorBinding(operators, at)] : []),
  ]
}

const podSecurity: Labels = {
  'pod-security.kubernetes.io/enforce': 'restricted',
  'pod-security.kubernetes.io/enforce-version': 'latest',
  'pod-security.kubernetes.io/warn': 'restricted',
  'pod-security.kubernetes.io/audit': 'restricted',
}

interface Place {
  readonly namespace: string
  readonly labels: Labels
}

function check({ namespace, quota, maxPerContainer, ...options }: NamespaceOptions): void {
  checkKnown('namespace', options, ['operators'])
  if (namespace !== undefined) checkLabel('namespace', namespace)
  if (options.operators !== undefined) checkTexts('operators', options.operators)
  for (const [option, bound] of Object.entries({ quota, maxPerContainer })) {
    if (bound === undefined) continue
    checkKnown(option, bound, option === 'quota' ? ['cpu', 'memory', 'pods'] : ['cpu', 'memory'])
    checkCpu(`${option}.cpu`, bound.cpu)
    checkBytes(`${option}.memory`, bound.memory)
  }
  if (quota !== undefined) checkCount('quota.pods', quota.pods, [1, 1_000_000])
}

function resourceQuota({ cpu, memory, pods }: NonNullable<NamespaceOptions['quota']>, at: Place) {
  return {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'nebulift', ...at },
    spec: { hard: { 'limits.cpu': cpu, 'limits.memory': memory, pods: `${pods}` } },
  }
}

function limitRange({ cpu, memory }: Resources, at: Place): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: { name: 'nebulift', ...at },
    spec: { limits: [{ type: 'Container', max: { cpu, memory } }] },
  }
}

const role = 'nebulift-operator'
const read = ['get', 'list', 'watch']
const write = [...read, 'create', 'update', 'patch', 'delete']

/** What it takes to apply the manifests of a workload and to follow its pods; nothing about secrets. */
function operatorRole(at: Place): Manifest {
  const may = (apiGroup: string, resources: readonly string[], verbs: readonly string[]) => ({
    apiGroups: [apiGroup],
    resources,
    verbs,
  })
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: role, ...at },
    rules: [
      may('batch', ['jobs'], write),
      may('apps', ['deployments'], write),
      may('', ['services', 'configmaps', 'serviceaccounts', 'persistentvolumeclaims'], write),
      may('networking.k8s.io', ['networkpolicies'], write),
      may('autoscaling', ['horizontalpodautoscalers'], write),
      may('policy', ['poddisruptionbudgets'], write),
      may('jobset.x-k8s.io', ['jobsets'], write),
      may('trainer.kubeflow.org', ['trainjobs'], write),
      may('monitoring.coreos.com', ['podmonitors', 'servicemonitors'], write),
      may('', ['pods', 'pods/log', 'events'], read),
    ],
  }
}

function operatorBinding(operators: readonly string[], at: Place): Manifest {
  const apiGroup = 'rbac.authorization.k8s.io'
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: role, ...at },
    roleRef: { apiGroup, kind: 'Role', name: role },
    subjects: operators.map((name) => ({ apiGroup, kind: 'User', name })),
  }
}
