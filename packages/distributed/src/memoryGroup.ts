import type { Collective } from './collective.ts'
import { memoryCollectives } from './memoryCollectives.ts'
import { type CoordinatorEvent, coordinate, newCoordinator } from './rendezvous/coordinator.ts'
import { type Link, type LinkEvents, Member } from './rendezvous/member.ts'
import { protocol, type Summons, type ToCoordinator } from './rendezvous/messages.ts'

/** How a group in memory is made. */
export interface MemoryGroupOptions {
  /** The least members of an elastic world; default as many as there can be. */
  readonly min?: number
  /** Default 10 min. */
  readonly meetTimeoutMs?: number
}

/** Members in one process, which come and go as processes do. */
export interface MemoryGroup {
  /** A process begins, with an index from 0. @throws DistributedError at `meet`, `REFUSED` where the index is taken */
  start(index: number): Member
  /** The last process with this index ends without a word: its operations reject, and so does its `meet`. */
  kill(index: number): void
}

/**
 * A group for tests and for processes that are alone: the coordinator and the members of separate machines, without
 * sockets and clocks. An elastic world begins as soon as the least members are there.
 */
export function memoryGroup(world: number, options: MemoryGroupOptions = {}): MemoryGroup {
  const { min = world, meetTimeoutMs = 600_000 } = options
  const settings = { world: { min, max: world }, layout: '', ...noClock }
  const coordinator = memoryCoordinator(settings)
  const rings = memoryRings()
  const members = new Map<number, Member>()
  return {
    start: (index) => {
      const member = new Member({
        application: {
          ...{ protocol, index, world: settings.world, layout: '' },
          address: { host: 'memory', port: 1 },
        },
        coordinator: 'memory',
        dial: (events) => Promise.resolve(coordinator.open(events)),
        connect: rings,
        meetTimeoutMs,
      })
      members.set(index, member)
      return member
    },
    kill: (index) => {
      members.get(index)?.close()
    },
  }
}

/** Nobody is ever silent, and nobody is waited for. */
const noClock = { silentMs: Number.POSITIVE_INFINITY, graceMs: 0, probeMs: 0 }

function memoryCoordinator(settings: Parameters<typeof newCoordinator>[0]) {
  const links = new Map<number, LinkEvents>()
  let state = newCoordinator(settings)
  let next = 1
  const happen = (event: CoordinatorEvent) => {
    const { effects, ...after } = coordinate(state, event)
    state = after.state
    for (const effect of effects) {
      // Later, as over a network: nobody is called back while it speaks.
      queueMicrotask(() => {
        const events = links.get(effect.link)
        if (effect.type === 'send') events?.onMessage(effect.message)
        else if (links.delete(effect.link)) events?.onLost('the connection closed')
      })
    }
  }
  const receive = (link: number, message: ToCoordinator) => {
    if (links.has(link)) happen({ ...message, link, atMs: 0 })
  }
  return {
    open: (events: LinkEvents): Link => {
      const link = next++
      links.set(link, events)
      return {
        send: (message) => queueMicrotask(() => receive(link, message)),
        close: () => {
          if (links.delete(link)) queueMicrotask(() => happen({ type: 'closed', link, atMs: 0 }))
        },
      }
    },
  }
}

/** The collectives of each generation, made by whoever comes first. */
function memoryRings(): (summons: Summons) => Promise<Collective> {
  let made: { generation: number; ranks: readonly Collective[] } | undefined
  return async ({ generation, rank, peers }) => {
    if (made?.generation !== generation)
      made = { generation, ranks: memoryCollectives(peers.length, { generation }) }
    return made.ranks[rank]!
  }
}
