import { checkWhole } from './checks.ts'
import { shuffled } from './shuffle.ts'

/** Whose examples, and of which epoch. */
export interface ShardOptions {
  /** Examples in all. */
  readonly total: number
  readonly world: number
  readonly rank: number
  readonly epoch: number
  /** A whole number of 32 bits: the same on all ranks. */
  readonly seed: number
  /**
   * Where examples do not divide evenly: `pad` gives some twice, as PyTorch's DistributedSampler does, `drop` leaves
   * the last few of this epoch out, `keep` gives some ranks one more.
   */
  readonly uneven: 'pad' | 'drop' | 'keep'
}

/** Which batch of an epoch. */
export interface ShardStepOptions extends ShardOptions {
  /** Examples that this rank takes at each step. */
  readonly batch: number
  /** From 0, within the epoch. */
  readonly step: number
}

/**
 * The examples of one rank in one epoch, in the order they are to be taken. Ranks share none (but those that `pad`
 * repeats) and leave none out (but those that `drop` drops); every epoch has another order. Nobody has to be asked.
 * @throws DistributedError `BAD_ARGUMENT`
 */
export function shard(options: ShardOptions): Uint32Array {
  const { total, world, rank, epoch, seed, uneven } = options
  checkWhole('shard: total', total)
  checkWhole('shard: world', world, { low: 1 })
  checkWhole('shard: rank', rank, { low: 0, high: world - 1 })
  checkWhole('shard: epoch', epoch)
  const order = shuffled(total, seed, epoch)
  const length = {
    pad: Math.ceil(total / world),
    drop: Math.floor(total / world),
    keep: Math.max(0, Math.ceil((total - rank) / world)),
  }[uneven]
  return Uint32Array.from({ length }, (_, i) => order[(rank + i * world) % total])
}

/**
 * The examples of one rank at one step: training goes on from any step without having seen those before. The last
 * batch of an epoch may be smaller, and is empty past the end.
 * @throws DistributedError `BAD_ARGUMENT`
 */
export function shardAt(options: ShardStepOptions): Uint32Array {
  const { batch, step } = options
  checkWhole('shard: batch', batch, { low: 1 })
  checkWhole('shard: step', step)
  return shard(options).subarray(step * batch, (step + 1) * batch)
}
