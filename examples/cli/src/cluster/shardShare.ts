import { exitCodes } from '@nebulift/distributed'
import { CliError } from '../errors.ts'

/** Which shards are a process's: `rank`, `rank + world` and so on. */
export interface ShardShare {
  readonly rank: number
  readonly world: number
}

/**
 * The share of this process: the one shard that was asked for, or what the environment says, as a launcher (`RANK` and
 * `WORLD_SIZE`) or an Indexed Job (`JOB_COMPLETION_INDEX`) sets it.
 */
export function shardShare(
  env: Readonly<Record<string, string | undefined>>,
  shards: number,
  index?: number,
): ShardShare {
  if (index !== undefined) return shareOf('--shard-index', String(index), shards)
  const { RANK: rank, WORLD_SIZE: world, JOB_COMPLETION_INDEX: job } = env
  if (rank && world) return shareOf('RANK', rank, wholeOf('WORLD_SIZE', world))
  if (job) return shareOf('JOB_COMPLETION_INDEX', job, shards)
  throw new CliError(`--shards ${shards}: which of them?`, {
    exitCode: exitCodes.never,
    hint: 'add --shard-index I to measure one, or --merge when all are measured',
  })
}

function shareOf(name: string, text: string, world: number): ShardShare {
  const rank = wholeOf(name, text)
  if (rank >= world) throw wrong(name, text, `a whole number from 0 to ${world - 1}`)
  return { rank, world }
}

function wholeOf(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text.trim())) throw wrong(name, text, 'a whole number')
  return Number(text)
}

const wrong = (name: string, got: string, wanted: string) =>
  new CliError(`${name} ${got}: wanted ${wanted}`, { exitCode: exitCodes.never })
