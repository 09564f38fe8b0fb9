/** One kind of object that the double keeps. */
export interface Kind {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly namespaced: boolean
  readonly shortNames: readonly string[]
}

function kind(
  apiVersion: string,
  name: string,
  plural: string,
  shortNames: readonly string[] = [],
  namespaced = true,
) {
  const parts = apiVersion.split('/')
  const [group, version] = parts.length === 2 ? parts : ['', apiVersion]
  return {
    group: group as string,
    version: version as string,
    kind: name,
    plural,
    namespaced,
    shortNames,
  }
}

export const kinds: readonly Kind[] = [
  kind('v1', 'Namespace', 'namespaces', ['ns'], false),
  kind('v1', 'Node', 'nodes', ['no'], false),
  kind('v1', 'PersistentVolume', 'persistentvolumes', ['pv'], false),
  kind('v1', 'Pod', 'pods', ['po']),
  kind('v1', 'Service', 'services', ['svc']),
  kind('v1', 'ConfigMap', 'configmaps', ['cm']),
  kind('v1', 'Secret', 'secrets'),
  kind('v1', 'ServiceAccount', 'serviceaccounts', ['sa']),
  kind('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims', ['pvc']),
  kind('v1', 'ResourceQuota', 'resourcequotas', ['quota']),
  kind('v1', 'LimitRange', 'limitranges', ['limits']),
  kind('v1', 'Event', 'events', ['ev']),
  kind('batch/v1', 'Job', 'jobs'),
  kind('apps/v1', 'Deployment', 'deployments', ['deploy']),
  kind('autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', ['hpa']),
  kind('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies', ['netpol']),
  kind('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets', ['pdb']),
  kind('rbac.authorization.k8s.io/v1', 'Role', 'roles'),
  kind('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings'),
  kind('monitoring.coreos.com/v1', 'PodMonitor', 'podmonitors', ['pmon']),
  kind('monitoring.coreos.com/v1', 'ServiceMonitor', 'servicemonitors', ['smon']),
]

export function kindOf(name: string): Kind {
  const found = kinds.find((each) => each.kind === name)
  if (!found) throw new Error(`the double keeps no ${name}`)
  return found
}

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']
const groupVersion = ({ group, version }: Kind) => (group ? `${group}/${version}` : version)

/** What `/api`, `/apis` and the paths below answer. */
export function discovery(path: string): unknown {
  const groups = [...new Set(kinds.filter(({ group }) => group !== '').map(groupVersion))]
  if (path === '/version') return { major: '1', minor: '34', gitVersion: 'v1.34.0+double' }
  if (path === '/api')
    return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] }
  if (path === '/apis')
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(groupOf) }
  const wanted = /^\/(?:api\/(v1)|apis\/([^/]+\/[^/]+))$/.exec(path)
  const name = wanted?.[1] ?? wanted?.[2]
  const found = kinds.filter((each) => groupVersion(each) === name)
  if (found.length === 0) return undefined
  const resources = found.flatMap((each) => [
    {
      name: each.plural,
      singularName: each.kind.toLowerCase(),
      namespaced: each.namespaced,
      kind: each.kind,
      verbs,
      shortNames: each.shortNames,
    },
    ...(each.kind === 'Pod'
      ? [{ name: 'pods/log', singularName: '', namespaced: true, kind: 'Pod', verbs: ['get'] }]
      : []),
    ...(each.kind === 'Job' || each.kind === 'Pod'
      ? [
          {
            name: `${each.plural}/status`,
            singularName: '',
            namespaced: true,
            kind: each.kind,
            verbs: ['get'],
          },
        ]
      : []),
  ])
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: name, resources }
}

function groupOf(name: string) {
  const [group, version] = name.split('/')
  const each = { groupVersion: name, version }
  return { name: group, versions: [each], preferredVersion: each }
}
