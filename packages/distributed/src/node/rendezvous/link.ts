import { performance } from 'node:perf_hooks'
import { DistributedError } from '../../errors.ts'
import { reasonOf } from '../../reasonOf.ts'
import type { Link, LinkEvents } from '../../rendezvous/member.ts'
import { isToMember, type ToMember } from '../../rendezvous/messages.ts'
import { openLines } from './lines.ts'
import { type Credentials, dialSocket } from './sockets.ts'

const beatMs = 1000
/** A coordinator that dies in the middle of a handshake looks once like one that has another token. */
const refusals = 3

/** Where and as whom to dial. */
export interface LinkOptions {
  readonly host: string
  readonly port: number
  readonly credentials: Credentials
  /** A coordinator that says nothing for so long is lost. */
  readonly silentMs: number
}

/** Makes connections to the coordinator, one after the other. */
export function dialer(
  options: LinkOptions,
): (events: LinkEvents, signal: AbortSignal) => Promise<Link> {
  const { host, port, credentials } = options
  let refused = 0
  return async (events, signal) => {
    try {
      const socket = await dialSocket({ host, port }, credentials, signal)
      refused = 0
      return openLink(socket, options, events)
    } catch (cause) {
      signal.throwIfAborted()
      refused = cause instanceof DistributedError && cause.code === 'REFUSED' ? refused + 1 : 0
      const text = `no coordinator at ${host}:${port}: ${reasonOf(cause)}`
      throw new DistributedError(refused >= refusals ? 'REFUSED' : 'ABORTED', text, { cause })
    }
  }
}

function openLink(
  socket: Awaited<ReturnType<typeof dialSocket>>,
  { silentMs }: LinkOptions,
  { onMessage, onLost }: LinkEvents,
): Link {
  const coordinatorHost = socket.remoteAddress ?? ''
  let heardMs = performance.now()
  let beatenMs = heardMs
  const lines = openLines(socket, {
    onValue: (value) => {
      if (!isToMember(value)) return false
      heardMs = performance.now()
      onMessage(withHosts(value, coordinatorHost))
      return true
    },
    onLost: (reason) => {
      clearInterval(beating)
      onLost(reason)
    },
  })
  const beat = () => {
    const nowMs = performance.now()
    // Where this process itself stood still, what came meanwhile is still to be read.
    if (nowMs - beatenMs > 3 * beatMs) heardMs = nowMs
    beatenMs = nowMs
    lines.send({ type: 'beat' })
    if (nowMs - heardMs >= silentMs) socket.destroy(new Error(`silent for ${silentMs} ms`))
  }
  const beating = setInterval(beat, beatMs)
  return {
    send: (message) => lines.send(message),
    close: () => {
      clearInterval(beating)
      lines.close()
    },
  }
}

/** Members on the coordinator's machine are where we reached the coordinator. */
function withHosts(message: ToMember, coordinatorHost: string): ToMember {
  if (message.type !== 'meeting') return message
  const peers = message.peers.map(({ host, port }) => ({ host: host || coordinatorHost, port }))
  return { ...message, peers }
}
