import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { openLinks, openLoopback } from '../links.ts'
import { startTalk, type Talk } from '../talk.ts'
import type { Order, Start } from './scaling_orders.ts'
import { openShares } from './scaling_share.ts'

/** Machines that train together: each a process with a share of a core and a link of its own. */
export interface Machines {
  /** Numbers that are learned. */
  readonly parameters: number
  /** All do the same at once; what each of them found. */
  all<Found>(order: Order): Promise<Found[]>
  close(): Promise<void>
}

export interface MachinesOptions extends Omit<Start, 'rank' | 'world' | 'host' | 'master'> {
  readonly count: number
  /** Of each machine: a fraction. */
  readonly cores: number
}

/** The process is bound to a core as well: two threads of one machine shall not run at the same time. */
const command = (rank: number, options: Start): string[] => [
  ...['taskset', '-c', `${rank % availableParallelism()}`],
  ...[process.execPath, '--conditions=@nebulift/source'],
  ...[join(import.meta.dirname, 'scaling_child.ts'), JSON.stringify(options)],
]

export async function openMachines(options: MachinesOptions): Promise<Machines> {
  const { count, cores, ...rest } = options
  const links = count > 1 ? openLinks(count) : openLoopback(1)
  const talks: Talk[] = []
  const ended = () => Promise.all(talks.map(({ close }) => close()))
  try {
    const shares = await openShares(count, cores)
    const close = async () => {
      await ended()
      await shares.close()
      links.close()
    }
    const master = links.hosts[0].address
    for (const [rank, host] of links.hosts.entries()) {
      const own = { ...rest, rank, world: count, host: host.address, master }
      talks.push(startTalk(host.run(command(rank, own))))
    }
    try {
      // Limited only once they have started, which nobody wants to know the time of.
      const ready = await Promise.all(talks.map(({ next }) => next()))
      for (const [rank, { pid }] of ready.entries()) shares.hold(rank, Number(pid))
      const all = async <Found>(order: Order) => {
        const line = JSON.stringify(order)
        const said = await Promise.all(talks.map(({ ask }) => ask(line)))
        return said.map(({ answer }) => answer as Found)
      }
      return { parameters: Number(ready[0].parameters), all, close }
    } catch (error) {
      await close()
      throw error
    }
  } catch (error) {
    await ended()
    links.close()
    throw error
  }
}
