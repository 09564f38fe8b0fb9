import { randomBytes } from 'node:crypto'
import { admit } from './admission.ts'
import { indexRanges, parseRanges } from './indexes.ts'
import { matchRule } from './podFailurePolicy.ts'
import { Refused } from './refused.ts'
import { now, type Store } from './store.ts'
import type { Condition, JobObject, JobSpec, PodObject } from './types.ts'

// Indexed Jobs as the Job controller of Kubernetes 1.34 runs them (pkg/controller/job): the same conditions, reasons
// and counts. What it keeps in its caches and in `uncountedTerminatedPods` is kept in memory here.

export const indexKey = 'batch.kubernetes.io/job-completion-index'
const trackingFinalizer = 'batch.kubernetes.io/job-tracking'

export interface JobControllerOptions {
  /** Before a failed pod is replaced, doubled with each failure on end: 10 000 in Kubernetes. */
  readonly backoffMs: number
}

/** Counts of one job that no status field holds. */
interface Ledger {
  readonly counted: Set<string>
  readonly succeeded: Set<number>
  readonly failed: Set<number>
  readonly failuresOf: Map<number, number>
  failures: number
  failuresOnEnd: number
  lastFailure: number
  failedCreates: number
  /** The end that was decided on, while pods are still stopping. */
  target: Condition | undefined
}

export class JobController {
  readonly #store: Store
  readonly #options: JobControllerOptions
  readonly #ledgers = new Map<string, Ledger>()
  readonly #timers = new Map<string, NodeJS.Timeout>()
  readonly #queued = new Set<string>()
  readonly #stop: () => void
  #closed = false

  constructor(store: Store, options: JobControllerOptions) {
    this.#store = store
    this.#options = options
    this.#stop = store.listen(({ object }) => {
      if (object.kind === 'Job') this.#enqueue(object as JobObject)
      if (object.kind !== 'Pod') return
      const owner = object.metadata.ownerReferences?.find(({ controller }) => controller)
      const job = owner && this.#store.get<JobObject>('Job', object.metadata.namespace, owner.name)
      if (job && job.metadata.uid === owner.uid) this.#enqueue(job)
      else if (owner?.kind === 'Job') this.#release(object as PodObject)
    })
  }

  close(): void {
    this.#closed = true
    this.#stop()
    for (const timer of this.#timers.values()) clearTimeout(timer)
  }

  #enqueue({ metadata }: JobObject, afterMs = 0): void {
    const key = `${metadata.namespace}/${metadata.name}/${metadata.uid}`
    const sync = () => {
      this.#queued.delete(key)
      const job = this.#store.get<JobObject>('Job', metadata.namespace, metadata.name)
      if (!this.#closed && job && job.metadata.uid === metadata.uid) this.#sync(job)
    }
    if (afterMs > 0) {
      clearTimeout(this.#timers.get(key))
      this.#timers.set(key, setTimeout(sync, afterMs))
    } else if (!this.#queued.has(key)) {
      this.#queued.add(key)
      setImmediate(sync)
    }
  }

  #ledger({ metadata }: JobObject): Ledger {
    const known = this.#ledgers.get(metadata.uid as string)
    if (known) return known
    const [counted, succeeded, failed] = [new Set<string>(), new Set<number>(), new Set<number>()]
    const counts = {
      failures: 0,
      failuresOnEnd: 0,
      lastFailure: 0,
      failedCreates: 0,
      target: undefined,
    }
    const ledger: Ledger = { counted, succeeded, failed, failuresOf: new Map(), ...counts }
    this.#ledgers.set(metadata.uid as string, ledger)
    return ledger
  }

  #podsOf({ metadata }: JobObject): PodObject[] {
    return this.#store
      .list<PodObject>('Pod', metadata.namespace)
      .filter((pod) => pod.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid))
  }

  #sync(job: JobObject): void {
    const pods = this.#podsOf(job)
    if (job.metadata.deletionTimestamp) {
      for (const pod of pods) this.#release(pod)
      return
    }
    const ended = job.status.conditions?.find(
      ({ type, status }) => /^(Complete|Failed)$/.test(type) && status === 'True',
    )
    if (ended) {
      this.#afterEnd(job)
      return
    }
    const ledger = this.#ledger(job)
    for (const pod of pods.filter(isTerminal)) this.#count(job, ledger, pod)
    ledger.target ??= this.#decide(job, ledger)
    const active = pods.filter((pod) => !isTerminal(pod))
    if (ledger.target || job.spec.suspend) for (const pod of active) this.#remove(pod)
    else this.#manage(job, ledger, active)
    this.#writeStatus(job, ledger)
  }

  /** Each pod's end counts once; then the pod may go. */
  #count(job: JobObject, ledger: Ledger, pod: PodObject): void {
    const uid = pod.metadata.uid as string
    const index = indexOf(pod)
    // Pods of ranks that were scaled away do not count.
    const known = index < (job.spec.completions ?? 1)
    if (!ledger.counted.has(uid) && known) {
      ledger.counted.add(uid)
      if (pod.status.phase === 'Succeeded') {
        ledger.succeeded.add(index)
        ledger.failuresOnEnd = 0
      } else this.#countFailure(job, ledger, pod)
    }
    this.#release(pod)
  }

  #countFailure(job: JobObject, ledger: Ledger, pod: PodObject): void {
    const { action, why } = matchRule(job.spec.podFailurePolicy, pod)
    if (action === 'Ignore') return
    const index = indexOf(pod)
    ledger.failures++
    ledger.failuresOnEnd++
    ledger.lastFailure = Date.now()
    const failures = (ledger.failuresOf.get(index) ?? 0) + 1
    ledger.failuresOf.set(index, failures)
    if (action === 'FailJob') ledger.target = condition('FailureTarget', 'PodFailurePolicy', why)
    const perIndex = job.spec.backoffLimitPerIndex
    if (action === 'FailIndex' || (perIndex !== undefined && failures > perIndex))
      ledger.failed.add(index)
  }

  /** Whether the job has come to its end. */
  #decide({ spec, status }: JobObject, ledger: Ledger): Condition | undefined {
    const completions = spec.completions ?? 1
    const failed = (reason: string, message: string) => condition('FailureTarget', reason, message)
    const met = successRule(spec, ledger.succeeded)
    if (met !== undefined) {
      return condition('SuccessCriteriaMet', 'SuccessPolicy', `Matched rules at index ${met}`)
    }
    const limit = spec.backoffLimit ?? (spec.backoffLimitPerIndex === undefined ? 6 : 2 ** 31 - 1)
    if (ledger.failures > limit) {
      return failed('BackoffLimitExceeded', 'Job has reached the specified backoff limit')
    }
    const started = status.startTime ? Date.parse(status.startTime) : Date.now()
    const { activeDeadlineSeconds: deadline, maxFailedIndexes } = spec
    if (deadline !== undefined && !spec.suspend && Date.now() - started >= deadline * 1000) {
      return failed('DeadlineExceeded', 'Job was active longer than specified deadline')
    }
    if (maxFailedIndexes !== undefined && ledger.failed.size > maxFailedIndexes) {
      return failed(
        'MaxFailedIndexesExceeded',
        'Job has exceeded the specified maximal number of failed indexes',
      )
    }
    const succeeded = [...ledger.succeeded].filter((index) => index < completions).length
    if (succeeded + ledger.failed.size < completions) return undefined
    if (ledger.failed.size > 0) return failed('FailedIndexes', 'Job has failed indexes')
    return condition(
      'SuccessCriteriaMet',
      'CompletionsReached',
      'Reached expected number of succeeded pods',
    )
  }

  /** Makes the pods that are missing, and stops those that are too many. */
  #manage(job: JobObject, ledger: Ledger, active: readonly PodObject[]): void {
    const { completions = 1, parallelism = 1, podReplacementPolicy, podFailurePolicy } = job.spec
    const waits = podReplacementPolicy === 'Failed' || podFailurePolicy !== undefined
    const living = active.filter(({ metadata }) => !metadata.deletionTimestamp)
    const highestFirst = [...living].sort((a, b) => indexOf(b) - indexOf(a))
    const within = highestFirst.filter(
      (pod) => indexOf(pod) < completions && !ledger.failed.has(indexOf(pod)),
    )
    const surplus = within.slice(0, Math.max(0, within.length - parallelism))
    for (const pod of highestFirst)
      if (!within.includes(pod) || surplus.includes(pod)) this.#remove(pod)
    const taken = new Set(
      (waits ? active : living).map(indexOf).filter((index) => index < completions),
    )
    const missing = Array.from({ length: completions }, (_, index) => index)
      .filter(
        (index) => !taken.has(index) && !ledger.succeeded.has(index) && !ledger.failed.has(index),
      )
      .slice(0, Math.max(0, parallelism - taken.size))
    if (missing.length === 0) return
    const { backoffMs } = this.#options
    const due =
      ledger.failuresOnEnd === 0
        ? 0
        : ledger.lastFailure + backoffMs * 2 ** (ledger.failuresOnEnd - 1)
    if (due > Date.now()) {
      this.#enqueue(job, due - Date.now())
      return
    }
    for (const index of missing) if (!this.#createPod(job, ledger, index)) return
    ledger.failedCreates = 0
  }

  /** Whether it could be made; if not, the job tells so in an event, and tries again later. */
  #createPod(job: JobObject, ledger: Ledger, index: number): boolean {
    const pod = podOf(job, index)
    try {
      admit(this.#store, pod, undefined)
      this.#store.create(pod)
      return true
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      writeEvent(this.#store, job, 'FailedCreate', `Error creating: ${error.message}`)
      this.#enqueue(job, this.#options.backoffMs * 2 ** Math.min(ledger.failedCreates++, 6))
      return false
    }
  }

  #remove(pod: PodObject): void {
    if (pod.metadata.deletionTimestamp) return
    this.#store.remove(pod, pod.spec.terminationGracePeriodSeconds ?? 30)
  }

  #release(pod: PodObject): void {
    if (!pod.metadata.finalizers?.includes(trackingFinalizer)) return
    this.#store.update(pod, ({ metadata }) => {
      metadata.finalizers = metadata.finalizers?.filter((name) => name !== trackingFinalizer) ?? []
    })
  }

  #writeStatus(job: JobObject, ledger: Ledger): void {
    const pods = this.#podsOf(job).filter((pod) => !isTerminal(pod))
    const active = pods.filter(({ metadata }) => !metadata.deletionTimestamp)
    const completions = job.spec.completions ?? 1
    const succeeded = [...ledger.succeeded].filter((index) => index < completions)
    const { target } = ledger
    this.#store.update(job, ({ status }) => {
      if (!job.spec.suspend) status.startTime ??= now()
      status.active = active.length
      status.ready = active.filter((pod) =>
        pod.status.containerStatuses?.every(({ ready }) => ready),
      ).length
      status.terminating = pods.length - active.length
      status.succeeded = succeeded.length
      status.failed = ledger.failures
      status.completedIndexes = indexRanges(succeeded)
      if (job.spec.backoffLimitPerIndex !== undefined)
        status.failedIndexes = indexRanges(ledger.failed)
      if (job.spec.suspend) set(status, condition('Suspended', 'JobSuspended', 'Job suspended'))
      else if (status.conditions?.some(({ type }) => type === 'Suspended')) {
        set(status, { ...condition('Suspended', 'JobResumed', 'Job resumed'), status: 'False' })
      }
      if (!target) return
      set(status, target)
      if (pods.length > 0) return
      const type = target.type === 'FailureTarget' ? 'Failed' : 'Complete'
      set(status, { ...target, type, lastTransitionTime: now() })
      if (type === 'Complete') status.completionTime = now()
    })
    const { activeDeadlineSeconds } = job.spec
    if (
      activeDeadlineSeconds !== undefined &&
      !target &&
      !this.#timers.has(`deadline/${job.metadata.uid}`)
    ) {
      const timer = setTimeout(
        () => this.#enqueue(job),
        Math.min(activeDeadlineSeconds * 1000 + 50, 2 ** 31 - 1),
      )
      this.#timers.set(`deadline/${job.metadata.uid}`, timer)
    }
  }

  #afterEnd(job: JobObject): void {
    const key = `ttl/${job.metadata.uid}`
    const { ttlSecondsAfterFinished } = job.spec
    for (const pod of this.#podsOf(job)) this.#release(pod)
    if (ttlSecondsAfterFinished === undefined || this.#timers.has(key)) return
    const ms = Math.min(ttlSecondsAfterFinished * 1000, 2 ** 31 - 1)
    this.#timers.set(
      key,
      setTimeout(() => this.#store.remove(job), ms),
    )
  }
}

function isTerminal({ status }: PodObject): boolean {
  return status.phase === 'Succeeded' || status.phase === 'Failed'
}

function indexOf({ metadata }: PodObject): number {
  return Number(metadata.annotations?.[indexKey] ?? 0)
}

function condition(type: string, reason: string, message: string): Condition {
  return { type, status: 'True', reason, message, lastTransitionTime: now() }
}

function set(status: { conditions?: Condition[] }, wanted: Condition): void {
  const rest = (status.conditions ?? []).filter(({ type }) => type !== wanted.type)
  const known = status.conditions?.find(({ type }) => type === wanted.type)
  if (known?.status === wanted.status && known.reason === wanted.reason) return
  status.conditions = [...rest, wanted]
}

/** The first rule of the success policy that is met. */
function successRule(
  { successPolicy }: JobSpec,
  succeeded: ReadonlySet<number>,
): number | undefined {
  const met = successPolicy?.rules.findIndex(({ succeededIndexes, succeededCount }) => {
    const wanted = succeededIndexes === undefined ? undefined : parseRanges(succeededIndexes)
    const got = wanted ? wanted.filter((index) => succeeded.has(index)).length : succeeded.size
    return got >= (succeededCount ?? wanted?.length ?? Number.POSITIVE_INFINITY)
  })
  return met === undefined || met < 0 ? undefined : met
}

function podOf({ metadata, spec }: JobObject, index: number): PodObject {
  const { template } = spec
  const labels = {
    ...template.metadata?.labels,
    'batch.kubernetes.io/controller-uid': metadata.uid as string,
    'controller-uid': metadata.uid as string,
    'batch.kubernetes.io/job-name': metadata.name,
    'job-name': metadata.name,
    [indexKey]: String(index),
  }
  const fieldRef = { fieldPath: `metadata.labels['${indexKey}']` }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${metadata.name}-${index}-${randomBytes(4).toString('hex').slice(0, 5)}`,
      ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
      labels,
      annotations: { ...template.metadata?.annotations, [indexKey]: String(index) },
      finalizers: [trackingFinalizer],
      ownerReferences: [
        {
          apiVersion: 'batch/v1',
          kind: 'Job',
          name: metadata.name,
          uid: metadata.uid as string,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: {
      ...structuredClone(template.spec),
      hostname: `${metadata.name}-${index}`,
      containers: template.spec.containers.map((container) => ({
        ...structuredClone(container),
        env: [...(container.env ?? []), { name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef } }],
      })),
    },
    status: { phase: 'Pending' },
  }
}

/** A warning about an object. */
export function writeEvent(
  store: Store,
  about: JobObject | PodObject,
  reason: string,
  message: string,
): void {
  const { name, namespace, uid } = about.metadata
  store.create({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: `${name}.${randomBytes(8).toString('hex')}`,
      ...(namespace !== undefined && { namespace }),
    },
    involvedObject: { apiVersion: about.apiVersion, kind: about.kind, name, namespace, uid },
    type: 'Warning',
    reason,
    message,
    lastTimestamp: now(),
    count: 1,
  })
}
