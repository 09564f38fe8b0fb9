import { type Cluster, placeOf } from './cluster.ts'
import type { KubeObject } from './objects.ts'

/** Under which name fields are held. */
export const fieldManager = 'nebulift'

export interface ApplyOptions {
  /** Takes fields over that others hold; default false. */
  readonly force?: boolean
  /** The server checks everything and keeps nothing; default false. */
  readonly dryRun?: boolean
  readonly signal?: AbortSignal
}

export interface Applied {
  readonly kind: string
  readonly name: string
  readonly namespace?: string
  /** Whether it was not there before. */
  readonly created: boolean
  /** What the server warns of: a pod that its policies will refuse, a field that will go. */
  readonly warnings: readonly string[]
}

/**
 * Brings objects into a cluster, one after the other in the order given, by server-side apply: fields that are not
 * given are left as they are. Ends at the first that is refused; what came before stays.
 * @throws K8sError `CONFLICT` where others hold a field, `FORBIDDEN`, `INVALID` and so on, naming the object
 */
export async function apply(
  cluster: Cluster,
  objects: readonly KubeObject[],
  { force = false, dryRun = false, signal }: ApplyOptions = {},
): Promise<Applied[]> {
  const applied: Applied[] = []
  for (const object of objects) {
    const { path, namespace } = await placeOf(cluster, object, signal)
    const { kind, metadata } = object
    const { status, warnings } = await cluster.connection.json<KubeObject>({
      method: 'PATCH',
      path,
      query: { fieldManager, fieldValidation: 'Strict', force, dryRun: dryRun ? 'All' : undefined },
      contentType: 'application/apply-patch+yaml',
      body: namespace === undefined ? object : { ...object, metadata: { ...metadata, namespace } },
      signal,
      what: `apply ${kind} ${metadata.name}`,
    })
    const where = namespace === undefined ? {} : { namespace }
    applied.push({ kind, name: metadata.name, ...where, created: status === 201, warnings })
  }
  return applied
}
