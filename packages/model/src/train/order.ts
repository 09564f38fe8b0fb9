import { ModelError } from '../errors.ts'
import { type Random, random } from '../random.ts'

/** Settings of `batchOrder`. */
export interface BatchOrderOptions {
  /** Number of examples. */
  readonly count: number
  /** Examples of a batch. */
  readonly batch: number
  /** Decides every order; a whole number. */
  readonly seed: number
  /** What becomes of a last batch that is not full. Default `drop`: a graph has one batch size. */
  readonly last?: 'drop' | 'keep'
  /**
   * The class of each example, 0 and up. Where given, every class that occurs is drawn equally often, to
   * within one, in each epoch: the examples of rare classes repeat, those of common ones take turns by chance.
   */
  readonly balance?: ArrayLike<number>
}

/** Which examples each step learns from. */
export interface BatchOrder {
  readonly stepsPerEpoch: number
  /** All examples of an epoch in order; epochs count from 0. A function of seed and epoch alone. */
  epoch(epoch: number): Uint32Array
  /** Examples of one step; steps count from 0 within their epoch. Training resumes at any of them. */
  batch(epoch: number, step: number): Uint32Array
}

/**
 * A reshuffled order of examples for every epoch. Nothing is remembered but the last epoch's order, so that
 * (epoch, step) is all a checkpoint needs to hold.
 * @throws ModelError `BAD_ARGUMENT` where no batch can be made, or a step lies outside of its epoch
 */
export function batchOrder(options: BatchOrderOptions): BatchOrder {
  const { count, batch, seed, last = 'drop', balance } = options
  const stepsPerEpoch = last === 'drop' ? Math.floor(count / batch) : Math.ceil(count / batch)
  if (!(batch >= 1) || !(stepsPerEpoch >= 1) || (balance && balance.length !== count)) {
    const labels = balance ? ` and ${balance.length} labels` : ''
    throw new ModelError(
      'BAD_ARGUMENT',
      `batchOrder: no batch of ${batch} from ${count} examples${labels}`,
    )
  }
  const classes = balance ? membersOf(balance) : undefined
  let known: { epoch: number; order: Uint32Array } = { epoch: -1, order: new Uint32Array() }
  const orderOf = (epoch: number) => {
    if (known.epoch !== epoch) {
      const source = random(seed ^ Math.imul(epoch + 1, 0x9e3779b1))
      const drawn = classes ? drawBalanced(classes, count, source) : count
      known = { epoch, order: shuffled(drawn, source) }
    }
    return known.order
  }
  return {
    stepsPerEpoch,
    epoch: (epoch) => orderOf(epoch).slice(),
    batch: (epoch, step) => {
      if (!(step >= 0 && step < stepsPerEpoch)) {
        throw new ModelError('BAD_ARGUMENT', `batchOrder: step ${step} of ${stepsPerEpoch}`)
      }
      return orderOf(epoch).slice(step * batch, (step + 1) * batch)
    },
  }
}

/** Examples by class. */
function membersOf(labels: ArrayLike<number>): readonly Uint32Array[] {
  const members = new Map<number, number[]>()
  for (let i = 0; i < labels.length; i++) {
    const own = members.get(labels[i])
    if (own) own.push(i)
    else members.set(labels[i], [i])
  }
  // By class, not by first appearance: the order of classes must not depend on the order of files.
  return [...members].sort(([a], [b]) => a - b).map(([, own]) => Uint32Array.from(own))
}

/** `count` examples, as many of each class; which classes get one more is left to chance. */
function drawBalanced(classes: readonly Uint32Array[], count: number, source: Random): Uint32Array {
  const drawn = new Uint32Array(count)
  const turns = shuffled(classes.length, source)
  let at = 0
  for (let turn = 0; turn < turns.length; turn++) {
    const members = classes[turns[turn]]
    const end = Math.floor(((turn + 1) * count) / turns.length)
    while (at < end) {
      const round = shuffled(members, source).subarray(0, end - at)
      drawn.set(round, at)
      at += round.length
    }
  }
  return drawn
}

/** Fisher–Yates over a copy, or over the numbers below `from`. */
function shuffled(from: Uint32Array | number, source: Random): Uint32Array {
  const items =
    typeof from === 'number' ? Uint32Array.from({ length: from }, (_, i) => i) : from.slice()
  for (let i = items.length - 1; i > 0; i--) {
    const j = source.below(i + 1)
    const item = items[i]
    items[i] = items[j]
    items[j] = item
  }
  return items
}
