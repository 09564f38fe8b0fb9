import { K8sError } from '../errors.ts'
import { type Cluster, core, podsOf } from './cluster.ts'
import { type Change, type FollowOptions, follow, listAll } from './follow.ts'
import type { Job, KubeEvent, KubeObject, Pod } from './objects.ts'
import { endOf, type JobReport, noteOf, type PodNote, reportOf } from './report.ts'

const maxWarnings = 500

/** What is known of one job, put together from what is listed and watched. */
class JobView {
  #job: Job | undefined
  readonly #pods = new Map<string, PodNote>()
  readonly #warnings = new Map<string, KubeEvent>()

  get job(): Job | undefined {
    return this.#job
  }

  onJob(change: Change<Job>): void {
    if (change.type === 'listed') this.#job = change.items[0]
    else this.#job = change.type === 'gone' ? undefined : change.item
  }

  onPod(change: Change<Pod>): void {
    if (change.type === 'listed') this.#pods.clear()
    for (const pod of change.type === 'listed' ? change.items : [change.item]) {
      if (change.type === 'gone') this.#pods.delete(pod.metadata.name)
      else this.#pods.set(pod.metadata.name, noteOf(pod))
    }
  }

  /** A namespace has warnings about much else: only what concerns this job is kept, and of that not too many. */
  onWarning(change: Change<KubeEvent>, job: string): void {
    for (const event of change.type === 'listed' ? change.items : [change.item]) {
      const about = event.involvedObject.name ?? ''
      if (about !== job && !about.startsWith(`${job}-`)) continue
      const key = `${event.involvedObject.kind}/${about}/${event.reason}`
      this.#warnings.delete(key)
      if (change.type !== 'gone') this.#warnings.set(key, event)
      const [oldest] = this.#warnings.keys()
      if (this.#warnings.size > maxWarnings && oldest !== undefined) this.#warnings.delete(oldest)
    }
  }

  report(): JobReport | undefined {
    return this.#job && reportOf(this.#job, this.#pods.values(), [...this.#warnings.values()])
  }
}

function queries(name: string, signal: AbortSignal, what: string) {
  return {
    job: { resource: core.jobs, fieldSelector: `metadata.name=${name}`, signal, what },
    pods: { resource: core.pods, labelSelector: podsOf(name), signal, what },
    warnings: { resource: core.events, fieldSelector: 'type=Warning', signal, what },
  } satisfies Record<string, FollowOptions>
}

export interface StatusOptions {
  readonly signal?: AbortSignal
}

/**
 * How a job and its ranks stand, and what is in their way.
 * @throws K8sError `NOT_FOUND`
 */
export async function jobStatus(
  cluster: Cluster,
  name: string,
  options: StatusOptions = {},
): Promise<JobReport> {
  const asked = queries(
    name,
    options.signal ?? new AbortController().signal,
    `status of job ${name}`,
  )
  const view = new JobView()
  const [jobs, pods, warnings] = await Promise.all([
    listAll<Job>(cluster, asked.job),
    listAll<Pod>(cluster, asked.pods),
    listAll<KubeEvent>(cluster, asked.warnings).catch(unlessForbidden),
  ])
  view.onJob({ type: 'listed', items: jobs.items })
  view.onPod({ type: 'listed', items: pods.items })
  view.onWarning({ type: 'listed', items: warnings?.items ?? [] }, name)
  return view.report() ?? missing(cluster, name)
}

/** Events only explain: who may not read them still has a status. */
function unlessForbidden(error: unknown): undefined {
  if (!(error instanceof K8sError && error.code === 'FORBIDDEN')) throw error
}

function missing(cluster: Cluster, name: string): never {
  throw new K8sError('NOT_FOUND', `namespace ${cluster.namespace} has no job ${name}`)
}

export interface WatchOptions {
  /** Called whenever something has changed. */
  readonly onProgress?: (report: JobReport) => void
  /** Until the job has ended; default: as long as it takes. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** See `FollowOptions`. */
  readonly patienceMs?: number
  readonly backoffMs?: number
}

/**
 * Watches a job until it is complete.
 * @throws K8sError `FAILED` with the reason where the job fails, `NOT_FOUND` where it is not there or is deleted,
 *   `TIMEOUT` with what is in its way, `UNREACHABLE` where the server stays away
 */
export async function watchJob(
  cluster: Cluster,
  name: string,
  options: WatchOptions = {},
): Promise<JobReport> {
  const { timeoutMs } = options
  const done = new AbortController()
  const late = timeoutMs === undefined ? undefined : setTimeout(() => done.abort('late'), timeoutMs)
  const view = new JobView()
  const progress = teller(view, options.onProgress)
  try {
    await followAll(cluster, { ...options, name, view, done, tell: progress.soon })
  } catch (error) {
    options.signal?.throwIfAborted()
    if (error !== done.signal.reason) throw error
  } finally {
    clearTimeout(late)
    progress.end()
    done.abort('ended')
  }
  const report = await lastReport(cluster, view, options)
  if (done.signal.reason === 'late') throw tooLate(name, timeoutMs ?? 0, report)
  if (!report) return missing(cluster, name)
  options.onProgress?.(report)
  if (report.state !== 'Failed') return report
  throw new K8sError('FAILED', `job ${name} failed: ${report.reason}`)
}

const progressMs = 100

/** Says how the job stands, but not for each of thousands of pods. */
function teller(view: JobView, onProgress: WatchOptions['onProgress']) {
  let timer: NodeJS.Timeout | undefined
  let said = ''
  const tell = () => {
    timer = undefined
    const report = view.report()
    const saying = JSON.stringify(report)
    if (report && saying !== said) onProgress?.(report)
    said = saying
  }
  return {
    soon: () => {
      if (onProgress) timer ??= setTimeout(tell, progressMs)
    },
    end: () => clearTimeout(timer),
  }
}

interface Following extends WatchOptions {
  readonly name: string
  readonly view: JobView
  /** Aborted once the job has ended or is gone. */
  readonly done: AbortController
  readonly tell: () => void
}

async function followAll(cluster: Cluster, following: Following): Promise<void> {
  const { name, view, done, signal, patienceMs, backoffMs } = following
  const signals = AbortSignal.any([done.signal, ...(signal ? [signal] : [])])
  const asked = queries(name, signals, `watch job ${name}`)
  const pace = {
    ...(patienceMs !== undefined && { patienceMs }),
    ...(backoffMs !== undefined && { backoffMs }),
  }
  async function take<Item extends KubeObject>(
    query: FollowOptions,
    on: (change: Change<Item>) => void,
  ): Promise<void> {
    for await (const change of follow<Item>(cluster, { ...query, ...pace })) {
      on(change)
      following.tell()
    }
  }
  await Promise.all([
    take<Job>(asked.job, (change) => {
      view.onJob(change)
      if (!view.job || endOf(view.job)) done.abort('ended')
    }),
    take<Pod>(asked.pods, (change) => view.onPod(change)),
    take<KubeEvent>(asked.warnings, (change) => view.onWarning(change, name)).catch(
      unlessForbidden,
    ),
  ])
}

function tooLate(name: string, timeoutMs: number, report: JobReport | undefined): K8sError {
  const ranks = report && `${report.succeeded} of ${report.completions} ranks are done`
  const why = report?.problems[0] ?? ranks ?? 'the server has not told of it'
  return new K8sError('TIMEOUT', `job ${name} has not ended within ${timeoutMs / 1000} s: ${why}`)
}

/** Pods may be told of later than the job: at the end all are asked for once more. */
async function lastReport(
  cluster: Cluster,
  view: JobView,
  { signal }: WatchOptions,
): Promise<JobReport | undefined> {
  const { job } = view
  if (!job) return undefined
  try {
    return await jobStatus(cluster, job.metadata.name, signal ? { signal } : {})
  } catch (error) {
    // It may be kept for no longer than this (`ttlSecondsAfterFinished`).
    if (error instanceof K8sError && error.code === 'NOT_FOUND') return view.report()
    throw error
  }
}
