import { FitsError } from '../errors.ts'
import type { ByteSource } from './source.ts'

export interface HttpSourceOptions {
  /** Sent with each request, such as an Authorization. Default none. */
  readonly headers?: Readonly<Record<string, string>>
  /** The fetch to call. Default the global one. */
  readonly fetch?: typeof globalThis.fetch
  /** A request that takes longer fails with IO, in milliseconds. Default 60000. */
  readonly timeoutMs?: number
  /** Cancels the opening request. Later reads take their own signal. */
  readonly signal?: AbortSignal
}

/** First bytes asked for: enough for most headers, so that opening costs one request. */
const OPENING_BYTES = 28_800

interface Opened {
  readonly url: string
  readonly size: number
  /** A strong ETag or a Last-Modified date, for If-Range. */
  readonly version: string | undefined
  readonly head: Uint8Array
}

/**
 * A file on a web server, read by HTTP ranges. The first request learns the size and the file's version
 * and keeps the first 28,800 bytes; each later read is one request for just its bytes, refused by the
 * server if the file has changed since (If-Range).
 * @throws FitsError `IO` when the server cannot be reached, answers with an error or the file changed;
 * `UNSUPPORTED` when it ignores ranges (fetch the file and use `bufferSource` then)
 */
export async function httpSource(
  url: string | URL,
  options: HttpSourceOptions = {},
): Promise<ByteSource> {
  const opened = await open(String(url), options)
  return {
    size: opened.size,
    read: async (offset, length, signal) => {
      signal?.throwIfAborted()
      const end = Math.min(offset + length, opened.size)
      if (end <= offset) return new Uint8Array(0)
      if (end <= opened.head.length) return opened.head.subarray(offset, end)
      return readRange(opened, offset, end, options, signal)
    },
  }
}

async function open(url: string, options: HttpSourceOptions): Promise<Opened> {
  const response = await request(url, `bytes=0-${OPENING_BYTES - 1}`, {}, options, options.signal)
  if (response.status === 416) {
    await response.body?.cancel()
    return { url, size: 0, version: undefined, head: new Uint8Array(0) }
  }
  await requirePartial(response, url)
  const size = totalOf(response.headers.get('content-range'))
  if (size === undefined) {
    await response.body?.cancel()
    throw new FitsError(
      'UNSUPPORTED',
      `${shown(url)}: the server does not say how long the file is`,
    )
  }
  const etag = response.headers.get('etag')
  const version =
    etag && !etag.startsWith('W/') ? etag : (response.headers.get('last-modified') ?? undefined)
  const head = await readBody(response, Math.min(OPENING_BYTES, size), url, options.signal)
  return { url, size, version, head }
}

async function readRange(
  file: Opened,
  offset: number,
  end: number,
  options: HttpSourceOptions,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const condition = file.version === undefined ? {} : { 'if-range': file.version }
  const range = `bytes=${offset}-${end - 1}`
  const response = await request(file.url, range, condition, options, signal)
  if (response.status === 200 && file.version !== undefined) {
    await response.body?.cancel()
    throw new FitsError(
      'IO',
      `${shown(file.url)}: the file changed on the server since it was opened`,
    )
  }
  await requirePartial(response, file.url)
  const total = totalOf(response.headers.get('content-range'))
  if (total !== undefined && total !== file.size) {
    await response.body?.cancel()
    throw new FitsError(
      'IO',
      `${shown(file.url)}: the file changed, was ${file.size} bytes, is now ${total}`,
    )
  }
  return readBody(response, end - offset, file.url, signal)
}

async function request(
  url: string,
  range: string,
  condition: Readonly<Record<string, string>>,
  options: HttpSourceOptions,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const timeout = AbortSignal.timeout(options.timeoutMs ?? 60_000)
  try {
    return await (options.fetch ?? globalThis.fetch)(url, {
      // A range of a compressed transfer would not be a range of the file.
      headers: { 'accept-encoding': 'identity', ...options.headers, ...condition, range },
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    })
  } catch (cause) {
    signal?.throwIfAborted()
    throw new FitsError('IO', `${shown(url)}: ${reasonOf(cause)}`, { cause })
  }
}

async function requirePartial(response: Response, url: string): Promise<void> {
  if (response.status === 206) return
  await response.body?.cancel()
  if (response.status === 200) {
    throw new FitsError(
      'UNSUPPORTED',
      `${shown(url)}: the server ignores range requests; fetch the whole file and use bufferSource`,
    )
  }
  throw new FitsError(
    'IO',
    `${shown(url)}: HTTP ${response.status} ${response.statusText}`.trimEnd(),
  )
}

/** The body, which must be `length` bytes: a longer one is cut off before it can fill the memory. */
async function readBody(
  response: Response,
  length: number,
  url: string,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  let got = 0
  try {
    const reader = response.body!.getReader()
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (got + part.value.length > length) {
        await reader.cancel()
        throw new FitsError('IO', `${shown(url)}: wanted ${length} bytes, got more`)
      }
      bytes.set(part.value, got)
      got += part.value.length
    }
  } catch (cause) {
    signal?.throwIfAborted()
    if (cause instanceof FitsError) throw cause
    throw new FitsError('IO', `${shown(url)}: ${reasonOf(cause)}`, { cause })
  }
  if (got < length) throw new FitsError('IO', `${shown(url)}: wanted ${length} bytes, got ${got}`)
  return bytes
}

/** Without the query, which may hold a signature that belongs in no log. */
function shown(url: string): string {
  return url.replace(/[?#].*/s, '').replace(/\/\/[^/@]*@/, '//')
}

function totalOf(contentRange: string | null): number | undefined {
  const total = /\/(\d+)$/.exec(contentRange ?? '')?.[1]
  return total === undefined ? undefined : Number(total)
}

function reasonOf(error: unknown): string {
  const { message = String(error), cause } = error as Partial<Error>
  return cause instanceof Error ? `${message}: ${cause.message}` : message
}
