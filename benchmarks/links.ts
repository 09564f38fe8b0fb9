import { execFileSync } from 'node:child_process'

// Machines with a slow network each, as network namespaces around a bridge: what one sends is held to a rate.

/** Everything made here begins with this, so that whatever a killed run left behind is found. */
const prefix = 'nebulink-'

/** 1 Gbit/s, as a switch with a little memory gives it. */
const shape = ['tbf', 'rate', '1gbit', 'burst', '256kb', 'latency', '40ms']

export interface Host {
  readonly address: string
  /** Its network, by the name that its programs see. */
  readonly interface: string
  /** A command as it is run on this host. */
  run(command: readonly string[]): string[]
}

export interface Links {
  readonly hosts: readonly Host[]
  close(): void
}

const run = (command: string, ...args: readonly string[]): string =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

/** Why there can be no such links here; undefined where there can. */
export function whyNoLinks(): string | undefined {
  if (process.getuid?.() !== 0) return 'shaped links need root'
  try {
    run('ip', '-V')
    run('tc', '-V')
    return undefined
  } catch {
    return 'shaped links need ip and tc (Debian: iproute2)'
  }
}

function removeAll(): void {
  const names = run('ip', 'netns', 'list').split('\n')
  for (const line of names) {
    const [name = ''] = line.split(' ')
    if (name.startsWith(prefix)) run('ip', 'netns', 'del', name)
  }
}

/** Hosts on one switch, each sending at 1 Gbit/s at most. */
export function openLinks(count: number): Links {
  removeAll()
  const hub = `${prefix}hub`
  const within = (name: string, ...args: readonly string[]) =>
    run('ip', 'netns', 'exec', name, ...args)
  try {
    run('ip', 'netns', 'add', hub)
    within(hub, 'ip', 'link', 'add', 'br0', 'type', 'bridge')
    within(hub, 'ip', 'link', 'set', 'br0', 'up')
    const hosts = Array.from({ length: count }, (_, i): Host => {
      const [name, port, address] = [`${prefix}${i}`, `port${i}`, `10.77.0.${i + 1}`]
      run('ip', 'netns', 'add', name)
      const ends = ['name', 'eth0', 'netns', name, 'type', 'veth', 'peer', 'name', port]
      run('ip', 'link', 'add', ...ends, 'netns', hub)
      within(hub, 'ip', 'link', 'set', port, 'master', 'br0', 'up')
      within(name, 'ip', 'address', 'add', `${address}/24`, 'dev', 'eth0')
      within(name, 'ip', 'link', 'set', 'lo', 'up')
      within(name, 'ip', 'link', 'set', 'eth0', 'up')
      within(name, 'tc', 'qdisc', 'add', 'dev', 'eth0', 'root', ...shape)
      const before = ['ip', 'netns', 'exec', name]
      return { address, interface: 'eth0', run: (command) => [...before, ...command] }
    })
    return { hosts, close: removeAll }
  } catch (error) {
    removeAll()
    throw error
  }
}

/** Hosts that are all this machine, without any link to slow them. */
export function openLoopback(count: number): Links {
  const host: Host = { address: '127.0.0.1', interface: 'lo', run: (command) => [...command] }
  return { hosts: Array.from({ length: count }, () => host), close: () => {} }
}
