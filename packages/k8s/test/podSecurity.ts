// The Pod Security Standard `restricted`, and `baseline` within it, as published:
// https://kubernetes.io/docs/concepts/security/pod-security-standards/ (fields for Linux, v1.35).

interface Security {
  readonly [field: string]: unknown
  readonly runAsNonRoot?: boolean
  readonly runAsUser?: number
  readonly privileged?: boolean
  readonly allowPrivilegeEscalation?: boolean
  readonly procMount?: string
  readonly seccompProfile?: { readonly type?: string }
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] }
}

interface Container {
  readonly name: string
  readonly securityContext?: Security
  readonly ports?: readonly { readonly hostPort?: number }[]
}

/** The fields of a pod that the standard speaks of. */
export interface PodSpec {
  readonly hostNetwork?: boolean
  readonly hostPID?: boolean
  readonly hostIPC?: boolean
  readonly securityContext?: Security
  readonly containers: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly volumes?: readonly Readonly<Record<string, unknown>>[]
}

const volumeTypes = [
  ...['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim'],
  ...['projected', 'secret', 'image'],
]

/** Everything in which a pod falls short of `restricted`. */
export function shortcomings(pod: PodSpec): string[] {
  const found: string[] = []
  const want = (good: boolean, what: string) => {
    if (!good) found.push(what)
  }
  want(!pod.hostNetwork && !pod.hostPID && !pod.hostIPC, 'host namespaces')
  for (const volume of pod.volumes ?? []) {
    const [type = 'none'] = Object.keys(volume).filter((key) => key !== 'name')
    want(volumeTypes.includes(type), `volume of type ${type}`)
  }
  const ofPod = pod.securityContext ?? {}
  want(ofPod.runAsUser !== 0, 'runAsUser 0')
  for (const { name, securityContext = {}, ports = [] } of [
    ...pod.containers,
    ...(pod.initContainers ?? []),
  ]) {
    const { capabilities, privileged, allowPrivilegeEscalation, procMount } = securityContext
    const both = { ...ofPod, ...securityContext }
    want(!privileged, `${name}: privileged`)
    want(allowPrivilegeEscalation === false, `${name}: allowPrivilegeEscalation`)
    want(both.runAsNonRoot === true, `${name}: runAsNonRoot`)
    want(both.runAsUser !== 0, `${name}: runAsUser 0`)
    const seccomp = both.seccompProfile?.type ?? 'none'
    want(['RuntimeDefault', 'Localhost'].includes(seccomp), `${name}: seccompProfile ${seccomp}`)
    want(capabilities?.drop?.includes('ALL') ?? false, `${name}: capabilities not dropped`)
    const added = capabilities?.add ?? []
    want(
      added.every((each) => each === 'NET_BIND_SERVICE'),
      `${name}: capabilities ${added}`,
    )
    want(procMount === undefined || procMount === 'Default', `${name}: procMount`)
    want(!ports.some(({ hostPort }) => hostPort), `${name}: hostPort`)
  }
  return found
}

/** Beyond the standard, what we demand of ourselves. */
export function ownShortcomings(pod: PodSpec & { readonly [field: string]: unknown }): string[] {
  const found: string[] = []
  if (pod.automountServiceAccountToken !== false) found.push('automountServiceAccountToken')
  for (const { name, securityContext = {}, ...rest } of pod.containers) {
    if (securityContext.readOnlyRootFilesystem !== true) found.push(`${name}: writable root`)
    if (!('resources' in rest)) found.push(`${name}: no resources`)
  }
  return found
}

/** Every pod spec in an object, wherever it stands: what has containers is one. */
export function podSpecs(value: unknown): PodSpec[] {
  if (typeof value !== 'object' || value === null) return []
  const found = 'containers' in value && 'securityContext' in value ? [value as PodSpec] : []
  return [...found, ...Object.values(value).flatMap(podSpecs)]
}
