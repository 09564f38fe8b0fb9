import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { authenticate } from '../handshake.ts'
import type { Address, TlsOptions } from './links.ts'
import { contextOver, localWayTo, type Way } from './ways.ts'

/** Strangers get so many places and so much time (ms); where there are more, the one that came first must go. */
const most = 64
const patienceMs = 5000

export interface DoorOptions {
  readonly host: string | undefined
  readonly port: number
  readonly token: string
  readonly tls: TlsOptions | undefined
  /** Whether neighbours on this machine may come by a local socket. */
  readonly local: boolean
}

/** Whom the door is open for at the moment. */
export interface Guests {
  /** What they come for, one each. */
  readonly contexts: readonly string[]
  welcome(socket: Socket, context: string): void
}

export interface Door extends Address {
  /** Lets in whoever proves to be one of these guests; nobody while undefined. */
  expect(guests: Guests | undefined): void
}

/** Listens for the right neighbour. Whoever cannot prove to be it is dropped. */
export async function openDoor({ host, port, token, tls, local }: DoorOptions): Promise<Door> {
  let expected: Guests | undefined
  const waiting = new Map<string, Socket>()
  const nameOf = (socket: Socket) => `${socket.remoteAddress} ${socket.remotePort}`
  let locals = 0
  const admit = async (socket: Socket, name: string, way?: Way) => {
    const guests = expected
    socket.on('error', () => {})
    try {
      if (!guests) return socket.destroy()
      const contexts = guests.contexts.map((context) => (way ? contextOver(context, way) : context))
      const claims = { token, context: contexts, timeoutMs: patienceMs }
      const proved = await authenticate(socket, { ...claims, role: 'server' })
      waiting.delete(name)
      const context = guests.contexts[contexts.indexOf(proved)]
      if (guests === expected && context !== undefined) guests.welcome(socket, context)
      else socket.destroy()
    } catch {
      // A stranger: nobody needs to know.
    }
  }
  const secure =
    tls &&
    createTlsServer({ ...tls, requestCert: true, minVersion: 'TLSv1.3' }, (socket) =>
      admit(socket, nameOf(socket)),
    )
  secure?.on('tlsClientError', (_, socket) => socket.destroy())
  const receive = (socket: Socket, name: string, way?: Way) => {
    if (!expected) return socket.destroy()
    waiting.set(name, socket)
    const late = setTimeout(() => waiting.get(name) === socket && socket.destroy(), patienceMs)
    socket.on('error', () => {})
    socket.once('close', () => {
      clearTimeout(late)
      if (waiting.get(name) === socket) waiting.delete(name)
    })
    if (waiting.size > most) waiting.values().next().value?.destroy()
    return secure ? secure.emit('connection', socket) : admit(socket, name, way)
  }
  const server = createServer({ noDelay: true }, (socket) => receive(socket, nameOf(socket)))
  server.listen({ port, ...(host === undefined ? {} : { host }) })
  await once(server, 'listening')
  const address = server.address() as AddressInfo
  if (local) {
    // Where it cannot be had, whoever looks for it goes by the port.
    const way = localWayTo({ host: address.address, port: address.port })
    createServer((socket) => receive(socket, `local ${++locals}`, way))
      .on('error', () => undefined)
      .listen(way)
  }
  return {
    host: address.address,
    port: address.port,
    expect: (guests) => {
      expected = guests
      if (!guests) for (const socket of waiting.values()) socket.destroy()
    },
  }
}
