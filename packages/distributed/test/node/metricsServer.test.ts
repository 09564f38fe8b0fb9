import { afterEach, describe, expect, it } from 'vitest'
import { type MetricsServer, openMetricsServer } from '../../src/node/metricsServer.ts'

let server: MetricsServer | undefined
afterEach(() => server?.close())

describe('openMetricsServer', () => {
  it('serves metrics and health, here only, and nothing else', async () => {
    let healthy = true
    let scrapes = 0
    const metrics = () => `nebulift_scrapes ${++scrapes}\n`
    server = await openMetricsServer({ metrics, healthy: () => healthy, port: 0 })
    expect(server.host).toBe('127.0.0.1')
    const ask = (path: string, init?: RequestInit) =>
      fetch(`http://127.0.0.1:${server!.port}${path}`, init)
    const first = await ask('/metrics')
    expect(first.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(await first.text()).toBe('nebulift_scrapes 1\n')
    expect(await (await ask('/metrics?name=a')).text()).toBe('nebulift_scrapes 2\n')
    expect((await ask('/healthz')).status).toBe(200)
    healthy = false
    expect((await ask('/healthz')).status).toBe(503)
    expect((await ask('/')).status).toBe(404)
    expect((await ask('/toString')).status).toBe(404)
    expect((await ask('/metrics', { method: 'POST' })).status).toBe(405)
    const head = await ask('/metrics', { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
  })

  it('says that a port is taken', async () => {
    server = await openMetricsServer({ metrics: () => '', port: 0 })
    const again = openMetricsServer({ metrics: () => '', port: server.port })
    const message = `no metrics on 127.0.0.1:${server.port}: the port is taken`
    await expect(again).rejects.toMatchObject({ code: 'IO', message })
  })
})
