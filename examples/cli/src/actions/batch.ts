import { gatherForMerge, gatherFromNodes } from '../cluster/batchNodes.ts'
import { endAsJob } from '../cluster/jobExit.ts'
import type { CommandContext } from '../commands/context.ts'
import { CliError } from '../errors.ts'
import { chosenModel } from '../learning/shippedModel.ts'
import { type BatchResult, type Gather, runBatch } from '../night/runBatch.ts'
import { removeShards } from '../night/shards.ts'
import type { SortAction } from '../night/sortFrames.ts'
import type { Manifest } from '../output/manifest.ts'
import { causeText, headline } from '../terminal/frameText.ts'
import { nightText } from '../terminal/nightText.ts'
import type { Progress } from '../terminal/progress.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { formatDuration, printable } from '../terminal/text.ts'
import { batchShard } from './batchShard.ts'
import { showBatch } from './showBatch.ts'

/** Options as they were typed. */
export interface BatchFlags {
  readonly action: SortAction
  readonly jobs?: number
  readonly recursive?: boolean
  readonly hdu?: number
  /** A file; false for none. Default the one that comes along. */
  readonly model?: string | boolean
  readonly json?: boolean
  /** Processes of this machine that measure. */
  readonly nodes?: number
  /** Pieces that machines measure, one or some each. */
  readonly shards?: number
  readonly shardIndex?: number
  readonly merge?: boolean
}

/** The work of `nebulift batch`. */
export async function batch(
  context: CommandContext,
  input: string,
  output: string,
  flags: BatchFlags,
): Promise<number> {
  checkSharing(flags)
  const { shards, merge = false } = flags
  const { signal } = context.io
  const folders = { input, output }
  if (shards === undefined) return judge(context, folders, flags)
  if (!merge) return endAsJob(() => batchShard(context, folders, { ...flags, shards }), signal)
  return endAsJob(async () => {
    const code = await judge(context, folders, flags)
    // Frames that cannot be read are named; to start it again would not make them readable.
    return code === 1 ? 0 : code
  }, signal)
}

interface Folders {
  readonly input: string
  readonly output: string
}

/** Judges the whole night; returns 1 where some files failed. */
async function judge(
  context: CommandContext,
  { input, output }: Folders,
  flags: BatchFlags,
): Promise<number> {
  const { io, terminal } = context
  const { json = false, action, jobs, recursive = false, hdu } = flags
  const model = chosenModel(flags.model)
  const started = performance.now()
  const show = showBatch(terminal)
  const gather = gatherOf(context, { input, output }, flags)
  let result: BatchResult
  try {
    const { onEvent } = show
    result = await runBatch(input, output, {
      ...{ action, recursive, onEvent },
      ...(jobs !== undefined && { jobs }),
      ...(hdu !== undefined && { hdu }),
      ...(model !== undefined && { model }),
      ...(gather && { gather }),
      ...(io.signal && { signal: io.signal }),
    })
  } finally {
    show.stop()
  }
  if (terminal.verbose) logVerdicts(terminal, result)
  if (result.interrupted) return reportInterrupted(terminal, result)
  if (gather) await removeShards(result.layout)
  if (json) terminal.print(JSON.stringify(result.manifest, null, 1))
  else printNight(terminal, result, performance.now() - started)
  return result.manifest.failed.length > 0 ? 1 : 0
}

/** Where else frames are measured, if anywhere. */
function gatherOf(
  { io, terminal }: CommandContext,
  { input, output }: Folders,
  flags: BatchFlags,
): Gather | undefined {
  const { nodes, shards, jobs } = flags
  if (shards !== undefined) {
    const say = (line: string) => terminal.log('info', line)
    return (night) => gatherForMerge(night, { shards, say })
  }
  if (nodes === undefined) return undefined
  return async (night) => {
    let progress: Progress | undefined
    const onProgress = (done: number, frames: number) => {
      progress ??= terminal.progress('judging', frames)
      if (done > 0) progress.advance()
    }
    try {
      return await gatherFromNodes({
        ...{ argv: nodeArguments(input, output, flags), nodes, jobs, onProgress },
        ...{ say: (line) => terminal.log('warn', line), signal: io.signal },
      })(night)
    } finally {
      progress?.stop()
    }
  }
}

/** The same batch, for a process that measures. */
function nodeArguments(
  input: string,
  output: string,
  { recursive = false, hdu, model }: BatchFlags,
): string[] {
  return [
    ...['batch', input, output],
    ...(recursive ? ['--recursive'] : []),
    ...(hdu === undefined ? [] : ['--hdu', String(hdu)]),
    ...(typeof model === 'string' ? ['--model', model] : model === false ? ['--no-model'] : []),
  ]
}

function checkSharing({ nodes, shards, shardIndex, merge = false, json }: BatchFlags): void {
  const wrong = (message: string) => new CliError(message, { exitCode: 2 })
  if (shards === undefined) {
    if (shardIndex !== undefined) throw wrong('--shard-index needs --shards')
    if (merge) throw wrong('--merge needs --shards')
    return
  }
  if (nodes !== undefined) throw wrong('--nodes and --shards exclude each other')
  if (merge && shardIndex !== undefined) throw wrong('--merge and --shard-index exclude each other')
  if (json && !merge) throw wrong('--json prints the manifest, which --merge makes')
}

/** What a model did, in one line; nothing where none was asked. */
function learnedText(frames: Manifest['frames']): string | undefined {
  const asked = frames.filter(({ decidedBy }) => decidedBy !== undefined)
  if (asked.length === 0) return undefined
  const count = (test: (frame: Manifest['frames'][number]) => boolean) => asked.filter(test).length
  const agreed = count(({ decidedBy }) => decidedBy === 'both')
  const settled = count(({ decidedBy, verdict }) => decidedBy === 'model' && verdict !== 'review')
  const doubted = count(({ decidedBy, verdict }) => decidedBy === 'model' && verdict === 'review')
  return `  model: agreed on ${agreed}, settled ${settled}, wants a look at ${doubted}`
}

/** The summary that ends a batch for people. */
export function printNight(terminal: Terminal, result: BatchResult, ms: number): void {
  const { manifest, layout, measuredNow } = result
  terminal.print(nightText(manifest, terminal.paint))
  const learned = learnedText(manifest.frames)
  if (learned) terminal.print(learned)
  terminal.print(`  ${measuredNow} measured now, in ${formatDuration(ms)}`)
  terminal.print()
  terminal.print(`  report    ${layout.report}`)
  terminal.print(`  manifest  ${layout.manifest}`)
}

function reportInterrupted(terminal: Terminal, { manifest }: BatchResult): number {
  const judged = manifest.frames.length + manifest.calibration.length
  const message = `interrupted after ${judged} frames; run the same command again to go on`
  terminal.log('warn', message)
  return 130
}

function logVerdicts(terminal: Terminal, { manifest }: BatchResult): void {
  const plain = (_format: unknown, text: string) => text
  for (const frame of manifest.frames) {
    const why = frame.causes.map((cause) => `; ${causeText(cause)}`).join('')
    const { verdict, action, score, causes } = frame
    const fields = { file: printable(frame.file), verdict, action, score, causes }
    terminal.log('debug', `${headline(frame, plain)}${why}`, fields)
  }
}
