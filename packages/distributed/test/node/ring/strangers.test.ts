import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Collective } from '../../../src/collective.ts'
import { listenRing, type RingListener, type RingOptions } from '../../../src/node/ring.ts'

type Address = { readonly host: string; readonly port: number }

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function listen(options: Partial<RingOptions> = {}): Promise<RingListener> {
  const listener = await listenRing({ host: '127.0.0.1', token: 'of the tests', ...options })
  closers.push(() => listener.close())
  return listener
}

const join2 = (listeners: RingListener[], peers: readonly Address[] = listeners) =>
  listeners.map((listener, rank) =>
    listener.connect({ rank, world: listeners.length, generation: 1, peers }),
  )

async function sums(ranks: readonly Collective[]): Promise<Set<number>> {
  const arrays = ranks.map((collective) => collective.allocate(300_000).fill(collective.rank + 1))
  await Promise.all(ranks.map((collective, i) => collective.allReduce(arrays[i])))
  return new Set(arrays.flatMap((array) => [...new Set(array)]))
}

async function freePort(): Promise<number> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

function stranger(
  { port }: Address,
  words?: Uint8Array,
): { socket: Socket; closed: Promise<unknown> } {
  const socket = connect(port, '127.0.0.1')
  closers.push(() => socket.destroy())
  socket.on('error', () => {})
  socket.resume()
  if (words) socket.write(words)
  return { socket, closed: new Promise((resolve) => socket.once('close', resolve)) }
}

describe('strangers', () => {
  const garbage = [
    Buffer.from('GET / HTTP/1.1\r\nHost: ring\r\n\r\n'),
    Buffer.from('NBH1'),
    Buffer.alloc(100_000, 7),
    Buffer.concat([Buffer.from('NBH1'), Buffer.alloc(64)]),
  ]

  it.runIf(platform() === 'linux')(
    'who hold the name of a local socket are passed by',
    async () => {
      const port = await freePort()
      const squatter = createServer((socket) => socket.destroy())
      closers.push(() => squatter.close())
      await once(squatter.listen({ path: `\0nebulift-ring 127.0.0.1 ${port}` }), 'listening')
      const ranks = await Promise.all(join2([await listen({ port }), await listen()]))
      expect(await sums(ranks)).toEqual(new Set([3]))
    },
  )

  it.runIf(platform() === 'linux')(
    'who pass on what is said between local sockets learn nothing',
    async () => {
      const port = await freePort()
      let heard = 0
      const relay = createServer((socket) => {
        const behind = connect({ path: `\0nebulift-ring * ${port}` })
        closers.push(() => socket.destroy())
        closers.push(() => behind.destroy())
        for (const end of [socket, behind]) end.on('error', () => undefined)
        behind.on('data', ({ length }) => {
          heard += length
        })
        socket.pipe(behind).pipe(socket)
      })
      closers.push(() => relay.close())
      await once(relay.listen({ path: `\0nebulift-ring 127.0.0.1 ${port}` }), 'listening')
      const everywhere = await listenRing({ port, token: 'of the tests' })
      closers.push(() => everywhere.close())
      const listeners = [everywhere, await listen()]
      const peers = listeners.map((each) => ({ host: '127.0.0.1', port: each.port }))
      const ranks = await Promise.all(join2(listeners, peers))
      expect(await sums(ranks)).toEqual(new Set([3]))
      // Nonces, never a sum.
      expect(heard).toBeGreaterThan(0)
      expect(heard).toBeLessThan(10_000)
    },
  )

  it('who are many, silent, or talk nonsense keep nobody out, and must go', async () => {
    const listeners = [await listen(), await listen()]
    const [first, second] = listeners
    const peers = listeners.map(({ host, port }) => ({ host, port }))
    const early = first.connect({ rank: 0, world: 2, generation: 1, peers })
    const before = Array.from({ length: 90 }, (_, i) => stranger(first, garbage[i % 5]))
    const ranks = await Promise.all([
      early,
      second.connect({ rank: 1, world: 2, generation: 1, peers }),
    ])
    const after = garbage.map((words) => stranger(second, words))
    expect(await sums(ranks)).toEqual(new Set([3]))
    await Promise.all([...before, ...after].map(({ closed }) => closed))
    expect(await sums(ranks)).toEqual(new Set([3]))
  })

  it('with another token stay out', async () => {
    const listeners = [await listen({ idleTimeoutMs: 1000 })]
    listeners.push(await listen({ idleTimeoutMs: 1000, token: 'another' }))
    for (const outcome of await Promise.allSettled(join2(listeners)))
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: {
          code: 'ABORTED',
          message: expect.stringMatching(
            /^generation 1: (rank \d \(.+\) was not reached within 1000 ms: .+ another token|lost rank)/,
          ),
        },
      })
  })
})

/** Stands between a rank and the port it dials, and flips a bit of what the port sends. */
async function flipper(target: Address, at: number): Promise<Address> {
  const server: Server = createServer((socket) => {
    const onward = connect(target.port, target.host)
    closers.push(() => {
      socket.destroy()
      onward.destroy()
    })
    let passed = 0
    onward.on('data', (bytes) => {
      if (passed <= at && at < passed + bytes.length) bytes[at - passed] ^= 4
      passed += bytes.length
      socket.write(bytes)
    })
    socket.on('data', (bytes) => onward.write(bytes))
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ]) {
      one.on('error', () => {})
      one.on('close', () => other.destroy())
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => server.close())
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
}

describe('a flipped bit', () => {
  const handshakeBytes = 68
  it.each([
    { where: 'the magic', at: handshakeBytes, like: /magic: got 0x\w+, wanted 0x3152424e/ },
    { where: 'a header', at: handshakeBytes + 13, like: /CRC-32C of a header: got .+, wanted / },
    {
      where: 'a payload',
      at: handshakeBytes + 5000,
      like: /CRC-32C of a payload: got .+, wanted /,
    },
  ])('in $where ends the generation', async ({ at, like }) => {
    const listeners = [await listen(), await listen()]
    const [first, second] = listeners
    // Rank 1 dials rank 0.
    const ranks = await Promise.all(join2(listeners, [await flipper(first, at), second]))
    await expect(sums(ranks)).rejects.toMatchObject({ code: 'ABORTED' })
    const [lost, seen] = ranks.map(({ signal }) => signal)
    for (const signal of [lost, seen]) if (!signal.aborted) await once(signal, 'abort')
    expect(lost.reason.message).toContain('lost rank 1')
    expect(seen.reason.message).toMatch(like)
    expect(seen.reason.message).toContain('rank 0 (127.0.0.1:')
  })
})

/** An authority, and a key that it signed. */
function certificates(): { key: string; cert: string; ca: string } {
  const folder = mkdtempSync(join(tmpdir(), 'nebulift-tls-'))
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'ignore'] })
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  try {
    openssl('req', '-x509', ...curve, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=ca')
    openssl('req', ...curve, '-keyout', 'key.pem', '-out', 'csr.pem', '-subj', '/CN=rank')
    openssl(
      ...['x509', '-req', '-in', 'csr.pem', '-CA', 'ca.pem', '-CAkey', 'ca.key'],
      ...['-CAcreateserial', '-out', 'cert.pem'],
    )
    const text = (name: string) => readFileSync(join(folder, name), 'utf8')
    return { key: text('key.pem'), cert: text('cert.pem'), ca: text('ca.pem') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe('with TLS', () => {
  it('sums, keeps a frame until it is wanted, and hides what travels', async () => {
    const tls = certificates()
    const listeners = [await listen({ tls }), await listen({ tls }), await listen({ tls })]
    const ranks = await Promise.all(join2(listeners))
    expect(await sums(ranks)).toEqual(new Set([6]))
    const [slow, ...others] = ranks
    const early = others.map((collective) => collective.allGather(Buffer.alloc(600_000, 1)))
    await new Promise((resolve) => setTimeout(resolve, 100))
    const gathered = await Promise.all([slow.allGather(Buffer.alloc(3)), ...early])
    for (const parts of gathered)
      expect(parts.map(({ length }) => length)).toEqual([3, 600_000, 600_000])
  })

  it('keeps out who has no certificate, or one of another authority', async () => {
    const tls = certificates()
    for (const other of [{}, { tls: certificates() }]) {
      const both = { idleTimeoutMs: 700 }
      const listeners = [await listen({ ...both, tls }), await listen({ ...both, ...other })]
      for (const outcome of await Promise.allSettled(join2(listeners)))
        expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'ABORTED' } })
    }
  })
})
