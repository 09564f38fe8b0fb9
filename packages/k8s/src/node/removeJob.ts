import { K8sError } from '../errors.ts'
import { type Labels, podsOf } from '../manifest.ts'
import { type Cluster, placeOf } from './cluster.ts'
import type { KubeObject } from './objects.ts'
import { type RemoveOptions, remove } from './remove.ts'

/** What runs the pods, by the target of a training. */
const runners = [
  ['batch/v1', 'Job'],
  ['jobset.x-k8s.io/v1alpha2', 'JobSet'],
  ['trainer.kubeflow.org/v1alpha1', 'TrainJob'],
] as const

/** What the builders make beside it, and how they name it; volumes and secrets outlive jobs. */
const companions = [
  ['v1', 'ServiceAccount', ''],
  ['v1', 'ConfigMap', '-config'],
  ['networking.k8s.io/v1', 'NetworkPolicy', ''],
  ['v1', 'Service', ''],
  ['monitoring.coreos.com/v1', 'PodMonitor', ''],
] as const

const label = 'app.kubernetes.io/name'
const ours = { [label]: 'nebulift' }

/**
 * Deletes a training or a judging, its pods, and all that the builders made for it but volumes, claims and secrets. The
 * pods go first: until they have ended, what they run under stays. Where the job is gone already (Kubernetes deletes
 * finished ones), the rest still goes. Objects without the builders' labels stay.
 * @returns the names of those that were there, `Job/nb-train`, in the order of deletion
 * @throws K8sError `INVALID` where a job of this name is not one of Nebulift, `NOT_FOUND`, `TIMEOUT`, `FORBIDDEN`
 */
export async function removeJob(
  cluster: Cluster,
  name: string,
  options: RemoveOptions = {},
): Promise<string[]> {
  const { signal } = options
  const find = ([apiVersion, kind, suffix = '']: readonly [string, string, string?]) =>
    lookFor(cluster, { apiVersion, kind, metadata: { name: `${name}${suffix}` } }, signal)
  const named = (await Promise.all(runners.map((kind) => find(kind)))).flat()
  // A TrainJob makes a JobSet of its own name, which bears no label of ours and goes with it.
  const running = named.filter((found) => hasLabels(found, ours))
  const [foreign] = named
  if (foreign && running.length === 0) {
    const message = `delete ${foreign.kind} ${name}: it is not nebulift's, it lacks the label ${label}: nebulift`
    throw new K8sError('INVALID', message)
  }
  const beside = (await Promise.all(companions.map((kind) => find(kind)))).flat()
  const own = beside.filter(
    (found) => hasLabels(found, { ...ours, ...podsOf(name) }) && isOfJob(found),
  )
  if (running.length + own.length === 0) {
    throw new K8sError('NOT_FOUND', `namespace ${cluster.namespace} has no job ${name}`)
  }
  return [...(await remove(cluster, running, options)), ...(await remove(cluster, own, options))]
}

/** The object as the server has it; none where it, or its kind, is not there. */
async function lookFor(
  cluster: Cluster,
  object: KubeObject,
  signal: AbortSignal | undefined,
): Promise<KubeObject[]> {
  const { apiVersion, kind, metadata } = object
  try {
    const { path } = await placeOf(cluster, object, signal)
    const what = `look for ${kind} ${metadata.name}`
    const { body } = await cluster.connection.json<KubeObject>({ path, signal, what })
    // Read alone, objects may come without their kind.
    return [{ apiVersion, kind, metadata: body.metadata }]
  } catch (error) {
    if (error instanceof K8sError && error.code === 'NOT_FOUND') return []
    throw error
  }
}

/** Not of a service of the same name, which is no job and goes on. */
function isOfJob({ metadata }: KubeObject): boolean {
  return ['training', 'judging'].includes(metadata.labels?.['app.kubernetes.io/component'] ?? '')
}

function hasLabels({ metadata }: KubeObject, wanted: Labels): boolean {
  return Object.entries(wanted).every(([key, value]) => metadata.labels?.[key] === value)
}
