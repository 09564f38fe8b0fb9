import { DistributedError } from './errors.ts'
import type { World } from './rendezvous/messages.ts'

/** Where a process stands among the others, and how they find one another. */
export interface Place {
  /** Of this process, from 0; its rank where the number of processes is fixed. */
  readonly index: number
  /** How many processes: equal bounds where the number is fixed. */
  readonly world: World
  /** Where the process with index 0 serves the rendezvous. */
  readonly master: { readonly host: string; readonly port: number }
  /** Where the others reach this process; default the address that the coordinator sees. */
  readonly host?: string
  /** Where this process listens for its neighbour; default 29501, or any port where that is taken. 0 takes any. */
  readonly ringPort?: number
  /** What all processes know and nobody else. */
  readonly token?: string
  /** A file that holds it. */
  readonly tokenFile?: string
}

/** What a command line says; it goes before the environment. */
export interface PlaceFlags {
  readonly index?: string | number
  /** `4`, or `2:4` for at least 2 and at most 4. */
  readonly nodes?: string | number
  readonly minNodes?: string | number
  readonly maxNodes?: string | number
  readonly masterAddr?: string
  readonly masterPort?: string | number
  readonly host?: string
  readonly ringPort?: string | number
  readonly token?: string
  readonly tokenFile?: string
}

/** The port of torchrun. */
const defaultMasterPort = 29_500
const mostNodes = 1024

/** As a command line has them, where `--master` is host and port in one. */
const flagNames: Readonly<Record<keyof PlaceFlags, string>> = {
  index: '--rank',
  nodes: '--nodes',
  minNodes: '--min-nodes',
  maxNodes: '--max-nodes',
  masterAddr: 'the host of --master',
  masterPort: 'the port of --master',
  host: '--host',
  ringPort: '--ring-port',
  token: '--token',
  tokenFile: '--token-file',
}

type Environment = Readonly<Record<string, string | undefined>>

interface Setting {
  readonly name: string
  readonly value: string
}

/**
 * The place of this process, from the variables of torchrun (`MASTER_ADDR`, `MASTER_PORT`, `WORLD_SIZE`, `RANK`), of
 * Kubeflow (`PET_MASTER_ADDR`, `PET_MASTER_PORT`, `PET_NNODES`, `PET_NODE_RANK`) and of Indexed Jobs
 * (`JOB_COMPLETION_INDEX`); besides `MIN_NODES`, `MAX_NODES`, `POD_IP`, `NEBULIFT_RING_PORT`, and `NEBULIFT_TOKEN` or
 * `NEBULIFT_TOKEN_FILE`. Where none of them names a number of processes, a rank or an address, this process is alone.
 * @throws DistributedError `BAD_ARGUMENT` naming the flag or variable, what it says and what was wanted
 */
export function placeFromEnvironment(env: Environment, flags: PlaceFlags = {}): Place {
  const read = reader(env, flags)
  const size = read('nodes', ['WORLD_SIZE', 'PET_NNODES'], sameWorld)
  const rank = read('index', ['RANK', 'PET_NODE_RANK', 'JOB_COMPLETION_INDEX'])
  const address = read('masterAddr', ['MASTER_ADDR', 'PET_MASTER_ADDR'])
  const port = read('masterPort', ['MASTER_PORT', 'PET_MASTER_PORT'])
  const world = worldOf(size, read('minNodes', ['MIN_NODES']), read('maxNodes', ['MAX_NODES']))
  if (!world && (rank || address))
    throw missing('how many processes there are', '--nodes or WORLD_SIZE')
  const { max } = world ?? { max: 1 }
  if (max > 1 && !rank)
    throw missing('the index of this process', '--rank or RANK or JOB_COMPLETION_INDEX')
  if (max > 1 && !address) throw missing('where index 0 is', '--master or MASTER_ADDR')
  const host = read('host', ['POD_IP'])
  const ringPort = read('ringPort', ['NEBULIFT_RING_PORT'])
  return {
    index: rank ? wholeOf(rank, { least: 0, most: max - 1 }) : 0,
    world: world ?? { min: 1, max: 1 },
    master: {
      host: address ? hostOf(address) : 'localhost',
      port: port ? wholeOf(port, { least: 1, most: 65_535 }) : defaultMasterPort,
    },
    ...(host ? { host: hostOf(host) } : {}),
    ...(ringPort ? { ringPort: wholeOf(ringPort, { least: 0, most: 65_535 }) } : {}),
    ...tokenOf(env, flags),
  }
}

type Read = (
  flag: keyof PlaceFlags,
  variables: readonly string[],
  same?: (a: Setting, b: Setting) => boolean,
) => Setting | undefined

/** Reads the flag, or the one of the variables that is set; where several are, they must agree. */
function reader(env: Environment, flags: PlaceFlags): Read {
  return (flag, variables, same = (a, b) => a.value === b.value) => {
    const given = flags[flag]
    if (given !== undefined) return { name: flagNames[flag], value: String(given).trim() }
    const [first, ...others] = variables
      .map((name) => ({ name, value: env[name]?.trim() ?? '' }))
      .filter(({ value }) => value !== '')
    const other = others.find((setting) => !same(first!, setting))
    if (other)
      throw new DistributedError(
        'BAD_ARGUMENT',
        `${first!.name} is ${first!.value}, but ${other.name} is ${other.value}`,
      )
    return first
  }
}

/** torchrun's WORLD_SIZE is the most of an elastic PET_NNODES. */
function sameWorld(size: Setting, nodes: Setting): boolean {
  return boundsOf(nodes).max === boundsOf(size).max
}

function worldOf(
  size: Setting | undefined,
  least: Setting | undefined,
  most: Setting | undefined,
): World | undefined {
  if (!size && !most) {
    if (least) throw missing('the most processes', '--nodes or WORLD_SIZE or MAX_NODES')
    return undefined
  }
  const bounds = size && boundsOf(size)
  const max = most ? wholeOf(most, { least: 1, most: mostNodes }) : bounds!.max
  const min = least ? wholeOf(least, { least: 1, most: max }) : (bounds?.min ?? max)
  if (min > max) throw wrong(most!, `at least ${min}, the least of ${size!.name}`)
  return { min, max }
}

function boundsOf(setting: Setting): World {
  const parts = /^(\d{1,9})(?::(\d{1,9}))?$/.exec(setting.value)
  const min = Number(parts?.[1])
  const max = Number(parts?.[2] ?? parts?.[1])
  if (min >= 1 && max >= min && max <= mostNodes) return { min, max }
  throw wrong(
    setting,
    `a number of processes up to ${mostNodes}, or the least and most such as 2:4`,
  )
}

function wholeOf(
  setting: Setting,
  { least, most }: { readonly least: number; readonly most: number },
): number {
  const number = /^\d{1,9}$/.test(setting.value) ? Number(setting.value) : Number.NaN
  if (number >= least && number <= most) return number
  throw wrong(setting, `a whole number from ${least} to ${most}`)
}

function hostOf(setting: Setting): string {
  if (/^[\w.:-]{1,253}$/.test(setting.value)) return setting.value
  throw wrong(setting, 'a host name or address, without a port')
}

function tokenOf(env: Environment, flags: PlaceFlags): Pick<Place, 'token' | 'tokenFile'> {
  const flagged = flags.token !== undefined || flags.tokenFile !== undefined
  const [token, tokenFile] = flagged
    ? [flags.token, flags.tokenFile]
    : [env.NEBULIFT_TOKEN || undefined, env.NEBULIFT_TOKEN_FILE || undefined]
  if (token !== undefined && tokenFile !== undefined)
    throw new DistributedError(
      'BAD_ARGUMENT',
      flagged
        ? 'got both --token and --token-file, wanted one of them'
        : 'got both NEBULIFT_TOKEN and NEBULIFT_TOKEN_FILE, wanted one of them',
    )
  if (token === '')
    throw new DistributedError('BAD_ARGUMENT', 'the token is empty, wanted what all processes know')
  return { ...(token === undefined ? {} : { token }), ...(tokenFile ? { tokenFile } : {}) }
}

function missing(what: string, wanted: string): DistributedError {
  return new DistributedError('BAD_ARGUMENT', `nothing says ${what}: wanted ${wanted}`)
}

function wrong({ name, value }: Setting, wanted: string): DistributedError {
  return new DistributedError(
    'BAD_ARGUMENT',
    `${name} is ${JSON.stringify(value)}, wanted ${wanted}`,
  )
}
