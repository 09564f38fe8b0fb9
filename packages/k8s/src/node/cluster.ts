import { K8sError } from '../errors.ts'
import { type Connection, type ConnectionOptions, connect } from './connection.ts'
import { type AccessOptions, findAccess } from './kubeconfig.ts'
import type { KubeObject } from './objects.ts'

export interface ClusterOptions extends AccessOptions, ConnectionOptions {}

/** Where objects of one kind are kept. */
export interface Resource {
  readonly apiVersion: string
  readonly kind: string
  /** Plural, as in paths. */
  readonly name: string
  readonly namespaced: boolean
}

/** An API server, as whom it is called, and the namespace of whatever names none. */
export interface Cluster {
  readonly connection: Connection
  readonly namespace: string
  /** How the server calls a kind: asked once. */
  resource(apiVersion: string, kind: string, signal?: AbortSignal): Promise<Resource>
  close(): void
}

interface ResourceList {
  readonly resources: readonly {
    readonly name: string
    readonly kind: string
    readonly namespaced: boolean
  }[]
}

/**
 * Finds a cluster the way kubectl does: KUBECONFIG, `~/.kube/config`, or the service account of this pod. Says nothing
 * to the server yet.
 * @throws K8sError `BAD_CONFIG`
 */
export async function openCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const access = await findAccess(options)
  const connection = connect(access, options)
  const known = new Map<string, Promise<ResourceList>>()

  async function listOf(
    apiVersion: string,
    kind: string,
    signal: AbortSignal | undefined,
  ): Promise<ResourceList> {
    const path = rootOf(apiVersion)
    try {
      return (await connection.json<ResourceList>({ path, signal, what: `look for ${apiVersion}` }))
        .body
    } catch (error) {
      known.delete(apiVersion)
      if (!(error instanceof K8sError && error.code === 'NOT_FOUND')) throw error
      throw unknownKind(apiVersion, kind)
    }
  }

  return {
    connection,
    namespace: access.namespace,
    async resource(apiVersion, kind, signal) {
      const list = known.get(apiVersion) ?? listOf(apiVersion, kind, signal)
      known.set(apiVersion, list)
      // Subresources such as jobs/status bear the same kind.
      const found = (await list).resources.find(
        (each) => each.kind === kind && !each.name.includes('/'),
      )
      if (!found) throw unknownKind(apiVersion, kind)
      return { apiVersion, kind, name: found.name, namespaced: found.namespaced }
    },
    close: () => connection.close(),
  }
}

function unknownKind(apiVersion: string, kind: string): K8sError {
  const message = `the cluster knows no ${kind} of ${apiVersion}: its definition is not installed, or the cluster is too old`
  return new K8sError('NOT_FOUND', message)
}

function rootOf(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
}

/** The path of all objects of a kind, in a namespace where they lie in one. */
export function listPath({ apiVersion, name, namespaced }: Resource, namespace: string): string {
  return `${rootOf(apiVersion)}${namespaced ? `/namespaces/${encodeURIComponent(namespace)}` : ''}/${name}`
}

/** An object's own path, and the namespace it lies in. */
export async function placeOf(cluster: Cluster, object: KubeObject, signal?: AbortSignal) {
  const resource = await cluster.resource(object.apiVersion, object.kind, signal)
  const namespace = object.metadata.namespace ?? cluster.namespace
  const path = `${listPath(resource, namespace)}/${encodeURIComponent(object.metadata.name)}`
  return { path, ...(resource.namespaced && { namespace }) }
}

/** Kinds that every cluster has. */
export const core = {
  jobs: { apiVersion: 'batch/v1', kind: 'Job', name: 'jobs', namespaced: true },
  pods: { apiVersion: 'v1', kind: 'Pod', name: 'pods', namespaced: true },
  events: { apiVersion: 'v1', kind: 'Event', name: 'events', namespaced: true },
} as const satisfies Record<string, Resource>

/** The label by which Kubernetes marks the pods of a Job. */
export const podsOf = (job: string) => `batch.kubernetes.io/job-name=${job}`
