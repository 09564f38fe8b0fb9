import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { authenticate } from '../handshake.ts'
import type { Address, TlsOptions } from './links.ts'

/** Strangers get so many places and so much time (ms); where there are more, the one that came first must go. */
const most = 64
const patienceMs = 5000

export interface DoorOptions {
  readonly host: string | undefined
  readonly port: number
  readonly token: string
  readonly tls: TlsOptions | undefined
}

/** Whom the door is open for at the moment. */
export interface Guest {
  readonly context: string
  welcome(socket: Socket): void
}

export interface Door extends Address {
  /** Lets in whoever proves to be this guest; nobody while undefined. */
  expect(guest: Guest | undefined): void
}

/** Listens for the right neighbour. Whoever cannot prove to be it is dropped. */
export async function openDoor({ host, port, token, tls }: DoorOptions): Promise<Door> {
  let expected: Guest | undefined
  const waiting = new Map<string, Socket>()
  const nameOf = (socket: Socket) => `${socket.remoteAddress} ${socket.remotePort}`
  const admit = async (socket: Socket) => {
    const guest = expected
    const name = nameOf(socket)
    socket.on('error', () => {})
    try {
      if (!guest) return socket.destroy()
      const { context } = guest
      await authenticate(socket, { token, role: 'server', context, timeoutMs: patienceMs })
      waiting.delete(name)
      if (guest === expected) guest.welcome(socket)
      else socket.destroy()
    } catch {
      // A stranger: nobody needs to know.
    }
  }
  const secure = tls && createTlsServer({ ...tls, requestCert: true, minVersion: 'TLSv1.3' }, admit)
  secure?.on('tlsClientError', (_, socket) => socket.destroy())
  const server = createServer({ noDelay: true }, (socket) => {
    if (!expected) return socket.destroy()
    const name = nameOf(socket)
    waiting.set(name, socket)
    const late = setTimeout(() => waiting.get(name) === socket && socket.destroy(), patienceMs)
    socket.on('error', () => {})
    socket.once('close', () => {
      clearTimeout(late)
      if (waiting.get(name) === socket) waiting.delete(name)
    })
    if (waiting.size > most) waiting.values().next().value?.destroy()
    return secure ? secure.emit('connection', socket) : admit(socket)
  })
  server.listen({ port, ...(host === undefined ? {} : { host }) })
  await once(server, 'listening')
  const address = server.address() as AddressInfo
  return {
    host: address.address,
    port: address.port,
    expect: (guest) => {
      expected = guest
      if (!guest) for (const socket of waiting.values()) socket.destroy()
    },
  }
}
