import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { openMetricsServer } from '@nebulift/distributed/node'
import { expect, it, onTestFinished } from 'vitest'

const script = fileURLToPath(new URL('../image/health.mjs', import.meta.url))

/** What the health check of the image ends with. */
async function healthAt(port: number): Promise<number | null> {
  const [code] = await once(spawn(process.execPath, [script, String(port)]), 'exit')
  return code as number | null
}

async function trainer(healthy: boolean): Promise<number> {
  const server = await openMetricsServer({ metrics: () => '', healthy: () => healthy, port: 0 })
  onTestFinished(() => server.close())
  return server.port
}

async function silentServer(): Promise<{ port: number; close(): Promise<void> }> {
  const sockets = new Set<{ destroy(): unknown }>()
  const server = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  }
  return { port: (server.address() as AddressInfo).port, close }
}

it('a trainer that says it is well is well', async () =>
  expect(await healthAt(await trainer(true))).toBe(0))

it('one that says it is not well is not', async () =>
  expect(await healthAt(await trainer(false))).toBe(1))

it('nor is one that does not answer', async () => {
  const { port, close } = await silentServer()
  onTestFinished(close)
  expect(await healthAt(port)).toBe(1)
})

it('where nobody listens there is nothing to complain of', async () => {
  const { port, close } = await silentServer()
  await close()
  expect(await healthAt(port)).toBe(0)
})
