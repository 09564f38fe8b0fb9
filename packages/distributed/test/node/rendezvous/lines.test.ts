import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { longestLineBytes, openLines } from '../../../src/node/rendezvous/lines.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

async function pair(): Promise<[Socket, Socket]> {
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const accepted = once(listener, 'connection')
  const client = connect((listener.address() as AddressInfo).port, '127.0.0.1')
  const [server] = (await accepted) as [Socket]
  closers.push(() => {
    client.destroy()
    server.destroy()
    listener.close()
  })
  return [client.on('error', () => {}), server]
}

/** Hears until the connection is lost. */
function hear(socket: Socket, isKnown: (value: unknown) => boolean = () => true) {
  const values: unknown[] = []
  const lost = Promise.withResolvers<string>()
  const onValue = (value: unknown) => {
    values.push(value)
    return isKnown(value)
  }
  const lines = openLines(socket, { onValue, onLost: lost.resolve })
  return { values, lost: lost.promise, lines }
}

describe('lines', () => {
  it('come as they were sent, however the bytes are cut', async () => {
    const text = fc.array(fc.jsonValue(), { minLength: 1, maxLength: 20 })
    const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 })
    await fc.assert(
      fc.asyncProperty(text, cuts, async (sent, sizes) => {
        const [client, server] = await pair()
        const { values, lost } = hear(server)
        const bytes = Buffer.from(sent.map((value) => `${JSON.stringify(value)}\n`).join(''))
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = sizes[i % sizes.length]!
          client.write(bytes.subarray(at, at + size))
          at += size
          if (i % 3 === 0) await new Promise(setImmediate)
        }
        client.end()
        expect(await lost).toBe('the connection closed')
        expect(JSON.stringify(values)).toBe(JSON.stringify(sent))
      }),
      { numRuns: 30 },
    )
  })

  it('end with nonsense', async () => {
    const [client, server] = await pair()
    const { values, lost } = hear(server)
    client.write('{"a":1}\nGET / HTTP/1.1\r\n{"b":2}\n')
    expect(await lost).toBe('it sent nonsense: "GET / HTTP/1.1\\r"')
    expect(values).toEqual([{ a: 1 }])
  })

  it('end with a message that nobody knows', async () => {
    const [client, server] = await pair()
    const { lost } = hear(server, () => false)
    client.write('{"type":"dance"}\n')
    expect(await lost).toContain('it sent nonsense')
  })

  it('end with a line without end', async () => {
    const [client, server] = await pair()
    const { lost } = hear(server)
    client.write(Buffer.alloc(longestLineBytes + 1, 'x'))
    expect(await lost).toBe(`it sent a line of more than ${longestLineBytes} bytes`)
  })

  it('end with a peer that does not read', async () => {
    const [client, server] = await pair()
    const { lost, lines } = hear(client)
    server.pause()
    const line = 'x'.repeat(100_000)
    for (let i = 0; i < 200; i++) lines.send(line)
    expect(await lost).toBe('it does not read')
  })

  it('say what was sent before they close, and then hear nothing', async () => {
    const [client, server] = await pair()
    const there = hear(server)
    const here = hear(client)
    here.lines.send('farewell')
    here.lines.close()
    here.lines.send('more')
    there.lines.send('too late')
    expect(await there.lost).toBe('the connection closed')
    expect(there.values).toEqual(['farewell'])
    expect(here.values).toEqual([])
  })
})
