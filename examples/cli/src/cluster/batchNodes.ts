import { exitCodes } from '@nebulift/distributed'
import { CliError } from '../errors.ts'
import { isMerged } from '../night/isMerged.ts'
import { defaultJobs } from '../night/jobs.ts'
import type { FoundNight, Gather } from '../night/runBatch.ts'
import { gatherShards, largestPixels, type MissingShard } from '../night/shards.ts'
import { plural } from '../terminal/text.ts'
import { runLocalNodes } from './localNodes.ts'

/** What a process that measures shards sends to the one that started it. */
export interface ShardMessage {
  /** A frame was measured, or found to be. */
  readonly item?: string
}

export interface BatchNodesOptions {
  /** The command line of a batch, as it was given to this process. */
  readonly argv: readonly string[]
  readonly nodes: number
  /** Frames at once in each process. Default: a share of what the machine allows. */
  readonly jobs?: number | undefined
  readonly onProgress: (done: number, frames: number) => void
  readonly say: (message: string) => void
  readonly signal?: AbortSignal | undefined
}

/** Pieces of a night on one machine: so many that it matters little when a process is slow or lost. */
const SHARDS = 64

/** Measures a night by several processes of this machine. */
export function gatherFromNodes(options: BatchNodesOptions): Gather {
  const { nodes, signal, say, onProgress } = options
  return async (night) => {
    const { frames } = night
    const shards = Math.max(1, Math.min(SHARDS, frames.length))
    const jobs = options.jobs ?? (await jobsOfEach(night, nodes))
    const seen = new Set<string>()
    onProgress(0, frames.length)
    const code = await runLocalNodes({
      nodes: Math.min(nodes, shards),
      argv: [...options.argv, '--shards', String(shards), '--jobs', String(jobs)],
      signal,
      say,
      onMessage: (message) => {
        const { item } = message as ShardMessage
        // A process that takes a lost one's place tells of its frames again.
        if (item === undefined || seen.has(item)) return
        onProgress(seen.add(item).size, frames.length)
      },
    })
    if (signal?.aborted) return (await gatherShards(night, shards)).measuredNow
    if (code !== 0) {
      throw new CliError(`the processes that measure cannot go on (exit code ${code})`, {
        exitCode: code,
        hint: code === exitCodes.retry ? 'run the same command again: it goes on' : undefined,
      })
    }
    return gatherAll(night, shards)
  }
}

async function jobsOfEach({ frames }: FoundNight, nodes: number): Promise<number> {
  return Math.max(1, Math.floor(defaultJobs(await largestPixels(frames)) / nodes))
}

/** Takes what machines have measured, which each made shards of the night; all of them must be there. */
export async function gatherAll(night: FoundNight, shards: number): Promise<number> {
  const { measuredNow, missing } = await gatherShards(night, shards)
  if (missing.length > 0) throw missingError(missing, shards)
  return measuredNow
}

/** The same for a merge, which may have been done before: then shards are gone and nothing has to be taken. */
export async function gatherForMerge(
  night: FoundNight,
  { shards, say }: { readonly shards: number; readonly say: (message: string) => void },
): Promise<number> {
  const { measuredNow, missing } = await gatherShards(night, shards)
  if (missing.length === 0) return measuredNow
  const gone = missing.length === shards && missing.every(({ reason }) => reason === 'missing')
  if (!gone || !(await isMerged(night))) throw missingError(missing, shards)
  say('this night is merged already: its shards are gone, and nothing is left to measure')
  return 0
}

const reasons: Readonly<Record<MissingShard['reason'], string>> = {
  missing: '',
  damaged: ' (damaged)',
  options: ' (measured with other options)',
  frames: ' (of other frames)',
}

function missingError(missing: readonly MissingShard[], shards: number): CliError {
  const shown = missing.slice(0, 10).map(({ shard, reason }) => `${shard}${reasons[reason]}`)
  const more = missing.length > shown.length ? ` and ${missing.length - shown.length} more` : ''
  const are = missing.length === 1 ? 'is' : 'are'
  const message = `${plural(missing.length, 'shard')} of ${shards} ${are} missing: ${shown.join(', ')}${more}`
  // To merge again would not change the options of either side.
  const otherOptions = missing.find(({ reason }) => reason === 'options')
  const first = otherOptions ?? missing[0]
  const command = `--shards ${shards} --shard-index ${first?.shard}`
  return new CliError(message, {
    exitCode: otherOptions ? exitCodes.never : exitCodes.retry,
    hint: otherOptions
      ? `merge with the options of the shards, or measure them again: ${command}, with the options of this merge`
      : `run it with ${command}, with the same options`,
  })
}
