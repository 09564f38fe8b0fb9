import http from 'node:http'
import https from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { K8sError } from '../errors.ts'
import type { Access, Identity } from './access.ts'
import { refusalOf } from './refusal.ts'

/** One call of the API. All that this package sends may be sent twice: it never POSTs. */
export interface Call {
  readonly method?: 'GET' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  /** Sent as JSON. */
  readonly body?: unknown
  readonly contentType?: string
  readonly signal?: AbortSignal | undefined
  /** What is being done, for errors: `apply Job nb-train`. */
  readonly what: string
}

/** An answer, read. */
export interface Answer<Body> {
  readonly status: number
  readonly body: Body
  /** What the server warns of, such as a pod that its policies will refuse. */
  readonly warnings: readonly string[]
}

/** Calls of one API server. */
export interface Connection {
  /** Tries again where the server is busy or a connection broke. */
  json<Body>(call: Call): Promise<Answer<Body>>
  /** The bytes as they come, with no end in time: the caller reads them or destroys the stream. */
  stream(call: Call): Promise<http.IncomingMessage>
  close(): void
}

export interface ConnectionOptions {
  /** Until an answer has come whole, or a stream has begun; default 30 000. */
  readonly timeoutMs?: number
  /** Between tries, doubled each time; default 500. */
  readonly backoffMs?: number
}

const maxTries = 5
const maxAnswerBytes = 64 * 2 ** 20
const maxWaitMs = 30_000

/** Opens nothing yet: connections are made as they are needed, and kept. */
export function connect(access: Access, options: ConnectionOptions = {}): Connection {
  const { timeoutMs = 30_000, backoffMs = 500 } = options
  const agents = agentsFor(access)

  /** Resolves with the head of the answer. */
  async function send(call: Call, signal: AbortSignal): Promise<http.IncomingMessage> {
    const identity = await access.credentials.identity(signal)
    const body = call.body === undefined ? undefined : Buffer.from(JSON.stringify(call.body))
    const { module, agent } = agents.of(identity)
    const request = module.request(urlOf(access.server, call), {
      agent,
      signal,
      method: call.method ?? 'GET',
      headers: headersOf(call, identity, body?.length),
    })
    return new Promise((resolve, reject) => {
      request.once('response', resolve)
      request.once('error', reject)
      request.end(body)
    })
  }

  /** One try; errors are those of this package, or the reason of the caller's signal. */
  async function attempt<Result>(
    call: Call,
    read: (answer: http.IncomingMessage) => Promise<Result>,
  ) {
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(), timeoutMs)
    const signal = call.signal ? AbortSignal.any([call.signal, late.signal]) : late.signal
    try {
      call.signal?.throwIfAborted()
      const answer = await send(call, signal)
      if ((answer.statusCode ?? 0) >= 300) throw await refusal(answer, call)
      return await read(answer)
    } catch (error) {
      if (call.signal?.aborted) throw call.signal.reason
      if (error instanceof Refused || error instanceof K8sError) throw error
      throw trouble(error as NodeJS.ErrnoException, {
        access,
        call,
        timeoutMs: late.signal.aborted ? timeoutMs : 0,
      })
    } finally {
      clearTimeout(timer)
    }
  }

  const tries = <Result>(call: Call, read: (answer: http.IncomingMessage) => Promise<Result>) =>
    retry(() => attempt(call, read), { access, backoffMs, signal: call.signal })

  return {
    json: (call) => tries(call, (answer) => readAnswer(answer, call)),
    stream: (call) => tries(call, async (answer) => streamOf(answer, call)),
    close: () => agents.close(),
  }
}

interface Pace {
  readonly access: Access
  readonly backoffMs: number
  readonly signal: AbortSignal | undefined
}

/** Tries again what may pass, and once with new credentials. */
async function retry<Result>(once: () => Promise<Result>, pace: Pace): Promise<Result> {
  let renewed = false
  for (let tried = 1; ; tried++) {
    try {
      return await once()
    } catch (thrown) {
      const error = thrown instanceof Refused ? thrown.error : thrown
      if (!(error instanceof K8sError)) throw error
      if (error.code === 'UNAUTHORIZED' && thrown instanceof Refused && !renewed) {
        renewed = pace.access.credentials.refused()
        if (renewed) continue
      }
      const asked = thrown instanceof Refused ? thrown.retryAfterMs : undefined
      if (tried >= maxTries || !isPassing(error)) throw error
      await pause(asked ?? pace.backoffMs * 2 ** (tried - 1), pace.signal)
    }
  }
}

async function readAnswer<Body>(answer: http.IncomingMessage, call: Call): Promise<Answer<Body>> {
  const body = parse<Body>(await readBody(answer), call)
  return { status: answer.statusCode ?? 0, body, warnings: warningsOf(answer) }
}

/** The time-out of a call ends with the head of the answer; the caller's signal does not. */
function streamOf(answer: http.IncomingMessage, { signal }: Call): http.IncomingMessage {
  const stop = () => answer.destroy()
  signal?.addEventListener('abort', stop, { once: true })
  answer.once('close', () => signal?.removeEventListener('abort', stop))
  answer.on('error', () => {})
  return answer
}

/** A refusal on its way to whoever decides about trying again. */
class Refused {
  readonly error: K8sError
  readonly retryAfterMs: number | undefined

  constructor(error: K8sError, retryAfterMs: number | undefined) {
    this.error = error
    this.retryAfterMs = retryAfterMs
  }
}

async function refusal(answer: http.IncomingMessage, call: Call): Promise<Refused> {
  const body = await readBody(answer)
  const seconds = Number(answer.headers['retry-after'] ?? Number.NaN)
  return new Refused(
    refusalOf(answer.statusCode ?? 0, body, call.what),
    Number.isFinite(seconds) ? Math.min(seconds * 1000, maxWaitMs) : undefined,
  )
}

/** Busy servers and broken connections; a server that cannot be reached at all is said at once. */
function isPassing(error: K8sError): boolean {
  const broken = (error.cause as NodeJS.ErrnoException | undefined)?.code
  return (
    error.code === 'UNAVAILABLE' ||
    (error.code === 'UNREACHABLE' && /^(ECONNRESET|EPIPE)$/.test(broken ?? ''))
  )
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted())
}

/** Agents keep connections open; a new certificate of the client needs a new one. */
function agentsFor({ server, authority, serverName, insecure }: Access) {
  const plain = server.protocol === 'http:'
  let made: { agent: http.Agent; certificate: string | undefined } | undefined
  return {
    of({ certificate, key }: Identity) {
      if (made && made.certificate === certificate)
        return { module: plain ? http : https, agent: made.agent }
      made?.agent.destroy()
      const options = {
        keepAlive: true,
        rejectUnauthorized: !insecure,
        ...(authority !== undefined && { ca: authority }),
        ...(serverName !== undefined && { servername: serverName }),
        ...(certificate !== undefined && key !== undefined && { cert: certificate, key }),
      }
      const agent = plain ? new http.Agent({ keepAlive: true }) : new https.Agent(options)
      made = { agent, certificate }
      return { module: plain ? http : https, agent }
    },
    close: () => made?.agent.destroy(),
  }
}

function urlOf(server: URL, { path, query = {} }: Call): URL {
  const url = new URL(server.pathname.replace(/\/$/, '') + path, server)
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value))
  }
  return url
}

function headersOf(
  { contentType = 'application/json' }: Call,
  { token }: Identity,
  bodyBytes: number | undefined,
) {
  return {
    accept: 'application/json',
    'user-agent': 'nebulift',
    // Node gives DELETE no length of its own accord.
    ...(bodyBytes !== undefined && { 'content-type': contentType, 'content-length': bodyBytes }),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  }
}

async function readBody(answer: http.IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of answer as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > maxAnswerBytes)
      throw new K8sError('INVALID', `the answer is longer than ${maxAnswerBytes} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function parse<Body>(body: string, call: Call): Body {
  try {
    return JSON.parse(body)
  } catch (cause) {
    throw new K8sError(
      'INVALID',
      `${call.what}: the answer is not JSON: is this a Kubernetes API server?`,
      { cause },
    )
  }
}

/** `Warning: 299 - "text"`, which Node joins with commas. */
function warningsOf({ headers }: http.IncomingMessage): string[] {
  const found = [headers.warning ?? []]
    .flat()
    .join(', ')
    .matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)
  return [...found].map(([, text]) => (text as string).replace(/\\(.)/g, '$1'))
}

const tlsCode =
  /^(ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|EPROTO$|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(GET|VERIFY))/

interface Circumstances {
  readonly access: Access
  readonly call: Call
  /** Not 0 where the time ran out. */
  readonly timeoutMs: number
}

function trouble(
  cause: NodeJS.ErrnoException,
  { access, call, timeoutMs }: Circumstances,
): K8sError {
  const where = `${call.what}: ${access.server.origin} (${access.name})`
  if (timeoutMs > 0)
    return new K8sError('TIMEOUT', `${where} gave no answer within ${timeoutMs / 1000} s`, {
      cause,
    })
  // Where several addresses were tried there is one error for each.
  const first = cause instanceof AggregateError ? (cause.errors[0] as NodeJS.ErrnoException) : cause
  const code = first.code ?? ''
  if (tlsCode.test(code)) {
    return new K8sError('TLS', `${where}: no trusted connection: ${first.message} (${code})`, {
      cause,
    })
  }
  return new K8sError('UNREACHABLE', `${where} cannot be reached: ${first.message}`, { cause })
}
