import { isIPv4 } from 'node:net'
import { networkInterfaces, platform } from 'node:os'
import type { Address } from './links.ts'

// How a neighbour is reached. One on this machine by a local socket, which takes less of the processor than TCP over
// loopback. Such a socket has its name in the network namespace, as ports have, and not in the file system:
// containers that share one find it, others do not.

/** What Node listens on, or connects to. */
export type Way = Address | { readonly path: string }

/** Names outside the file system are Linux's. */
export const hasLocalSockets = platform() === 'linux'

const everywhere: readonly string[] = ['::', '0.0.0.0']

/** The local socket beside a port: of one address of this machine, or of all of them. */
export function localWayTo({ host, port }: Address): { readonly path: string } {
  return { path: `\0nebulift-ring ${everywhere.includes(host) ? '*' : host} ${port}` }
}

/** Ways to an address, the best first. */
export function waysTo(address: Address): Way[] {
  if (!isThisMachine(address.host)) return [address]
  return [localWayTo(address), localWayTo({ ...address, host: '::' }), address]
}

/**
 * What is to be proved over a way: names of local sockets are free for whoever comes first, who shall not pass on between
 * us what was said over another one.
 */
export function contextOver(context: string, way: Way): string {
  return 'path' in way ? `${context}, over ${way.path}` : context
}

/** Whether all of them are on this machine. */
export function areHere(addresses: readonly Address[]): boolean {
  return addresses.every(({ host }) => isThisMachine(host))
}

function isThisMachine(host: string): boolean {
  if (host === 'localhost' || (isIPv4(host) && host.startsWith('127.'))) return true
  const interfaces = Object.values(networkInterfaces()).flat()
  return interfaces.some((own) => own?.address === host)
}
