import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Store } from './store.ts'
import type { Container, EnvVar, PodObject, Stored, Volume } from './types.ts'

// What a kubelet and DNS do for a container, done for a process of this machine: names of pods become addresses of the
// loopback network, mounted folders become folders of this machine.

/** What programs of images are on this machine: `nebulift` → `node main.ts`. */
export type Programs = Readonly<Record<string, readonly string[]>>

export interface Prepared {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** A container that cannot be made: as the reason and message of its state. */
export class NotPrepared extends Error {
  /** Volumes hold up the whole pod, and only events tell of them. */
  readonly volume: string | undefined

  constructor(message: string, volume?: string) {
    super(message)
    this.volume = volume
  }
}

export interface Surroundings {
  readonly store: Store
  readonly folder: string
  readonly programs: Programs
  /** Folders of this machine by the claims that stand for them; others get one of their own. */
  readonly claims: Readonly<Record<string, string>>
  /** The address of a name such as `nb-train-0.nb-train`, if it is one of a pod. */
  readonly resolve: (hostname: string, subdomain: string) => string | undefined
}

export function prepare(pod: PodObject, container: Container, around: Surroundings): Prepared {
  const env = variablesOf(pod, container, around.store)
  const mounts = mountsOf(pod, container, around)
  const here = (text: string) => withFolders(withAddresses(text, around.resolve), mounts)
  const expand = (text: string) =>
    here(
      text.replace(/\$\$|\$\(([\w.-]+)\)/g, (all, name) =>
        all === '$$' ? '$' : (env.get(name) ?? all),
      ),
    )
  const [program, ...rest] = [...(container.command ?? []), ...(container.args ?? [])].map(expand)
  if (program === undefined) throw new NotPrepared(`container "${container.name}" has no command`)
  return {
    argv: [...(around.programs[program] ?? [program]), ...rest],
    env: {
      ...Object.fromEntries([...env].map(([name, value]) => [name, here(value)])),
      HOSTNAME: pod.spec.hostname ?? pod.metadata.name,
    },
  }
}

function variablesOf(pod: PodObject, container: Container, store: Store): Map<string, string> {
  const env = new Map<string, string>()
  for (const { configMapRef, secretRef } of container.envFrom ?? []) {
    const [kind, name] = configMapRef
      ? ['ConfigMap', configMapRef.name]
      : ['Secret', secretRef?.name ?? '']
    for (const [key, value] of entriesOf(store, pod, kind, name)) env.set(key, value.toString())
  }
  for (const variable of container.env ?? []) {
    const value = variableOf(variable, pod, container, store)
    if (value === undefined) continue
    env.set(
      variable.name,
      value.replace(/\$\(([\w.-]+)\)/g, (all, name) => env.get(name) ?? all),
    )
  }
  return env
}

function variableOf(
  { value, valueFrom }: EnvVar,
  pod: PodObject,
  container: Container,
  store: Store,
): string | undefined {
  if (!valueFrom) return value ?? ''
  if (valueFrom.fieldRef) return fieldOf(pod, valueFrom.fieldRef.fieldPath)
  if (valueFrom.resourceFieldRef) {
    return (
      container.resources?.limits?.[valueFrom.resourceFieldRef.resource.replace('limits.', '')] ??
      '1'
    )
  }
  const { configMapKeyRef, secretKeyRef } = valueFrom
  const from = configMapKeyRef ?? secretKeyRef
  if (!from) throw new NotPrepared('valueFrom names no source')
  const entries = entriesOf(
    store,
    pod,
    configMapKeyRef ? 'ConfigMap' : 'Secret',
    from.name,
    from.optional,
  )
  return new Map(entries).get(from.key)?.toString()
}

function fieldOf(pod: PodObject, path: string): string {
  const [, map, key] = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(path) ?? []
  if (map && key) return pod.metadata[map as 'labels' | 'annotations']?.[key] ?? ''
  const fields: Readonly<Record<string, string | undefined>> = {
    'metadata.name': pod.metadata.name,
    'metadata.namespace': pod.metadata.namespace,
    'metadata.uid': pod.metadata.uid,
    'spec.nodeName': pod.spec.nodeName,
    'status.podIP': pod.status.podIP,
    'status.hostIP': '127.0.0.1',
  }
  if (!(path in fields)) throw new NotPrepared(`fieldRef ${path} is not supported`)
  return fields[path] ?? ''
}

/** The keys of a ConfigMap or Secret. */
function entriesOf(
  store: Store,
  pod: PodObject,
  kind: string,
  name: string,
  optional = false,
): [string, Buffer][] {
  const found = store.get<
    Stored & { data?: Record<string, string>; stringData?: Record<string, string> }
  >(kind, pod.metadata.namespace, name)
  if (!found && !optional) throw new NotPrepared(`${kind.toLowerCase()} "${name}" not found`)
  const encoding = kind === 'Secret' ? 'base64' : 'utf8'
  const data = Object.entries(found?.data ?? {}).map(([key, text]): [string, Buffer] => [
    key,
    Buffer.from(text, encoding),
  ])
  const plain = Object.entries(found?.stringData ?? {}).map(([key, text]): [string, Buffer] => [
    key,
    Buffer.from(text),
  ])
  return [...data, ...plain]
}

/** Folders of this machine by the paths they are mounted at. */
function mountsOf(
  pod: PodObject,
  container: Container,
  { store, folder, claims }: Surroundings,
): [string, string][] {
  return (container.volumeMounts ?? []).flatMap(
    ({ name, mountPath, subPath }): [string, string][] => {
      // Paths of this machine's own /tmp stand in arguments of tests.
      if (mountPath === '/tmp') return []
      const volume = pod.spec.volumes?.find((each) => each.name === name)
      if (!volume) throw new NotPrepared(`volume "${name}" not found`)
      const claim = volume.persistentVolumeClaim
      const place = claim
        ? (claims[claim.claimName] ??
          join(folder, 'claims', pod.metadata.namespace ?? '', claim.claimName))
        : join(folder, 'pods', pod.metadata.uid ?? '', name)
      const full = subPath === undefined ? place : join(place, subPath)
      mkdirSync(full, { recursive: true })
      for (const [key, bytes] of filesOf(store, pod, volume)) writeFileSync(join(full, key), bytes)
      return [[mountPath, full]]
    },
  )
}

/** What a volume is filled with. */
function filesOf(store: Store, pod: PodObject, volume: Volume): [string, Buffer][] {
  const { secret, configMap, name } = volume
  try {
    if (secret) return entriesOf(store, pod, 'Secret', secret.secretName, secret.optional)
    if (configMap) return entriesOf(store, pod, 'ConfigMap', configMap.name, configMap.optional)
    return []
  } catch (error) {
    throw new NotPrepared((error as Error).message, name)
  }
}

function withAddresses(text: string, resolve: Surroundings['resolve']): string {
  return text.replace(
    /\b([a-z0-9-]+-\d+)\.([a-z0-9-]+)(\.[a-z0-9-]+\.svc(\.cluster\.local)?)?\b/g,
    (all, host, subdomain) => {
      return resolve(host, subdomain) ?? all
    },
  )
}

function withFolders(text: string, mounts: readonly [string, string][]): string {
  const longestFirst = [...mounts].sort(([a], [b]) => b.length - a.length)
  const found = longestFirst.find(([path]) => {
    const at = text.startsWith('--') ? text.indexOf('=') + 1 : 0
    const rest = text.slice(at)
    return rest === path || rest.startsWith(`${path}/`)
  })
  return found ? text.replace(found[0], () => found[1]) : text
}
