import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Place } from '../environment.ts'
import { DistributedError } from '../errors.ts'
import type { Group } from '../group.ts'
import { memoryGroup } from '../memoryGroup.ts'
import { reasonOf } from '../reasonOf.ts'
import { Member } from '../rendezvous/member.ts'
import { protocol } from '../rendezvous/messages.ts'
import { type Coordinator, openCoordinator } from './rendezvous/coordinator.ts'
import { dialer } from './rendezvous/link.ts'
import type { Credentials } from './rendezvous/sockets.ts'
import type { TlsOptions } from './ring/links.ts'
import { listenRing, type RingListener } from './ring.ts'

/** How processes come together. */
export interface GroupOptions {
  readonly place: Place
  /** How gradients lie, as `Replica.layout` says: whoever trains something else is refused. */
  readonly layout: string
  /** Encrypts all connections; every process shows a certificate that the authority has signed. */
  readonly tls?: TlsOptions
  /** The address to listen on; default all. */
  readonly bind?: string
  /** Whoever says nothing for so long is lost: longer than any computation that blocks the thread. Default 20 s. */
  readonly silentMs?: number
  /** How long an elastic world waits for more than its least. Default 10 s. */
  readonly graceMs?: number
  /** How long `meet` waits. Default 10 min. */
  readonly meetTimeoutMs?: number
  /**
   * How long index 0 stays for the others to leave. Default 5 s. Where one was lost when all was done, it stays up to
   * `meetTimeoutMs` for the process in its place, which would wait in vain otherwise; `close` ends that.
   */
  readonly lingerMs?: number
  /**
   * Hears in a line what this process waits for (after 2 s, then every 10 s), who is lost, and, with index 0, who comes
   * with another token.
   */
  readonly say?: (line: string) => void
}

/** A process among others, and what its metrics want to know. */
export interface OpenGroup extends Group {
  /** The last meeting; 0 before the first. */
  readonly generation: number
  /** Indexes of the processes of the last meeting, by rank. */
  readonly members: readonly number[]
  /** Goes without a word, as in a crash: the others wait for another process in its place. */
  close(): Promise<void>
}

const defaultRingPort = 29_501
const defaultSilentMs = 20_000
const defaultGraceMs = 10_000
const probeMs = 3000
const handshakeMs = 5000
const longestLayout = 200

/**
 * Opens the way to the other processes of a training; nobody is met yet. The process with index 0 serves the
 * rendezvous as well. End it by `leave` where the work is done, by `close` where it is not.
 * @throws DistributedError `BAD_ARGUMENT` where there is no token or nowhere to listen, `REFUSED` where index 0 finds
 * its port taken
 */
export async function openGroup(options: GroupOptions): Promise<OpenGroup> {
  const { place, tls } = options
  if (place.world.max === 1) return memoryGroup(1).start(0)
  const token = await tokenOf(place)
  const credentials = { token, handshakeMs, ...(tls ? { tls } : {}) }
  const ring = await openRing(options, token)
  try {
    const coordinator = place.index === 0 ? await serve(options, credentials) : undefined
    return joined(options, { credentials, coordinator, ring })
  } catch (error) {
    await ring.close()
    throw error
  }
}

interface Parts {
  readonly credentials: Credentials
  readonly coordinator: Coordinator | undefined
  readonly ring: RingListener
}

function joined(options: GroupOptions, { credentials, coordinator, ring }: Parts): OpenGroup {
  const { place, bind, say, meetTimeoutMs = 600_000, lingerMs = 5000, silentMs } = options
  // Index 0 needs no name to find itself, which may not be known yet.
  const { host, port } = coordinator
    ? { host: bind ?? '127.0.0.1', port: coordinator.port }
    : place.master
  const member = new Member({
    application: {
      protocol,
      index: place.index,
      world: place.world,
      layout: shortLayout(options.layout),
      address: { host: place.host ?? '', port: ring.port },
    },
    coordinator: `${host}:${port}`,
    dial: dialer({ host, port, credentials, silentMs: silentMs ?? defaultSilentMs }),
    connect: ({ rank, peers, generation }, signal) =>
      ring.connect({ rank, world: peers.length, generation, peers, signal }),
    meetTimeoutMs,
    ...(say ? { say } : {}),
  })
  const close = async () => {
    await coordinator?.close()
    await ring.close()
  }
  let closed: Promise<void> | undefined
  const shut = () => {
    closed ??= close()
    return closed
  }
  return {
    get generation() {
      return member.generation
    },
    get members() {
      return member.members
    },
    leads: member.leads,
    meet: (progress) => member.meet(progress),
    conclude: (end) => member.conclude(end),
    leave: async () => {
      await member.leave()
      await coordinator?.drained({ lingerMs, lostMs: meetTimeoutMs })
      await shut()
    },
    close: async () => {
      await member.close()
      await shut()
    },
  }
}

function serve(options: GroupOptions, credentials: Credentials): Promise<Coordinator> {
  const { place, bind, say, silentMs = defaultSilentMs, graceMs = defaultGraceMs } = options
  return openCoordinator({
    ...(bind === undefined ? {} : { bind }),
    ...(say ? { say } : {}),
    port: place.master.port,
    credentials,
    settings: {
      world: place.world,
      layout: shortLayout(options.layout),
      silentMs,
      graceMs,
      probeMs,
    },
  })
}

async function openRing(options: GroupOptions, token: string): Promise<RingListener> {
  const { place, bind, tls, silentMs = defaultSilentMs } = options
  const listen = (port: number) =>
    listenRing({
      ...(bind === undefined ? {} : { host: bind }),
      ...(tls ? { tls } : {}),
      ...{ port, token, idleTimeoutMs: silentMs },
    })
  if (place.ringPort !== undefined) return listen(place.ringPort)
  try {
    return await listen(defaultRingPort)
  } catch (error) {
    // Several processes on one machine.
    if (isTaken(error)) return listen(0)
    throw error
  }
}

function isTaken(error: unknown): boolean {
  const { cause } = error as { readonly cause?: NodeJS.ErrnoException }
  return error instanceof DistributedError && cause?.code === 'EADDRINUSE'
}

async function tokenOf({ token, tokenFile }: Place): Promise<string> {
  if (token !== undefined) return token
  if (tokenFile === undefined)
    throw new DistributedError(
      'BAD_ARGUMENT',
      'no token: wanted NEBULIFT_TOKEN, or NEBULIFT_TOKEN_FILE or --token-file, the same for all processes',
    )
  const text = await readFile(tokenFile, 'utf8').catch((cause) => {
    const message = `the token cannot be read from ${tokenFile}: ${reasonOf(cause)}`
    throw new DistributedError('BAD_ARGUMENT', message, { cause })
  })
  if (text.trim() === '')
    throw new DistributedError('BAD_ARGUMENT', `the token in ${tokenFile} is empty`)
  return text.trim()
}

/** Long ones by their hash: two of them are told apart, and an error still fits in a line. */
function shortLayout(layout: string): string {
  if (layout.length <= longestLayout) return layout
  const hash = createHash('sha256').update(layout).digest('hex').slice(0, 16)
  return `${layout.slice(0, longestLayout)}… (sha256 ${hash})`
}
