import { setTimeout as sleep } from 'node:timers/promises'
import { K8sError } from '../errors.ts'
import { type Cluster, core, listPath, podsOf } from './cluster.ts'
import { follow } from './follow.ts'
import { linesOf, type Piece } from './lines.ts'
import type { Job, Pod } from './objects.ts'
import { endOf, rankOf } from './report.ts'

/** A line of what a rank says. */
export interface LogLine {
  readonly rank: number
  readonly pod: string
  readonly text: string
}

export interface LogOptions {
  /** Lines come one at a time: a promise holds back those of the same pod. */
  readonly onLine: (line: LogLine) => void | Promise<void>
  /** Only so many of the last lines of each pod that is there already; default all. */
  readonly tailLines?: number
  /** Default: a pod's first. */
  readonly container?: string
  readonly signal?: AbortSignal
  /** See `FollowOptions`. */
  readonly patienceMs?: number
  readonly backoffMs?: number
}

/** As `[3] text`: what logs of several ranks look like in one stream. */
export function formatLine({ rank, text }: LogLine): string {
  return `[${rank}] ${text}`
}

// Lines longer than this come in pieces.
const maxLineLength = 64 * 1024
// A rank may be silent for long while it computes.
const idleMs = 3_600_000
const maxFailures = 3

/**
 * Follows what all ranks of a job say, one connection a pod, until the job has ended or is deleted. Pods that take the
 * place of others are followed too; broken connections go on behind the last line that came.
 * @throws K8sError `NOT_FOUND`, `FORBIDDEN`, …
 */
export async function followLogs(
  cluster: Cluster,
  name: string,
  options: LogOptions,
): Promise<void> {
  const { signal: outer, patienceMs, backoffMs } = options
  const done = new AbortController()
  const signal = outer ? AbortSignal.any([done.signal, outer]) : done.signal
  const pace = {
    ...(patienceMs !== undefined && { patienceMs }),
    ...(backoffMs !== undefined && { backoffMs }),
  }
  const what = `logs of job ${name}`
  const streams = new Map<string, Promise<void>>()
  const ended = Promise.withResolvers<void>()

  function onPod(pod: Pod): void {
    const key = pod.metadata.uid ?? pod.metadata.name
    if (streams.has(key) || !hasStarted(pod)) return
    const stream = followPod(cluster, pod, { ...options, signal })
    streams.set(key, stream)
    stream.catch(ended.reject)
  }

  async function pods(): Promise<void> {
    const query = { resource: core.pods, labelSelector: podsOf(name), signal, what, ...pace }
    for await (const change of follow<Pod>(cluster, query)) {
      for (const pod of change.type === 'listed' ? change.items : [change.item]) onPod(pod)
    }
  }

  async function job(): Promise<void> {
    const query = {
      resource: core.jobs,
      fieldSelector: `metadata.name=${name}`,
      signal,
      what,
      ...pace,
    }
    for await (const change of follow<Job>(cluster, query)) {
      if (change.type === 'listed' && change.items.length === 0 && streams.size === 0) {
        throw new K8sError('NOT_FOUND', `namespace ${cluster.namespace} has no job ${name}`)
      }
      const found = change.type === 'listed' ? change.items[0] : change.item
      if (change.type === 'gone' || !found || endOf(found)) return
    }
  }

  pods().catch(ended.reject)
  job().then(ended.resolve, ended.reject)
  try {
    await ended.promise
    // Pods that began and ended so fast that the watch has not told of them yet.
    await lastPods(cluster, { name, signal, what }, onPod)
    await Promise.all(streams.values())
  } finally {
    done.abort()
  }
}

async function lastPods(
  cluster: Cluster,
  {
    name,
    signal,
    what,
  }: { readonly name: string; readonly signal: AbortSignal; readonly what: string },
  onPod: (pod: Pod) => void,
): Promise<void> {
  for await (const change of follow<Pod>(cluster, {
    resource: core.pods,
    labelSelector: podsOf(name),
    signal,
    what,
  })) {
    if (change.type === 'listed') for (const pod of change.items) onPod(pod)
    return
  }
}

/** Whether a container of it has run: before that there is no log. */
function hasStarted({ status }: Pod): boolean {
  return (
    status?.containerStatuses?.some(({ state }) => state?.running ?? state?.terminated) ?? false
  )
}

/** All lines of one pod, to its end. */
async function followPod(
  cluster: Cluster,
  pod: Pod,
  {
    onLine,
    tailLines,
    container,
    signal,
    backoffMs = 500,
  }: LogOptions & { readonly signal: AbortSignal },
): Promise<void> {
  const rank = rankOf(pod)
  const path = `${listPath(core.pods, cluster.namespace)}/${pod.metadata.name}`
  const what = `logs of pod ${pod.metadata.name}`
  const place = new Place()
  for (let failures = 0; ; failures++) {
    // Asked before the log: whatever the pod says until then is in it.
    const over = await isOver(cluster, { path, signal, what })
    const query = {
      follow: true,
      timestamps: true,
      container: container ?? pod.spec.containers[0]?.name,
      ...(place.time === undefined ? { tailLines } : { sinceTime: place.time }),
    }
    try {
      const stream = await cluster.connection.stream({ path: `${path}/log`, query, signal, what })
      place.again()
      for await (const piece of linesOf(stream, { maxLength: maxLineLength, idleMs })) {
        const text = place.text(piece)
        if (text === undefined) continue
        failures = 0
        await onLine({ rank, pod: pod.metadata.name, text })
      }
      if (over) return
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof K8sError && error.code === 'NOT_FOUND') return
      // With a node its logs are lost: an ended pod is not waited for.
      if (over && failures >= maxFailures) return
      if (error instanceof K8sError && !/^(UNREACHABLE|UNAVAILABLE|TIMEOUT)$/.test(error.code))
        throw error
    }
    const ms = Math.min(backoffMs * 2 ** failures, 30_000)
    await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}

interface Asked {
  readonly path: string
  readonly signal: AbortSignal
  readonly what: string
}

async function isOver(cluster: Cluster, asked: Asked): Promise<boolean> {
  try {
    const { body } = await cluster.connection.json<Pod>(asked)
    return /^(Succeeded|Failed)$/.test(body.status?.phase ?? '')
  } catch (error) {
    if (error instanceof K8sError && error.code === 'NOT_FOUND') return true
    // Whether the server is away for good is found out by whoever follows the pods.
    if (error instanceof K8sError && /^(UNREACHABLE|UNAVAILABLE|TIMEOUT)$/.test(error.code))
      return false
    throw error
  }
}

/**
 * How far a log has been read. `sinceTime` is cut to whole seconds by the server, so that lines come again: those up
 * to the last time are passed over, and of the last time as many as came before.
 */
class Place {
  time: string | undefined
  #sameTime = 0
  #toSkip = 0
  #upTo: string | undefined
  #passing = false

  /** A connection is made anew. */
  again(): void {
    this.#upTo = this.time
    this.#toSkip = this.#sameTime
  }

  /** The text of a line, unless it came before; pieces of a long line go the way of the first. */
  text({ text, first }: Piece): string | undefined {
    if (!first) return this.#passing ? undefined : text
    // Fractions are written in full by the kubelet, so that times compare as texts.
    const found = /^(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[-+]\d\d:\d\d)) ?/.exec(text)
    const time = found?.[1]
    this.#passing = time !== undefined && this.#cameBefore(time)
    if (this.#passing) return undefined
    if (time !== undefined) {
      this.#sameTime = this.time === time ? this.#sameTime + 1 : 1
      this.time = time
    }
    return text.slice(found?.[0].length ?? 0)
  }

  #cameBefore(time: string): boolean {
    if (this.#upTo === undefined || time > this.#upTo) return false
    if (time < this.#upTo) return true
    return this.#toSkip-- > 0
  }
}
