import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { authenticate, hungUp, openHandshake } from '../handshake.ts'
import { contextOver, type Way } from './ways.ts'

export interface TlsOptions {
  /** PEM. */
  readonly key: string
  readonly cert: string
  /** Of the authority that signed the certificates of all ranks. */
  readonly ca: string
}

export interface Address {
  readonly host: string
  readonly port: number
}

/** Where received bytes go. */
export interface Sink {
  /** Memory for the next bytes, at least one. */
  target(): Uint8Array
  /** Takes as many as were put there. False: no more until `resume`. */
  received(count: number): boolean
}

export interface Inlet {
  readonly socket: Socket
  resume(): void
}

export interface DialOptions {
  readonly token: string
  readonly context: string
  readonly tls: TlsOptions | undefined
  /** Of plain connections, the best first; the last is the address. */
  readonly ways: readonly Way[]
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** Refusals by one that does not expect us yet; after as many, somebody else may have the name of a local socket. */
const mostRefusals = 8
/** Who is on this machine answers sooner. */
const localMs = 1000

/** Connects, proves itself, and from then on puts what comes into the sink. Tries until `signal` aborts. */
export async function dial(address: Address, sink: Sink, options: DialOptions): Promise<Inlet> {
  const ways = [...options.ways]
  let last: unknown
  let refusals = 0
  for (let pauseMs = 10; ; pauseMs = Math.min(2 * pauseMs, 500)) {
    try {
      return await (options.tls
        ? dialTls(address, sink, options)
        : dialPlain(ways[0], sink, options))
    } catch (error) {
      last = error
      const isLost = isNobody(error) || ++refusals === mostRefusals
      if (isLost && ways.length > 1 && !options.signal.aborted) {
        ways.shift()
        refusals = 0
        continue
      }
    }
    try {
      await setTimeout(pauseMs, undefined, { signal: options.signal })
    } catch {
      throw last
    }
  }
}

/** Whether nobody answered, not even to refuse. */
function isNobody(error: unknown): boolean {
  const { syscall, name } = error as NodeJS.ErrnoException
  return syscall === 'connect' || name === 'TimeoutError'
}

/**
 * Reads straight into the sink's memory, which Node offers to the side that connects only: half the processor time
 * of 'data' events.
 */
async function dialPlain(way: Way, sink: Sink, options: DialOptions): Promise<Inlet> {
  const context = contextOver(options.context, way)
  const timeoutMs = 'path' in way ? localMs : options.timeoutMs
  const handshake = openHandshake({ token: options.token, context, role: 'client' })
  const proved = Promise.withResolvers<void>()
  const words = new Uint8Array(64)
  let filled = 0
  const greeting: Sink = {
    target: () => words.subarray(filled, handshake.wanted),
    received: (count) => {
      filled += count
      if (filled < handshake.wanted) return true
      filled = 0
      try {
        const answer = handshake.take(words.subarray(0, handshake.wanted))
        if (answer.length > 0) socket.write(answer)
        if (handshake.wanted === 0) proved.resolve()
      } catch (error) {
        proved.reject(error)
      }
      return true
    },
  }
  const open = () => (handshake.wanted > 0 ? greeting : sink)
  const onread = {
    buffer: () => open().target(),
    callback: (count: number) => open().received(count),
  }
  const socket = connect({ ...way, noDelay: true, onread })
  socket.on('error', proved.reject)
  socket.on('close', () => proved.reject(hungUp(handshake)))
  const giveUp = AbortSignal.any([options.signal, AbortSignal.timeout(timeoutMs)])
  giveUp.addEventListener('abort', () => proved.reject(giveUp.reason))
  socket.write(handshake.opening)
  try {
    await proved.promise
    return { socket, resume: () => socket.resume() }
  } catch (error) {
    socket.destroy()
    throw error
  }
}

async function dialTls(address: Address, sink: Sink, options: DialOptions): Promise<Inlet> {
  const { tls, signal, timeoutMs } = options
  // Pods have no lasting names: whoever holds a key that the authority signed is one of us.
  const identity = { ...tls, checkServerIdentity: () => undefined, minVersion: 'TLSv1.3' } as const
  const socket = connectTls({ ...address, ...identity })
  socket.setNoDelay(true)
  try {
    await once(socket, 'secureConnect', {
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    })
    await authenticate(socket, { ...options, role: 'client' })
  } catch (error) {
    socket.on('error', () => {})
    socket.destroy()
    throw error
  }
  let rest: Uint8Array = new Uint8Array()
  const pour = () => {
    while (rest.length > 0) {
      const target = sink.target()
      const count = Math.min(target.length, rest.length)
      target.set(rest.subarray(0, count))
      rest = rest.subarray(count)
      if (!sink.received(count)) return socket.pause()
    }
    return socket.resume()
  }
  socket.on('data', (bytes) => {
    rest = bytes
    pour()
  })
  return { socket, resume: pour }
}
