import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import { orAborted } from '../../rendezvous/waiting.ts'
import { authenticate } from '../handshake.ts'
import type { TlsOptions } from '../ring/links.ts'

/** What the connections to the coordinator are authenticated for. */
const context = 'rendezvous'

/** How members and the coordinator know one another. */
export interface Credentials {
  readonly token: string
  readonly tls?: TlsOptions
  /** How long a peer may take to prove itself. */
  readonly handshakeMs: number
}

/** Where a socket's other end is; addresses of IPv4 as such. */
export function remoteHostOf({ remoteAddress = '' }: Socket): string {
  return remoteAddress.replace(/^::ffff:(?=\d+\.)/, '')
}

/** Connections that have yet to prove themselves; where there are more, the one that came first must go. */
const strangers = 64

/** What a server hears of those who come. */
export interface ServerEvents {
  /** Whoever has proved itself. */
  onPeer(socket: Socket): void
  /** Of whoever speaks as a member does, but has another token: its address. */
  onWrongToken?(host: string): void
}

/** A server whose connections have proved themselves before `onPeer` sees them; all others are dropped. */
export function serveSockets(
  { token, tls, handshakeMs }: Credentials,
  { onPeer, onWrongToken }: ServerEvents,
): Server {
  const waiting = new Map<string, Socket>()
  const nameOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`
  const onSocket = async (socket: Socket) => {
    const name = nameOf(socket)
    // A stranger's troubles are its own.
    socket.on('error', () => {})
    try {
      const onWrongProof = () => onWrongToken?.(remoteHostOf(socket))
      const timeoutMs = handshakeMs
      await authenticate(socket, { token, role: 'server', context, timeoutMs, onWrongProof })
    } catch {
      return
    }
    waiting.delete(name)
    onPeer(socket)
  }
  const server = tls
    ? createTlsServer(
        {
          ...{ ...tls, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' },
          ...{ noDelay: true, handshakeTimeout: handshakeMs },
        },
        onSocket,
      )
    : createServer({ noDelay: true }, onSocket)
  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket)
    waiting.set(name, socket)
    socket.on('error', () => {})
    socket.once('close', () => {
      if (waiting.get(name) === socket) waiting.delete(name)
    })
    if (waiting.size > strangers) waiting.values().next().value?.destroy()
  })
  return server
}

/**
 * Connects to the coordinator; names are resolved anew each time.
 * @throws DistributedError `REFUSED` where the peer does not know the token, errors of sockets otherwise
 */
export async function dialSocket(
  { host, port }: { readonly host: string; readonly port: number },
  { token, tls, handshakeMs }: Credentials,
  signal: AbortSignal,
): Promise<Socket> {
  const where = { host, port, noDelay: true }
  // Members are reached by addresses that are in no certificate: the authority, which signs for nobody else, is asked.
  const socket = tls
    ? connectTls({ ...where, ...tls, minVersion: 'TLSv1.3', checkServerIdentity: () => undefined })
    : createConnection(where)
  const connected = new Promise<void>((resolve, reject) => {
    socket.once(tls ? 'secureConnect' : 'connect', resolve)
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('the connection closed')))
  })
  const late = new AbortController()
  const timer = setTimeout(
    () => late.abort(new Error(`no answer within ${handshakeMs} ms`)),
    handshakeMs,
  )
  try {
    await orAborted(connected, AbortSignal.any([signal, late.signal]))
    await orAborted(
      authenticate(socket, { token, role: 'client', context, timeoutMs: handshakeMs }),
      signal,
    )
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    clearTimeout(timer)
  }
}
