import { exitCodes, type ShardEvent } from '@nebulift/distributed'
import type { ShardMessage } from '../cluster/batchNodes.ts'
import { shardShare } from '../cluster/shardShare.ts'
import type { CommandContext } from '../commands/context.ts'
import { chosenModel } from '../learning/shippedModel.ts'
import { measureShards } from '../night/shards.ts'
import type { Progress } from '../terminal/progress.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { plural, printable } from '../terminal/text.ts'
import type { BatchFlags } from './batch.ts'

/** The work of `nebulift batch --shards N`: measures some shards and judges nothing. */
export async function batchShard(
  { io, terminal }: CommandContext,
  folders: { readonly input: string; readonly output: string },
  flags: BatchFlags & { readonly shards: number },
): Promise<number> {
  const { shards, shardIndex, jobs, recursive = false, hdu, model } = flags
  const share = shardShare(io.env, shards, shardIndex)
  const tellParent = io.parent as ((message: ShardMessage) => void) | undefined
  const show = showShards(terminal, tellParent)
  let there: number
  try {
    there = await measureShards(folders.input, folders.output, {
      ...{ shards, ...share, jobs, recursive, hdu },
      picture: chosenModel(model) !== undefined,
      onEvent: show.onEvent,
      signal: io.signal,
    })
  } finally {
    show.stop()
  }
  if (!tellParent) terminal.print(show.summary(there, shards))
  return exitCodes.done
}

/** What shards hold so far; failed frames are named by whoever merges, too. */
function showShards(terminal: Terminal, tellParent?: (message: ShardMessage) => void) {
  let progress: Progress | undefined
  let [items, failed] = [0, 0]
  const measured: number[] = []
  const onItem = ({ item, error }: Extract<ShardEvent, { type: 'item' }>) => {
    if (tellParent) return tellParent({ item })
    progress?.advance()
    if (error !== undefined) terminal.log('error', error, { file: printable(item) })
  }
  const onEvent = (event: ShardEvent) => {
    switch (event.type) {
      case 'start':
        if (!tellParent) progress = terminal.progress('measuring', event.items)
        break
      case 'item':
        onItem(event)
        break
      case 'redo':
        terminal.log('warn', `shard ${event.shard}: ${reasons[event.reason]}; measured again`)
        break
      case 'retry':
        terminal.log('warn', `shard ${event.shard}: ${event.error}; tried again`)
        break
      default:
        measured.push(event.shard)
        items += event.items
        failed += event.failed
    }
  }
  const summary = (there: number, shards: number) => {
    const bad = failed > 0 ? `, ${failed} of them not readable` : ''
    const next = there === shards ? '; now: --merge' : ''
    return `${named(measured, shards)}: ${plural(items, 'frame')}${bad}; ${there} of ${shards} are there${next}`
  }
  return { onEvent, summary, stop: () => progress?.stop() }
}

/** `shard 1 (of 0 to 3) is measured` */
function named(measured: readonly number[], shards: number): string {
  const all = `(of 0 to ${shards - 1})`
  if (measured.length === 1) return `shard ${measured[0]} ${all} is measured`
  if (measured.length > 10) return `${measured.length} shards ${all} are measured`
  const list = measured.toSorted((a, b) => a - b).join(', ')
  return `shards ${list || 'none'} ${all} are measured`
}

const reasons = { damaged: 'the file is damaged', other: 'made of other frames or options' }
