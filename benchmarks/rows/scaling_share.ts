import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

// Machines that are slower than this one, as control groups of Linux: each has the same share of a core, no more.

/** Everything made here begins with this, so that whatever a killed run left behind is found. */
const prefix = 'nebushare-'
/** Short beside a step and a sum: whoever is held back must not look like a lost machine. */
const periodUs = 10_000
/** Of 1024 that a program has by itself: whatever else runs here must not take the share away. */
const weightV1 = 16_384
/** The same of 100. */
const weightV2 = 1600

export interface Shares {
  /** Holds a process, with all threads it has and will have, to the share of one machine. */
  hold(machine: number, pid: number): void
  /** Once its processes have ended. */
  close(): Promise<void>
}

interface Hierarchy {
  readonly root: string
  readonly limits: (cores: number) => Readonly<Record<string, string>>
}

const first: Hierarchy = {
  root: '/sys/fs/cgroup/cpu',
  limits: (cores) => ({
    'cpu.cfs_period_us': `${periodUs}`,
    'cpu.cfs_quota_us': `${Math.round(cores * periodUs)}`,
    'cpu.shares': `${weightV1}`,
  }),
}

const second: Hierarchy = {
  root: '/sys/fs/cgroup',
  limits: (cores) => ({
    'cpu.max': `${Math.round(cores * periodUs)} ${periodUs}`,
    'cpu.weight': `${weightV2}`,
  }),
}

/** The mounted hierarchy that limits processors, of version 1 or 2. */
function hierarchy(): Hierarchy | undefined {
  if (existsSync(join(first.root, 'cpu.cfs_quota_us'))) return first
  try {
    const text = readFileSync(join(second.root, 'cgroup.subtree_control'), 'utf8')
    return text.split(/\s/).includes('cpu') ? second : undefined
  } catch {
    return undefined
  }
}

/** Why processors cannot be shared out here; undefined where they can. */
export function whyNoShares(): string | undefined {
  if (process.getuid?.() !== 0) return 'shares of a processor need root'
  return hierarchy() ? undefined : 'there is no control group for processors (cpu, cgroup v1 or v2)'
}

/** So many machines of `cores` cores each, which may be a fraction. */
export async function openShares(machines: number, cores: number): Promise<Shares> {
  const found = hierarchy()
  if (!found) throw new Error('no control group for processors')
  const { root, limits } = found
  await removeAll(root)
  const folders = Array.from({ length: machines }, (_, i) => join(root, `${prefix}${i}`))
  for (const folder of folders) {
    mkdirSync(folder)
    for (const [name, value] of Object.entries(limits(cores)))
      writeFileSync(join(folder, name), value)
  }
  return {
    hold: (machine, pid) => writeFileSync(join(folders[machine], 'cgroup.procs'), `${pid}`),
    close: () => removeAll(root),
  }
}

async function removeAll(root: string): Promise<void> {
  const names = readdirSync(root).filter((name) => name.startsWith(prefix))
  for (const name of names) await remove(join(root, name))
}

/** A process that has ended leaves its group a little later. */
async function remove(folder: string): Promise<void> {
  for (let tries = 50; ; tries--)
    try {
      return rmdirSync(folder)
    } catch (error) {
      if (tries === 0) throw error
      await setTimeout(20)
    }
}
