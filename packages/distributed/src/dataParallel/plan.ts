import { DistributedError } from '../errors.ts'
import type { Part } from '../replica.ts'

/** What one pass gives: equal on all ranks, as each of them cuts its gradients into buckets by it. */
export interface GradientPlan {
  /** In the order in which they come: the last layers first. */
  readonly parameters: readonly { readonly name: string; readonly length: number }[]
  /** Names of the numbers that come with them. */
  readonly numbers: readonly string[]
}

/** Gradients that are reduced together. */
export interface Bucket {
  readonly length: number
  readonly pieces: readonly {
    readonly name: string
    readonly offset: number
    readonly length: number
  }[]
}

/**
 * Buckets of at most so many bytes, filled in the order in which gradients come, so that the first can travel while
 * the rest is being computed; a larger parameter has a bucket of its own. As PyTorch's DistributedDataParallel does.
 */
export function planBuckets(
  parameters: GradientPlan['parameters'],
  bucketBytes: number,
): readonly Bucket[] {
  const capacity = bucketBytes / Float32Array.BYTES_PER_ELEMENT
  const buckets: { length: number; pieces: Bucket['pieces'][number][] }[] = []
  for (const { name, length } of parameters) {
    let last = buckets.at(-1)
    if (!last || last.length + length > capacity) {
      last = { length: 0, pieces: [] }
      buckets.push(last)
    }
    last.pieces.push({ name, offset: last.length, length })
    last.length += length
  }
  return buckets
}

/** The plan, from what one pass gave. */
export async function planFrom(parts: AsyncIterable<Part>): Promise<GradientPlan> {
  const parameters: { name: string; length: number }[] = []
  const numbers: string[] = []
  for await (const part of parts) {
    for (const [name, { length }] of part.gradients) parameters.push({ name, length })
    numbers.push(...Object.keys(part.numbers ?? {}))
  }
  const names = parameters.map(({ name }) => name)
  const twice = [names, numbers].flatMap((all) => all.filter((name, i) => all.indexOf(name) !== i))
  if (parameters.length > 0 && twice.length === 0) return { parameters, numbers }
  const got = twice.length > 0 ? `${twice[0]} twice` : 'none'
  throw new DistributedError('BAD_ARGUMENT', `a pass must give each gradient once, it gave ${got}`)
}
