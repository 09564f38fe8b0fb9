import type { Store } from './store.ts'
import type { PodObject, Stored } from './types.ts'

const foreground = 'foregroundDeletion'

export type Propagation = 'Foreground' | 'Background' | 'Orphan'

function dependents(store: Store, uid: string | undefined): PodObject[] {
  const owned = ({ metadata }: Stored) =>
    metadata.ownerReferences?.some((owner) => owner.uid === uid)
  return store.list<PodObject>('Pod').filter(owned)
}

function removePods(store: Store, pods: readonly PodObject[]): void {
  for (const pod of pods) {
    if (!pod.metadata.deletionTimestamp)
      store.remove(pod, pod.spec.terminationGracePeriodSeconds ?? 30)
  }
}

/** Deletes an object, and what becomes of its pods. */
export function removeWith(store: Store, object: Stored, propagation: Propagation): void {
  const pods = dependents(store, object.metadata.uid)
  if (propagation === 'Orphan') {
    for (const pod of pods)
      store.update(pod, ({ metadata }) => void delete metadata.ownerReferences)
    store.remove(object)
    return
  }
  if (propagation === 'Background' || pods.length === 0) {
    store.remove(object)
    return
  }
  store.update(object, ({ metadata }) => {
    metadata.finalizers = [...(metadata.finalizers ?? []), foreground]
  })
  store.remove(object)
  removePods(store, pods)
}

/** Follows deletions: pods go after their owner, or before it where that was asked for. */
export function collectGarbage(store: Store): () => void {
  return store.listen(({ type, object }) => {
    if (type !== 'DELETED') return
    if (object.kind !== 'Pod') {
      const pods = dependents(store, object.metadata.uid)
      setImmediate(() => removePods(store, pods))
      return
    }
    const owner = object.metadata.ownerReferences?.find(({ controller }) => controller)
    const job = owner && store.get(owner.kind, object.metadata.namespace, owner.name)
    if (
      !job?.metadata.finalizers?.includes(foreground) ||
      dependents(store, job.metadata.uid).length > 0
    )
      return
    store.update(job, ({ metadata }) => {
      metadata.finalizers = metadata.finalizers?.filter((name) => name !== foreground) ?? []
    })
  })
}
