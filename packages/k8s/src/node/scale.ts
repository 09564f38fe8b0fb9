import { K8sError } from '../errors.ts'
import { type Cluster, core, listPath } from './cluster.ts'
import type { Job } from './objects.ts'
import { endOf } from './report.ts'

export interface ScaleOptions {
  /** How many ranks from now on. */
  readonly ranks: number
  readonly signal?: AbortSignal
}

/** The name under which a scaled job's counts are held: applying another count later is a conflict that says so. */
export const scaleManager = 'nebulift-scale'

/**
 * Changes how many ranks an elastic Indexed Job has: `completions` and `parallelism` together, which Kubernetes 1.31
 * and newer allow while a job runs. Ranks that are added start at once; those with the highest indexes are stopped
 * first. A pod template never changes, and so neither does what its environment says of the world: the ranks take the
 * bounds from `PET_NNODES` (`min:max`, as torchrun does) and agree on the present number when they meet. Whatever has no
 * such range, or would leave it, is refused here.
 * @throws K8sError `INVALID`, `NOT_FOUND`, `FORBIDDEN`
 */
export async function scale(
  cluster: Cluster,
  name: string,
  { ranks, signal }: ScaleOptions,
): Promise<void> {
  const what = `scale job ${name}`
  if (!Number.isInteger(ranks) || ranks < 1) {
    throw new K8sError('INVALID', `${what}: got ${ranks} ranks, wanted a whole number from 1`)
  }
  const path = `${listPath(core.jobs, cluster.namespace)}/${encodeURIComponent(name)}`
  const { body: job } = await cluster.connection.json<Job>({ path, signal, what })
  const refused = refusalOf(job, ranks)
  if (refused) throw new K8sError('INVALID', `${what} to ${ranks} ranks: ${refused}`)
  await cluster.connection.json({
    method: 'PATCH',
    path,
    query: { fieldManager: scaleManager },
    contentType: 'application/merge-patch+json',
    // The job that was looked at, and no later one of its name.
    body: {
      metadata: { uid: job.metadata.uid },
      spec: { completions: ranks, parallelism: ranks },
    },
    signal,
    what,
  })
}

function refusalOf(job: Job, ranks: number): string | undefined {
  const { spec } = job
  const ended = endOf(job)
  if (ended) return `the job has ended (${ended.type})`
  if (spec.completionMode !== 'Indexed' || spec.completions !== spec.parallelism) {
    return `only Indexed jobs with completions equal to parallelism can be scaled, got ${spec.completionMode}, ${spec.completions} and ${spec.parallelism}`
  }
  const env = spec.template?.spec.containers.flatMap((container) => container.env ?? []) ?? []
  const value = (wanted: string) => env.find((variable) => variable.name === wanted)?.value
  const range = /^(\d+):(\d+)$/.exec(value('PET_NNODES') ?? '')
  if (!range) {
    const world = value('WORLD_SIZE') ?? value('PET_NNODES')
    return world === undefined
      ? undefined
      : `its template fixes ${world} ranks, and a template cannot be changed`
  }
  const [min, max] = [Number(range[1]), Number(range[2])]
  if (ranks < min || ranks > max) return `the job was made for ${min} to ${max} ranks`
  return undefined
}
