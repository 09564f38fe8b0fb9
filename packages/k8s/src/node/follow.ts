import { setTimeout as sleep } from 'node:timers/promises'
import { K8sError } from '../errors.ts'
import { type Cluster, listPath, type Resource } from './cluster.ts'
import { linesOf } from './lines.ts'
import type { KubeObject, List } from './objects.ts'
import { refusalOf } from './refusal.ts'

export interface FollowOptions {
  readonly resource: Resource
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly signal: AbortSignal
  /** How long the server may be away once it has answered; default 600 000. */
  readonly patienceMs?: number
  /** Before connecting again, doubled up to 30 s; default 500. */
  readonly backoffMs?: number
  readonly what: string
}

/** What happened: everything there is, at first and whenever the thread was lost; afterwards one object at a time. */
export type Change<Item> =
  | { readonly type: 'listed'; readonly items: readonly Item[] }
  | { readonly type: 'changed' | 'gone'; readonly item: Item }

interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: KubeObject & { readonly code?: number }
}

const maxEventLength = 16 * 2 ** 20
const pageSize = 500
const watchSeconds = 240

/**
 * Lists and then watches, for ever: connections that end or break are made again from where they ended, and what can no
 * longer be gone on from (410) is listed anew.
 * @throws K8sError at once where the first list is refused; `UNREACHABLE` and the like once patience is at its end
 */
export async function* follow<Item extends KubeObject>(
  cluster: Cluster,
  options: FollowOptions,
): AsyncGenerator<Change<Item>> {
  const { signal, patienceMs = 600_000, backoffMs = 500 } = options
  let version: string | undefined
  let answered = 0
  for (let failures = 0; ; ) {
    try {
      if (version === undefined) {
        const listed = await listAll<Item>(cluster, options)
        version = listed.version
        answered = Date.now()
        yield { type: 'listed', items: listed.items }
      }
      for await (const { type, object } of watch(cluster, options, version)) {
        failures = 0
        answered = Date.now()
        version = object.metadata.resourceVersion ?? version
        if (type === 'BOOKMARK') continue
        yield { type: type === 'DELETED' ? 'gone' : 'changed', item: object as KubeObject as Item }
      }
      // A server that ends every watch at once is not asked more often than one that fails.
      failures++
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof K8sError && error.code === 'GONE') version = undefined
      else if (answered === 0 || !isPassing(error) || Date.now() - answered > patienceMs)
        throw error
      failures++
    }
    const ms = Math.min(backoffMs * 2 ** (failures - 1), 30_000)
    await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}

/** Errors that are not ours are those of a stream that broke. */
function isPassing(error: unknown): boolean {
  return !(error instanceof K8sError) || /^(UNREACHABLE|UNAVAILABLE|TIMEOUT)$/.test(error.code)
}

/** Everything of one kind, page by page. */
export async function listAll<Item>(cluster: Cluster, options: FollowOptions) {
  const { resource, labelSelector, fieldSelector, signal, what } = options
  const path = listPath(resource, cluster.namespace)
  const items: Item[] = []
  let next: string | undefined
  for (;;) {
    const query = { labelSelector, fieldSelector, limit: pageSize, continue: next }
    const { body } = await cluster.connection.json<List<Item>>({ path, query, signal, what })
    items.push(...body.items)
    next = body.metadata.continue
    if (!next) return { items, version: body.metadata.resourceVersion }
  }
}

async function* watch(
  cluster: Cluster,
  options: FollowOptions,
  version: string,
): AsyncGenerator<WatchEvent> {
  const { resource, labelSelector, fieldSelector, signal, what } = options
  const stream = await cluster.connection.stream({
    path: listPath(resource, cluster.namespace),
    query: {
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion: version,
      timeoutSeconds: watchSeconds,
      labelSelector,
      fieldSelector,
    },
    signal,
    what,
  })
  const idleMs = (watchSeconds + 30) * 1000
  for await (const { text } of linesOf(stream, { maxLength: maxEventLength, idleMs })) {
    const event: WatchEvent = JSON.parse(text)
    if (event.type === 'ERROR')
      throw refusalOf(event.object.code ?? 500, JSON.stringify(event.object), what)
    yield event
  }
}
