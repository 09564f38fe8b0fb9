import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'
import { isIPv4 } from 'node:net'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { DistributedError } from '../../errors.ts'
import {
  type CoordinatorEffect,
  type CoordinatorEvent,
  type CoordinatorSettings,
  coordinate,
  expected,
  isDrained,
  newCoordinator,
  tickMs,
} from '../../rendezvous/coordinator.ts'
import { type Application, isToCoordinator, type ToCoordinator } from '../../rendezvous/messages.ts'
import { type Lines, openLines } from './lines.ts'
import { type Credentials, remoteHostOf, serveSockets } from './sockets.ts'
import { tellOfStrangers } from './strangers.ts'
import { until } from './until.ts'

/** Connections for every member: its own, and that of a process in its place. */
const linksPerMember = 4
/** How long a port that is taken is tried again: by a process that is about to end. */
const portMs = 3000
/** How long a peer may take to read the last word. */
const closeMs = 1000

/** What a coordinator is opened with. */
export interface CoordinatorOptions {
  /** Where it listens; default everywhere. */
  readonly bind?: string
  /** 0 takes any. */
  readonly port: number
  readonly credentials: Credentials
  readonly settings: CoordinatorSettings
  /** Hears in a line who comes with another token. */
  readonly say?: (line: string) => void
}

/** A coordinator that serves. */
export interface Coordinator {
  readonly port: number
  /**
   * Resolves when all members have left, or after so long; where the training is over, and one was lost before it left,
   * when the process in its place has heard so, or after so much longer.
   */
  drained(patience: { readonly lingerMs: number; readonly lostMs: number }): Promise<void>
  close(): Promise<void>
}

/**
 * Serves the rendezvous: only sockets and a clock around `coordinate`.
 * @throws DistributedError `REFUSED` where the port is taken
 */
export async function openCoordinator(options: CoordinatorOptions): Promise<Coordinator> {
  const { settings, credentials, say = () => {} } = options
  const links = new Map<number, Lines>()
  let state = newCoordinator(settings)
  const drained = until(() => isDrained(state))
  let nextLink = 1

  const act = (effect: CoordinatorEffect) => {
    const lines = links.get(effect.link)
    if (effect.type === 'send') lines?.send(effect.message)
    else {
      lines?.close()
      links.delete(effect.link)
    }
  }
  const happen = (event: WithoutTime<CoordinatorEvent>) => {
    const next = coordinate(state, { ...event, atMs: performance.now() })
    state = next.state
    for (const effect of next.effects) act(effect)
    drained.look()
  }
  const onPeer = (socket: Socket) => {
    if (links.size >= linksPerMember * settings.world.max) return socket.destroy()
    const link = nextLink++
    // Whoever has proved itself has come to join.
    const idle = setTimeout(() => socket.destroy(), credentials.handshakeMs)
    const lines = openLines(socket, {
      onValue: (value) => {
        if (!isToCoordinator(value)) return false
        clearTimeout(idle)
        happen(eventOf(value, { link, seenFrom: remoteHostOf(socket) }))
        return true
      },
      onLost: () => {
        clearTimeout(idle)
        links.delete(link)
        happen({ type: 'closed', link })
      },
    })
    links.set(link, lines)
  }

  const server = serveSockets(credentials, { onPeer, onWrongToken: tellOfStrangers(say) })
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await listen(server, options)
  const ticking = setInterval(() => happen({ type: 'tick' }), tickMs)
  return {
    port: (server.address() as AddressInfo).port,
    drained: async ({ lingerMs, lostMs }) => {
      await drained.within(lingerMs)
      const lost = state.met.length > 0 && state.over ? expected(state) : []
      if (drained.hasEnded || lost.length === 0) return
      say(
        `all is done, but index ${lost.join(', ')} has not left; staying to tell so whoever comes in its place, at most ${lostMs / 1000} s`,
      )
      await drained.within(lostMs)
    },
    close: async () => {
      drained.end()
      clearInterval(ticking)
      const closed = new Promise((resolve) => server.close(resolve))
      for (const lines of links.values()) lines.close()
      links.clear()
      const cut = () => {
        for (const socket of sockets) socket.destroy()
      }
      const timer = setTimeout(cut, closeMs)
      await closed
      clearTimeout(timer)
    },
  }
}

type WithoutTime<Event> = Event extends unknown ? Omit<Event, 'atMs'> : never

function eventOf(
  message: ToCoordinator,
  { link, seenFrom }: { readonly link: number; readonly seenFrom: string },
): WithoutTime<CoordinatorEvent> {
  if (message.type !== 'join') return { ...message, link }
  return { type: 'join', link, application: withHost(message.application, seenFrom) }
}

/** A member that does not say where it is is where it is seen from; on our own machine, where we are. */
function withHost(application: Application, host: string): Application {
  const { address } = application
  if (address?.host !== '') return application
  const here = host === '::1' || (isIPv4(host) && host.startsWith('127.'))
  return { ...application, address: { host: here ? '' : host, port: address.port } }
}

async function listen(server: Server, { bind, port }: CoordinatorOptions): Promise<void> {
  const deadline = performance.now() + portMs
  for (;;) {
    try {
      server.listen({ port, ...(bind === undefined ? {} : { host: bind }) })
      await once(server, 'listening')
      return
    } catch (cause) {
      const taken = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE'
      if (!taken || performance.now() > deadline) throw portError({ bind, port }, cause, taken)
    }
    await sleep(200)
  }
}

function portError(
  { bind, port }: { readonly bind: string | undefined; readonly port: number },
  cause: unknown,
  taken: boolean,
): DistributedError {
  if (taken) {
    const text = `port ${port} is taken: is another process with index 0 running on this machine?`
    return new DistributedError('REFUSED', text, { cause })
  }
  const text = `cannot listen on ${bind ?? 'any address'}, port ${port}: ${(cause as Error).message}`
  return new DistributedError('BAD_ARGUMENT', text, { cause })
}
