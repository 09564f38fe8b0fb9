import { execFileSync } from 'node:child_process'

// Machines as network namespaces, each with a cable to one switch that can be pulled.

/** Everything made here begins with this, so that whatever a killed run left behind is found. */
const prefix = 'nbf-'
const hub = `${prefix}hub`

export interface Bridge {
  address(index: number): string
  /** What goes before a command of that machine. */
  before(index: number): readonly string[]
  /** `carrier`: both ends see that there is no cable. `silent`: what is sent gets lost, and nobody is told. */
  cut(index: number, how: 'carrier' | 'silent'): void
  mend(index: number): void
  close(): void
}

const run = (command: string, ...args: readonly string[]): string =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
const within = (name: string, ...args: readonly string[]) =>
  run('ip', 'netns', 'exec', name, ...args)

/** Why there can be no such machines here; undefined where there can. */
export function whyNoBridge(): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  try {
    openBridge(1).close()
    return undefined
  } catch (error) {
    return `no network namespaces here: ${(error as Error).message.trim().split('\n').at(-1)}`
  }
}

export function openBridge(count: number): Bridge {
  removeAll()
  try {
    run('ip', 'netns', 'add', hub)
    within(hub, 'ip', 'link', 'add', 'br0', 'type', 'bridge')
    within(hub, 'ip', 'link', 'set', 'br0', 'up')
    for (let index = 0; index < count; index++) addMachine(index)
  } catch (error) {
    removeAll()
    throw error
  }
  return {
    address: addressOf,
    before: (index) => ['ip', 'netns', 'exec', `${prefix}${index}`],
    cut: (index, how) =>
      void within(hub, 'ip', 'link', 'set', `port${index}`, how === 'silent' ? 'nomaster' : 'down'),
    mend: (index) => void within(hub, 'ip', 'link', 'set', `port${index}`, 'master', 'br0', 'up'),
    close: removeAll,
  }
}

const addressOf = (index: number) => `10.78.0.${index + 1}`

function addMachine(index: number): void {
  const [name, port] = [`${prefix}${index}`, `port${index}`]
  run('ip', 'netns', 'add', name)
  const ends = ['name', 'eth0', 'netns', name, 'type', 'veth', 'peer', 'name', port]
  run('ip', 'link', 'add', ...ends, 'netns', hub)
  within(hub, 'ip', 'link', 'set', port, 'master', 'br0', 'up')
  within(name, 'ip', 'address', 'add', `${addressOf(index)}/24`, 'dev', 'eth0')
  within(name, 'ip', 'link', 'set', 'lo', 'up')
  within(name, 'ip', 'link', 'set', 'eth0', 'up')
}

function removeAll(): void {
  for (const line of run('ip', 'netns', 'list').split('\n')) {
    const [name = ''] = line.split(' ')
    if (name.startsWith(prefix)) run('ip', 'netns', 'del', name)
  }
}
