import { K8sError, type K8sErrorCode } from '../errors.ts'

/** What the server says instead of an object. */
export interface Status {
  readonly kind: 'Status'
  readonly reason?: string
  readonly message?: string
  readonly code?: number
  readonly details?: {
    readonly name?: string
    readonly kind?: string
    readonly retryAfterSeconds?: number
    readonly causes?: readonly {
      readonly reason?: string
      readonly message?: string
      readonly field?: string
    }[]
  }
}

const codes: Readonly<Record<number, K8sErrorCode>> = {
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  410: 'GONE',
  429: 'UNAVAILABLE',
}

/** An answer that is no success, as an error of one line. */
export function refusalOf(statusCode: number, body: string, what: string): K8sError {
  const status = parseStatus(body)
  const isBusy = statusCode >= 500 && !isSchemaError(status)
  const code = codes[statusCode] ?? (isBusy ? 'UNAVAILABLE' : 'INVALID')
  return new K8sError(code, `${what}: ${reasonOf(statusCode, status, body)}`)
}

/** Server-side apply answers 500 to fields that a kind does not have (Kubernetes up to 1.34 at least). */
function isSchemaError(status: Status | undefined): boolean {
  return /^failed to create typed patch object/.test(status?.message ?? '')
}

function parseStatus(body: string): Status | undefined {
  try {
    const status = JSON.parse(body)
    return status?.kind === 'Status' ? status : undefined
  } catch {
    return undefined
  }
}

function reasonOf(statusCode: number, status: Status | undefined, body: string): string {
  const message = oneLine(status?.message ?? body)
  if (statusCode === 401) return 'the credentials are missing, wrong or out of date (401)'
  if (statusCode === 403) return forbidden(message)
  if (statusCode === 409 && status?.details?.causes)
    return conflict(status.details.causes) ?? message
  return message === '' ? `the server answered ${statusCode}` : message
}

/** `jobs.batch "x" is forbidden: User "u" cannot create resource "jobs" in API group "batch" in the namespace "n"` */
function forbidden(message: string): string {
  const found =
    /User "([^"]*)" cannot (\w+) resource "([^"]*)" in API group "([^"]*)"(?: in the namespace "([^"]*)")?/
  const [, user, verb, resource, group, namespace] = found.exec(message) ?? []
  if (!user) return message.replace(/^.*? is forbidden: /, '')
  const where = namespace ? `in namespace ${namespace}` : 'at the level of the cluster'
  return `user ${user} may not ${verb} ${resource}${group ? `.${group}` : ''} ${where} (403)`
}

type Causes = NonNullable<NonNullable<Status['details']>['causes']>

/** Server-side apply: which fields, and whose. */
function conflict(causes: Causes): string | undefined {
  const owned = causes.filter(({ reason }) => reason === 'FieldManagerConflict')
  if (owned.length === 0) return undefined
  const fields = owned.map(({ field, message }) => {
    const owner = /conflict with "([^"]*)"/.exec(message ?? '')?.[1]
    return `${field?.replace(/^\./, '')}${owner ? ` (held by ${owner})` : ''}`
  })
  return `others hold ${fields.join(', ')}; apply with force takes them over`
}

const maxLength = 600

/** Messages of admission may have several lines, and quote whole pod templates before they come to the point. */
export function oneLine(text: string): string {
  const line = text.replace(/\s*\n\s*/g, ' ').trim()
  if (line.length <= maxLength) return line
  return `${line.slice(0, maxLength / 2)} … ${line.slice(-maxLength / 2)}`
}

const worthRetrying: readonly K8sErrorCode[] = ['UNREACHABLE', 'UNAVAILABLE', 'TIMEOUT', 'GONE']

/** How a program should end after an error: 75 where trying again may help, 42 where it will not. */
export function exitCodeOf(error: unknown): 42 | 75 {
  return error instanceof K8sError && worthRetrying.includes(error.code) ? 75 : 42
}
