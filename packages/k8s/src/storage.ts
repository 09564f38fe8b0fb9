import {
  checkBytes,
  checkChoice,
  checkHost,
  checkKnown,
  checkPath,
  checkReference,
} from './check.ts'
import type { Labels, Manifest } from './manifest.ts'

/** Where a folder of the pods comes from: an existing claim, a storage class, or a share of an NFS server. */
export interface StorageOptions {
  /** A PersistentVolumeClaim that stands already; nothing is made then, and the rest says nothing. */
  readonly claim?: string
  /** Such as `100Gi`. */
  readonly size?: string
  /** Such as `longhorn` or `nfs-client`. Default: the cluster's own. */
  readonly storageClass?: string
  /** Default `ReadWriteMany`: pods on many machines mount it. */
  readonly accessMode?: AccessMode
  /** A share, through a PersistentVolume of its own: pod security forbids NFS inside a pod. */
  readonly nfs?: { readonly server: string; readonly path: string }
}

/** Who may mount a volume. */
export type AccessMode = 'ReadWriteMany' | 'ReadOnlyMany' | 'ReadWriteOnce'

/** Storage with its defaults filled in. */
export interface Storage extends StorageOptions {
  readonly size: string
  readonly accessMode: AccessMode
}

/** What a volume is made for. */
export interface StoragePlace {
  readonly namespace: string
  /** The claim's name, unless an existing one is used. */
  readonly name: string
  readonly labels: Labels
}

export function checkStorage(option: string, storage: Storage): void {
  checkKnown(option, storage, ['claim', 'size', 'storageClass', 'accessMode', 'nfs'])
  if (storage.claim !== undefined) checkReference(`${option}.claim`, storage.claim)
  checkBytes(`${option}.size`, storage.size)
  if (storage.storageClass !== undefined)
    checkReference(`${option}.storageClass`, storage.storageClass)
  checkChoice(`${option}.accessMode`, storage.accessMode, [
    'ReadWriteMany',
    'ReadOnlyMany',
    'ReadWriteOnce',
  ])
  if (storage.nfs === undefined) return
  checkKnown(`${option}.nfs`, storage.nfs, ['server', 'path'])
  checkHost(`${option}.nfs.server`, storage.nfs.server)
  checkPath(`${option}.nfs.path`, storage.nfs.path)
}

/** The claim, and the volume it binds where that is a share. Nothing for a claim that stands already. */
export function storageManifests(storage: Storage, place: StoragePlace): Manifest[] {
  if (storage.claim !== undefined) return []
  return storage.nfs === undefined
    ? [claim(storage, place)]
    : [nfsVolume(storage, place), claim(storage, place)]
}

function volumeName({ namespace, name }: StoragePlace): string {
  return `${namespace}-${name}`
}

function claim(storage: Storage, place: StoragePlace): Manifest {
  const { namespace, name, labels } = place
  const bound = { storageClassName: '', volumeName: volumeName(place) }
  const classOf =
    storage.storageClass === undefined ? {} : { storageClassName: storage.storageClass }
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    // Data and checkpoints outlive the release that asked for them.
    metadata: { name, namespace, labels, annotations: { 'helm.sh/resource-policy': 'keep' } },
    spec: {
      accessModes: [storage.accessMode],
      resources: { requests: { storage: storage.size } },
      ...(storage.nfs === undefined ? classOf : bound),
    },
  }
}

function nfsVolume(storage: Storage, place: StoragePlace): Manifest {
  const { namespace, name, labels } = place
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: {
      name: volumeName(place),
      labels,
      annotations: { 'helm.sh/resource-policy': 'keep' },
    },
    spec: {
      capacity: { storage: storage.size },
      accessModes: [storage.accessMode],
      persistentVolumeReclaimPolicy: 'Retain',
      storageClassName: '',
      mountOptions: ['nfsvers=4.1', 'hard'],
      nfs: { server: storage.nfs?.server, path: storage.nfs?.path },
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name },
    },
  }
}
