import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { admit } from './admission.ts'
import { type Propagation, removeWith } from './garbage.ts'
import { discovery, type Kind, kinds } from './kinds.ts'
import type { Kubelet } from './kubelet.ts'
import { sendLog } from './logs.ts'
import { openapi } from './openapi.ts'
import { conflicts, leaves, mergePatch, namedMerge, type Owners } from './patches.ts'
import { Refused } from './refused.ts'
import { now, type Store } from './store.ts'
import type { PodObject, Stored } from './types.ts'
import { listOf, sendWatch } from './watches.ts'

/** Who calls, and what they may do; default everything. */
export interface User {
  readonly name: string
  readonly may?: (verb: string, resource: string, namespace: string | undefined) => boolean
}

/** Trouble on demand. */
export interface Faults {
  /** So many of the next requests are answered by `status`. */
  refuseNext: number
  status: number
  /** Only those that match. */
  only?: RegExp
  retryAfter?: string
  /** What was asked so far: `PATCH /apis/batch/v1/…`. */
  readonly requests: string[]
}

export interface Surroundings {
  readonly store: Store
  readonly kubelet: Kubelet
  readonly users: Readonly<Record<string, User>>
  readonly faults: Faults
  readonly bookmarkMs: number
}

/** A request, taken apart. */
export interface Asked {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly query: URLSearchParams
  readonly kind: Kind
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly sub: string | undefined
  readonly body: string
  readonly user: User
}

const owners = new WeakMap<Store, Map<string, Owners>>()

export function handler(around: Surroundings) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    answer(request, response, around).catch((error) => {
      if (response.headersSent) return response.destroy()
      const refused =
        error instanceof Refused
          ? error
          : new Refused(500, 'InternalError', String(error?.stack ?? error))
      sendJson(response, refused.code, refused.status())
    })
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  around: Surroundings,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'https://double')
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part)
  const { faults } = around
  faults.requests.push(`${request.method} ${url.pathname}${url.search}`)
  if (faults.refuseNext > 0 && (faults.only?.test(url.pathname) ?? true)) {
    faults.refuseNext--
    if (faults.retryAfter !== undefined) response.setHeader('retry-after', faults.retryAfter)
    throw new Refused(
      faults.status,
      'ServiceUnavailable',
      'the server is currently unable to handle the request',
    )
  }
  const user = authenticate(request, around)
  const path = url.pathname.replace(/\/$/, '')
  const found = discovery(path) ?? openapi(path)
  if (found) return sendJson(response, 200, found)
  const asked = route(request, response, url)
  if (!asked) throw new Refused(404, 'NotFound', 'the server could not find the requested resource')
  await serve({ ...asked, body: Buffer.concat(parts).toString('utf8'), user }, around)
}

function authenticate(request: IncomingMessage, { users }: Surroundings): User {
  const token = /^Bearer (.*)$/.exec(request.headers.authorization ?? '')?.[1]
  const known = token === undefined ? undefined : users[token]
  if (known) return known
  const socket = request.socket as TLSSocket
  const name = socket.authorized ? socket.getPeerCertificate().subject?.CN : undefined
  if (typeof name === 'string') return { name }
  throw new Refused(401, 'Unauthorized', 'Unauthorized')
}

function route(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Omit<Asked, 'body' | 'user'> | undefined {
  const pattern =
    /^\/(?:api\/v1|apis\/([^/]+)\/([^/]+))(?:\/namespaces\/([^/]+)(?=\/))?\/([^/]+)(?:\/([^/]+))?(?:\/(.+))?$/
  const found = pattern.exec(url.pathname)
  if (!found) return undefined
  const [, group = '', version = 'v1', namespace, plural, name, sub] = found
  const kind = kinds.find(
    (each) => each.plural === plural && each.group === group && each.version === version,
  )
  return kind && { request, response, query: url.searchParams, kind, namespace, name, sub }
}

async function serve(asked: Asked, around: Surroundings): Promise<void> {
  const { request, response, query, kind, namespace, name, sub } = asked
  const watching = query.get('watch') === 'true' || query.get('watch') === '1'
  const verb = verbOf(request.method ?? 'GET', name, watching)
  authorise(asked, verb)
  const { store, kubelet } = around
  if (verb === 'watch') return sendWatch(asked, around)
  if (verb === 'list') return sendJson(response, 200, listOf(store, asked))
  if (verb === 'create') return create(asked, store)
  const there = store.get(kind.kind, namespace, name as string)
  if (verb === 'patch') return patch(asked, store, there)
  if (!there) throw missing(asked)
  if (sub === 'log') return sendLog(asked, there as PodObject, kubelet.log(there as PodObject))
  if (verb === 'get') return sendJson(response, 200, there)
  if (verb === 'update') return write(asked, store, there, JSON.parse(asked.body))
  if (verb === 'delete') return remove(asked, store, there)
  throw new Refused(405, 'MethodNotAllowed', `${verb} is not supported`)
}

function verbOf(method: string, name: string | undefined, watching: boolean): string {
  if (method === 'GET') return watching ? 'watch' : name === undefined ? 'list' : 'get'
  return { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }[method] ?? method
}

function authorise({ user, kind, namespace, name, sub }: Asked, verb: string): void {
  const resource = sub === undefined ? kind.plural : `${kind.plural}/${sub}`
  if (user.may?.(verb, resource, namespace) ?? true) return
  const what = `${resource}${kind.group ? `.${kind.group}` : ''}${name === undefined ? '' : ` "${name}"`}`
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`
  const why = `User "${user.name}" cannot ${verb} resource "${resource}" in API group "${kind.group}" ${where}`
  throw new Refused(403, 'Forbidden', `${what} is forbidden: ${why}`)
}

function missing({ kind, name }: Asked): Refused {
  const full = `${kind.plural}${kind.group ? `.${kind.group}` : ''}`
  return new Refused(404, 'NotFound', `${full} "${name}" not found`, { name, kind: kind.plural })
}

function create(asked: Asked, store: Store): void {
  const object: Stored = JSON.parse(asked.body)
  const { namespace, kind } = asked
  if (store.get(kind.kind, namespace, object.metadata.name)) {
    const full = `${kind.plural}${kind.group ? `.${kind.group}` : ''}`
    throw new Refused(409, 'AlreadyExists', `${full} "${object.metadata.name}" already exists`)
  }
  write(asked, store, undefined, object)
}

function patch(asked: Asked, store: Store, there: Stored | undefined): void {
  const type = asked.request.headers['content-type'] ?? ''
  const changes: Stored = JSON.parse(asked.body)
  if (type.startsWith('application/apply-patch')) {
    const held = there && conflicts(ownersOf(store, there), managerOf(asked), there, changes)
    if (held && held.length > 0 && asked.query.get('force') !== 'true') throw conflictOf(held)
    write(asked, store, there, namedMerge(there ?? {}, changes) as Stored, changes)
    return
  }
  if (!there) throw missing(asked)
  const wanted = changes.metadata?.uid
  if (wanted !== undefined && wanted !== there.metadata.uid) {
    throw new Refused(
      409,
      'Conflict',
      `Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${there.metadata.uid}`,
    )
  }
  const merged = type.startsWith('application/strategic')
    ? namedMerge(there, changes)
    : mergePatch(there, changes)
  write(asked, store, there, merged as Stored, changes)
}

/** Keeps what was made of a request, unless something speaks against it. */
function write(
  asked: Asked,
  store: Store,
  there: Stored | undefined,
  wanted: Stored,
  given: Stored = wanted,
): void {
  const { kind, namespace, query, response } = asked
  const { apiVersion } = { apiVersion: kind.group ? `${kind.group}/${kind.version}` : kind.version }
  const metadata = { ...wanted.metadata, ...(namespace !== undefined && { namespace }) }
  delete metadata.managedFields
  const object: Stored = withDefaults({ ...wanted, apiVersion, kind: kind.kind, metadata })
  for (const warning of admit(store, object, there))
    response.appendHeader('warning', `299 - ${JSON.stringify(warning)}`)
  if (query.get('dryRun') === 'All') {
    const pretended = {
      ...metadata,
      uid: there?.metadata.uid ?? 'dry-run',
      creationTimestamp: now(),
    }
    sendJson(response, there ? 200 : 201, { ...object, metadata: pretended })
    return
  }
  const kept = there
    ? store.update(there, (draft) => {
        const { metadata: own } = draft
        Object.assign(draft, object, {
          metadata: { ...own, labels: metadata.labels, annotations: metadata.annotations },
        })
      })
    : store.create(object)
  const held = ownersOf(store, kept)
  for (const [path] of leaves(given)) held.set(path, managerOf(asked))
  sendJson(response, there ? 200 : 201, kept)
}

function withDefaults(object: Stored): Stored {
  if (object.kind !== 'Job') return object
  const spec = {
    completionMode: 'NonIndexed',
    parallelism: 1,
    suspend: false,
    ...(object.spec as object),
  }
  return { ...object, spec, status: object.status ?? {} }
}

function managerOf({ query, request }: Asked): string {
  return query.get('fieldManager') ?? request.headers['user-agent']?.split('/')[0] ?? 'unknown'
}

function ownersOf(store: Store, { metadata: { uid = '' } }: Stored): Owners {
  const all = owners.get(store) ?? new Map<string, Owners>()
  owners.set(store, all)
  const own = all.get(uid) ?? new Map<string, string>()
  all.set(uid, own)
  return own
}

function conflictOf(held: readonly [string, string][]): Refused {
  const causes = held.map(([field, owner]) => {
    return { reason: 'FieldManagerConflict', message: `conflict with "${owner}"`, field }
  })
  const word = held.length === 1 ? 'conflict' : 'conflicts'
  const message = `Apply failed with ${held.length} ${word}: ${held.map(([field, owner]) => `conflict with "${owner}": ${field}`).join(' ')}`
  return new Refused(409, 'Conflict', message, { causes })
}

function remove(asked: Asked, store: Store, there: Stored): void {
  const options = asked.body === '' ? {} : JSON.parse(asked.body)
  const wanted = options.preconditions?.uid
  if (wanted !== undefined && wanted !== there.metadata.uid) {
    throw new Refused(
      409,
      'Conflict',
      `Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${there.metadata.uid}`,
    )
  }
  // Jobs leave their pods behind unless told otherwise, for the sake of old clients.
  const propagation: Propagation =
    options.propagationPolicy ??
    asked.query.get('propagationPolicy') ??
    (there.kind === 'Job' ? 'Orphan' : 'Background')
  if (there.kind === 'Pod') {
    const grace =
      options.gracePeriodSeconds ?? (there as PodObject).spec.terminationGracePeriodSeconds ?? 30
    store.remove(there, grace)
  } else removeWith(store, there, propagation)
  sendJson(
    asked.response,
    200,
    store.get(asked.kind.kind, asked.namespace, asked.name as string) ?? there,
  )
}

export function sendJson(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}
