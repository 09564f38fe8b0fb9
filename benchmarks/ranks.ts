import { join } from 'node:path'
import { python } from './environment.ts'
import type { Links } from './links.ts'
import { startTalk, type Talk } from './talk.ts'

/** Processes that reduce together, one on each host. */
export interface Ranks {
  /** One all-reduce on all of them; the time of the slowest. @throws Error where a sum is wrong */
  lap(wire: 'float32' | 'bf16'): Promise<number>
  close(): Promise<void>
}

function together(talks: readonly Talk[]): Ranks {
  return {
    lap: async (wire) => {
      const answers = await Promise.all(talks.map(({ ask }) => ask(wire)))
      if (!answers.every(({ right }) => right)) throw new Error('a sum is wrong')
      return Math.max(...answers.map(({ ms }) => Number(ms)))
    },
    close: async () => {
      await Promise.all(talks.map(({ close }) => close()))
    },
  }
}

/** Our ring over these hosts, its memory allocated by the ring. */
export async function openRing({ hosts }: Links, elements: number): Promise<Ranks> {
  const script = join(import.meta.dirname, 'rows', 'allreduce_child.ts')
  const node = [process.execPath, '--conditions=@nebulift/source', script]
  const talks = hosts.map((host, rank) =>
    startTalk(
      host.run([
        ...node,
        JSON.stringify({ rank, world: hosts.length, elements, host: host.address }),
      ]),
    ),
  )
  const ports = await Promise.all(talks.map(({ next }) => next()))
  const peers = hosts.map(({ address }, i) => ({ host: address, port: ports[i].port }))
  await Promise.all(talks.map(({ ask }) => ask(JSON.stringify(peers))))
  return together(talks)
}

/** PyTorch's gloo over these hosts. */
export async function openGloo({ hosts }: Links, elements: number): Promise<Ranks> {
  const script = join(import.meta.dirname, 'rivals', 'gloo_laps.py')
  const master = hosts[0].address
  // Beyond the ports that systems hand out by themselves.
  const port = 20_000 + (process.pid % 10_000)
  const talks = hosts.map((host, rank) => {
    const options = { rank, world: hosts.length, elements, master, port }
    const env = { GLOO_SOCKET_IFNAME: host.interface, OMP_NUM_THREADS: '1' }
    return startTalk(host.run([python, script, JSON.stringify(options)]), env)
  })
  await Promise.all(talks.map(({ next }) => next()))
  return together(talks)
}
