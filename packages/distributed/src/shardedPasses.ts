import { checkWhole } from './checks.ts'
import { DistributedError } from './errors.ts'
import type { Passes } from './replica.ts'
import { shuffled } from './shuffle.ts'

/** Examples cut into passes. */
export interface ShardedPassesOptions<Batch> {
  /** Examples in all. */
  readonly total: number
  /** Examples of one pass: as many as one machine computes at once. */
  readonly passExamples: number
  /** Passes of one step over all ranks together. */
  readonly passes: number
  /** Decides the order, another one each epoch. */
  readonly seed: number
  /** Makes a batch of examples, told by number; where it varies them, `at` may decide how. */
  load(
    examples: Uint32Array,
    at: { readonly epoch: number; readonly step: number; readonly pass: number },
  ): Promise<Batch>
}

/**
 * Passes over examples that are shuffled anew each epoch: any rank can load any pass, and no pass depends on how many
 * ranks there are. Examples that do not fill a step are left out of that epoch.
 * @throws DistributedError `BAD_ARGUMENT` where the examples do not fill one step
 */
export function shardedPasses<Batch>(options: ShardedPassesOptions<Batch>): Passes<Batch> {
  const { total, passExamples, passes, seed } = options
  checkWhole('shardedPasses: total', total)
  checkWhole('shardedPasses: passExamples', passExamples, { low: 1 })
  checkWhole('shardedPasses: passes', passes, { low: 1 })
  const stepExamples = passExamples * passes
  if (total < stepExamples) {
    const message = `shardedPasses: ${total} examples do not fill one step of ${passes} passes of ${passExamples}`
    throw new DistributedError('BAD_ARGUMENT', message)
  }
  // Of this epoch and, as passes are asked for ahead of time, the next.
  let orders: { readonly epoch: number; readonly order: Uint32Array }[] = []
  const orderOf = (epoch: number) => {
    const known = orders.find((each) => each.epoch === epoch)
    if (known) return known.order
    const order = shuffled(total, seed, epoch)
    orders = [...orders.slice(-1), { epoch, order }]
    return order
  }
  return {
    stepsPerEpoch: Math.floor(total / stepExamples),
    passes,
    passExamples,
    load: (at) => {
      const from = at.step * stepExamples + at.pass * passExamples
      return options.load(orderOf(at.epoch).slice(from, from + passExamples), at)
    },
  }
}
