import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DistributedError } from '../errors.ts'

/** What is served, and where. */
export interface MetricsServerOptions {
  /** The text of `/metrics`, asked for at each scrape: see `metricsText`. */
  metrics(): string
  /** Default true: whether `/healthz` answers 200 or 503. */
  healthy?(): boolean
  /** Default 127.0.0.1: to be seen from elsewhere it must be asked for. */
  readonly host?: string
  /** Default 9464, as OpenTelemetry's exporters; 0 takes any free one. */
  readonly port?: number
}

/** A server of metrics that listens. */
export interface MetricsServer {
  readonly host: string
  readonly port: number
  close(): Promise<void>
}

/**
 * Serves `/metrics` to Prometheus and `/healthz` to whoever starts processes. Does not keep the process alive.
 * @throws DistributedError `IO` where the port cannot be had
 */
export async function openMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  const { host = '127.0.0.1', port = 9464 } = options
  const answers: Readonly<Record<string, () => readonly [number, string, string]>> = {
    '/metrics': () => [200, 'text/plain; version=0.0.4; charset=utf-8', options.metrics()],
    '/healthz': () => {
      const healthy = options.healthy?.() ?? true
      return [healthy ? 200 : 503, 'text/plain', healthy ? 'ok\n' : 'not well\n']
    },
  }
  const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
    const answer = answers[(request.url ?? '').split('?')[0]]
    const allowed = request.method === 'GET' || request.method === 'HEAD'
    const [status, type, text] = !answer
      ? [404, 'text/plain', 'here are /metrics and /healthz\n']
      : allowed
        ? answer()
        : [405, 'text/plain', 'only GET\n']
    response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) })
    response.end(request.method === 'HEAD' ? undefined : text)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === 'EADDRINUSE' ? 'the port is taken' : cause.message
      const message = `no metrics on ${host}:${port}: ${reason}`
      reject(new DistributedError('IO', message, { cause }))
    })
    server.listen(port, host, resolve)
  })
  server.unref()
  const address = server.address() as AddressInfo
  return {
    host,
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
