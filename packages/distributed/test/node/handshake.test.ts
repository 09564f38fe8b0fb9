import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { authenticate } from '../../src/node/handshake.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** Two ends of one connection on loopback. */
async function pair(): Promise<{ client: Socket; server: Socket }> {
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const accepted = once(listener, 'connection')
  const client = connect((listener.address() as AddressInfo).port, '127.0.0.1')
  const [server] = (await accepted) as [Socket]
  await once(client, 'connect')
  closers.push(() => {
    client.destroy()
    server.destroy()
    listener.close()
  })
  return { client, server }
}

const both = { token: 'sesame', context: 'ring 1', timeoutMs: 5000 }
const asClient = { ...both, role: 'client' } as const
const asServer = { ...both, role: 'server' } as const
const outcome = (promise: Promise<unknown>) =>
  promise.then(
    () => 'in',
    (error) => error.code,
  )

describe('authenticate', () => {
  it('lets in who knows the token, and leaves what follows to be read', async () => {
    const { client, server } = await pair()
    const seen: string[] = []
    await Promise.all([
      authenticate(client, asClient).then(() => client.write('from client')),
      authenticate(server, asServer).then(() => server.write('from server')),
    ])
    for (const socket of [client, server]) {
      socket.on('data', (bytes) => seen.push(bytes.toString()))
      await once(socket, 'data')
    }
    expect(seen.sort()).toEqual(['from client', 'from server'])
  })

  it('leaves even what came in the same packet', async () => {
    const { client, server } = await pair()
    const write = client.write.bind(client)
    let writes = 0
    // The second write is the client's proof: glue the first words to it.
    client.write = ((bytes: Uint8Array) =>
      write(++writes === 2 ? Buffer.concat([bytes, Buffer.from('words')]) : bytes)) as never
    await Promise.all([authenticate(client, asClient), authenticate(server, asServer)])
    const [words] = await once(server, 'data')
    expect(words.toString()).toBe('words')
  })

  it.each([
    { what: 'token', wrong: { token: 'other' } },
    { what: 'context', wrong: { context: 'ring 2' } },
  ])('refuses another $what on both sides', async ({ wrong }) => {
    const { client, server } = await pair()
    const ends = [authenticate(client, { ...asClient, ...wrong }), authenticate(server, asServer)]
    expect(await Promise.all(ends.map(outcome))).toEqual(['REFUSED', 'REFUSED'])
    expect([client.destroyed, server.destroyed]).toEqual([true, true])
  })

  it('of a server that is ready for several contexts says which it is', async () => {
    const { client, server } = await pair()
    const several = { ...asServer, context: ['ring 0', asClient.context, 'ring 2'] }
    const ends = await Promise.all([authenticate(client, asClient), authenticate(server, several)])
    expect(ends).toEqual([asClient.context, asClient.context])
  })

  it('refuses a context that is none of several', async () => {
    const { client, server } = await pair()
    const several = { ...asServer, context: ['ring 0', 'ring 2'] }
    const ends = [authenticate(client, asClient), authenticate(server, several)]
    expect(await Promise.all(ends.map(outcome))).toEqual(['REFUSED', 'REFUSED'])
  })

  it('refuses a peer that sends our own words back', async () => {
    const { client, server } = await pair()
    server.pipe(server)
    expect(await outcome(authenticate(client, asClient))).toBe('REFUSED')
  })

  it('refuses garbage, and gives it no byte to guess with', async () => {
    const { client, server } = await pair()
    let got = 0
    client.on('data', ({ length }) => {
      got += length
    })
    client.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n')
    expect(await outcome(authenticate(server, asServer))).toBe('REFUSED')
    await once(client, 'close')
    expect(got).toBe(0)
  })

  it('gives up on a peer that says nothing, or too little', async () => {
    const { client, server } = await pair()
    client.write('NBH1')
    expect(await outcome(authenticate(server, { ...asServer, timeoutMs: 100 }))).toBe('TIMEOUT')
  })

  it('sees a peer that hangs up', async () => {
    const { client, server } = await pair()
    client.end('NBH1')
    expect(await outcome(authenticate(server, asServer))).toBe('ABORTED')
  })

  it('wants a token', async () => {
    const { client } = await pair()
    expect(await outcome(authenticate(client, { ...asClient, token: '' }))).toBe('BAD_ARGUMENT')
  })

  it('sends neither token nor context', async () => {
    const { client, server } = await pair()
    const sent: Buffer[] = []
    for (const socket of [client, server]) {
      const write = socket.write.bind(socket)
      socket.write = ((bytes: Uint8Array) => {
        sent.push(Buffer.from(bytes))
        return write(bytes)
      }) as never
    }
    await Promise.all([authenticate(client, asClient), authenticate(server, asServer)])
    const words = Buffer.concat(sent)
    expect(words.length).toBe(2 * (4 + 32 + 32))
    expect([words.includes('sesame'), words.includes('ring 1')]).toEqual([false, false])
  })
})
