import { setTimeout as sleep } from 'node:timers/promises'
import { K8sError } from '../errors.ts'
import { type Cluster, placeOf } from './cluster.ts'
import type { Call } from './connection.ts'
import type { KubeObject } from './objects.ts'

export interface RemoveOptions {
  /** `foreground`: an object goes after what it made (a Job after its pods); `background`: before. Default `foreground`. */
  readonly propagation?: 'foreground' | 'background'
  /** Until all are gone; default 180 000. 0 does not wait. */
  readonly waitMs?: number
  readonly signal?: AbortSignal
}

const pollMs = 300

/**
 * Deletes objects, the last first, and waits until they are gone; those that are not there are passed over.
 * @returns the names of those that were there, `Job/nb-train`, in the order of deletion
 * @throws K8sError `TIMEOUT` naming what is left, `FORBIDDEN`
 */
export async function remove(
  cluster: Cluster,
  objects: readonly KubeObject[],
  { propagation = 'foreground', waitMs = 180_000, signal }: RemoveOptions = {},
): Promise<string[]> {
  const removed: { name: string; call: Call; uid: string | undefined }[] = []
  for (const object of [...objects].reverse()) {
    const { path } = await placeOf(cluster, object, signal)
    const what = `delete ${object.kind} ${object.metadata.name}`
    // Asked first: a later object of the same name is another one.
    const there = await unlessMissing(cluster.connection.json<KubeObject>({ path, signal, what }))
    if (!there) continue
    const uid = there.body.metadata.uid
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: propagation === 'foreground' ? 'Foreground' : 'Background',
      ...(uid !== undefined && { preconditions: { uid } }),
    }
    await unlessMissing(cluster.connection.json({ method: 'DELETE', path, body, signal, what }))
    removed.push({
      name: `${object.kind}/${object.metadata.name}`,
      call: { path, signal, what },
      uid,
    })
  }
  const end = Date.now() + waitMs
  for (const { name, call, uid } of waitMs > 0 ? removed : []) {
    while (
      (await unlessMissing(cluster.connection.json<KubeObject>(call)))?.body.metadata.uid === uid
    ) {
      if (Date.now() > end) {
        throw new K8sError(
          'TIMEOUT',
          `delete ${name}: still there after ${waitMs / 1000} s: a pod or a finalizer holds it`,
        )
      }
      await sleep(pollMs, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted())
    }
  }
  return removed.map(({ name }) => name)
}

async function unlessMissing<Result>(asked: Promise<Result>): Promise<Result | undefined> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof K8sError && error.code === 'NOT_FOUND') return undefined
    throw error
  }
}
