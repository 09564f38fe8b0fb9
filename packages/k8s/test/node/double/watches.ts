import { Refused } from './refused.ts'
import type { Asked, Surroundings } from './server.ts'
import type { Store, StoreEvent } from './store.ts'
import type { Stored } from './types.ts'

/** Whether an object is among those asked for. */
function matcher({ kind, namespace, query, name }: Asked): (object: Stored) => boolean {
  const labels = (query.get('labelSelector') ?? '').split(',').filter((term) => term !== '')
  const fields = (query.get('fieldSelector') ?? '').split(',').filter((term) => term !== '')
  return (object) =>
    object.kind === kind.kind &&
    (namespace === undefined || object.metadata.namespace === namespace) &&
    (name === undefined || object.metadata.name === name) &&
    labels.every((term) => matchesLabel(object.metadata.labels ?? {}, term)) &&
    fields.every((term) => matchesField(object, term))
}

function matchesLabel(labels: Readonly<Record<string, string>>, term: string): boolean {
  const found = /^([^!=\s]+)\s*(==?|!=)\s*(.*)$/.exec(term)
  if (!found) return term in labels
  const [, key, operator, value] = found as unknown as [string, string, string, string]
  return (labels[key] === value) === (operator !== '!=')
}

function matchesField(object: Stored, term: string): boolean {
  const [path, value] = term.split(/==?/) as [string, string]
  const found = path
    .split('.')
    .reduce<unknown>((inner, key) => (inner as Record<string, unknown>)?.[key], object)
  return String(found ?? '') === value
}

export function listOf(store: Store, asked: Asked): object {
  const { kind, query } = asked
  const all = store.list(kind.kind, asked.namespace).filter(matcher(asked))
  const from = Number(query.get('continue') ?? 0)
  const limit = Number(query.get('limit') ?? 0) || all.length
  const next = from + limit < all.length ? { continue: String(from + limit) } : {}
  return {
    kind: `${kind.kind}List`,
    apiVersion: kind.group ? `${kind.group}/${kind.version}` : kind.version,
    metadata: { resourceVersion: String(store.version), ...next },
    items: all.slice(from, from + limit),
  }
}

/** Events as they come, after those since the version asked for. */
export function sendWatch(asked: Asked, { store, bookmarkMs }: Surroundings): void {
  const { query, response, kind } = asked
  const matches = matcher(asked)
  const from = query.get('resourceVersion') ?? ''
  const send = (type: string, object: object) =>
    response.write(`${JSON.stringify({ type, object })}\n`)
  response.writeHead(200, { 'content-type': 'application/json' })
  response.flushHeaders()
  const past = from === '' || from === '0' ? undefined : store.since(Number(from))
  if (from !== '' && from !== '0' && !past) {
    send(
      'ERROR',
      new Refused(410, 'Expired', `too old resource version: ${from} (${store.version})`).status(),
    )
    response.end()
    return
  }
  const pass = ({ type, object }: StoreEvent) => {
    if (matches(object)) send(type, object)
  }
  if (past) past.forEach(pass)
  else
    for (const object of store.list(kind.kind, asked.namespace).filter(matches))
      send('ADDED', object)
  const stop = store.listen(pass)
  const apiVersion = kind.group ? `${kind.group}/${kind.version}` : kind.version
  const bookmark = () => {
    const metadata = { resourceVersion: String(store.version), creationTimestamp: null }
    send('BOOKMARK', { kind: kind.kind, apiVersion, metadata })
  }
  const bookmarks =
    query.get('allowWatchBookmarks') === 'true' ? setInterval(bookmark, bookmarkMs) : undefined
  const seconds = Number(query.get('timeoutSeconds') ?? 0)
  const end = seconds > 0 ? setTimeout(() => response.end(), seconds * 1000) : undefined
  response.once('close', () => {
    stop()
    clearInterval(bookmarks)
    clearTimeout(end)
  })
}
