import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CliError, describeError, errorCode } from '../errors.ts'
import { nightJson } from '../report/render.ts'
import { guardHeaders, type Refusal, refuseForeign, refuseStranger } from './guard.ts'
import { pageHtml, pagePolicy } from './page.ts'
import type { ReviewStore } from './store.ts'
import { parseWish, plainFrame, reviewNight } from './wire.ts'

/** Longest body of a request: a file name and a decision need far less. */
const bodyBytes = 32 * 1024

/** A running review. */
export interface ReviewServer {
  readonly port: number
  /** The whole address, with the token that opens it after `#`, where no server log and no other site sees it. */
  readonly url: string
  readonly close: () => Promise<void>
}

export interface ServeOptions {
  /** Default 0: any free one. */
  readonly port?: number
  /** Told of what went wrong inside. */
  readonly onError?: (error: unknown) => void
}

/** Serves a night for review, to this machine alone and to whoever has the token. */
export async function serveReview(
  store: ReviewStore,
  { port = 0, onError = () => {} }: ServeOptions = {},
): Promise<ReviewServer> {
  const token = randomBytes(24).toString('base64url')
  const server = createServer((request, response) => {
    const asked = { store, token, port: portOf(server) }
    answer(asked, request)
      .catch((error: unknown) => {
        onError(error)
        return failure({ status: 500, message: describeError(error) })
      })
      .then((reply) => send(response, reply))
      .catch(onError)
  })
  server.requestTimeout = 30_000
  server.maxConnections = 100
  await listen(server, port)
  const chosen = portOf(server)
  return {
    port: chosen,
    url: `http://127.0.0.1:${chosen}/#${token}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        // What is being saved ends first; connections that wait for nothing do not keep us.
        server.closeIdleConnections()
        setTimeout(() => server.closeAllConnections(), 2000).unref()
      }),
  }
}

const portOf = (server: Server) => (server.address() as AddressInfo).port

async function listen(server: Server, port: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', resolve)
    })
  } catch (error) {
    const inUse = errorCode(error) === 'EADDRINUSE'
    const why = inUse ? 'is in use' : `cannot be opened: ${describeError(error)}`
    throw new CliError(`port ${port} ${why}`, {
      exitCode: 2,
      hint: 'leave --port out, and a free one is taken',
      cause: error,
    })
  }
}

interface Reply {
  readonly status: number
  readonly type: string
  readonly body: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

const json = (value: unknown, status = 200): Reply => ({
  status,
  type: 'application/json',
  body: typeof value === 'string' ? value : JSON.stringify(value),
})

const failure = ({ status, message }: Refusal): Reply => json({ error: message }, status)

interface Asked {
  readonly store: ReviewStore
  readonly token: string
  readonly port: number
}

async function answer({ store, token, port }: Asked, request: IncomingMessage): Promise<Reply> {
  const { headers, method, url = '/' } = request
  const foreign = refuseForeign(headers, port)
  if (foreign) return failure(foreign)
  const [path = '', query = ''] = url.split('?', 2)
  const route = `${method} ${path}`
  // The page itself holds nothing of the night, and its token comes to it in the fragment.
  if (route === 'GET /') {
    return {
      ...{ status: 200, type: 'text/html; charset=utf-8', body: pageHtml() },
      headers: { 'content-security-policy': pagePolicy() },
    }
  }
  const stranger = refuseStranger(headers, token)
  if (stranger) return failure(stranger)
  if (route === 'GET /night') return night(store, new URLSearchParams(query))
  if (route === 'GET /picture') return picture(store, new URLSearchParams(query))
  if (route === 'POST /correct') return correct(store, request)
  return failure({ status: 404, message: 'there is nothing here' })
}

async function night(store: ReviewStore, query: URLSearchParams): Promise<Reply> {
  const { manifest, revision } = await store.night()
  if (query.get('known') === revision) return json({ revision })
  const data = nightJson(reviewNight(manifest))
  return json(`{"revision":${JSON.stringify(revision)},"night":${data}}`)
}

async function picture(store: ReviewStore, query: URLSearchParams): Promise<Reply> {
  const found = await store.picture(query.get('file') ?? '')
  if (!found) return failure({ status: 404, message: 'the night has no such frame' })
  return { status: 200, type: 'image/webp', body: found.bytes }
}

async function correct(store: ReviewStore, request: IncomingMessage): Promise<Reply> {
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
    return failure({ status: 415, message: 'wanted application/json' })
  }
  const body = await readBody(request)
  if (body === undefined) {
    return failure({ status: 413, message: `wanted at most ${bodyBytes} bytes` })
  }
  const wish = parseWish(body)
  if (!wish) return failure({ status: 400, message: 'this is no correction of a frame' })
  try {
    const answered = await store.correct(wish)
    if (answered.result === 'unknown') {
      return failure({ status: 404, message: 'the night has no such frame' })
    }
    const status = answered.result === 'stale' ? 409 : 200
    return json({ ...answered, frame: plainFrame(answered.frame) }, status)
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    // Such as a batch at work in the same folder: the page says so and the person tries again.
    return failure({ status: 503, message: error.message })
  }
}

/** The body of a request; `undefined` where it is longer than any of ours. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of request) {
    bytes += piece.length
    if (bytes > bodyBytes) return undefined
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

function send(response: ServerResponse, { status, type, body, headers }: Reply): void {
  // Whatever of a refused body is still on its way is not waited for.
  const refused = status >= 400 ? { connection: 'close' } : {}
  response.writeHead(status, { ...guardHeaders, 'content-type': type, ...headers, ...refused })
  response.end(body)
}
