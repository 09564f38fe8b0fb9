import { type Loader, prefetch } from './loader.ts'
import type { Batch, Trainer } from './trainer.ts'

const BATCH = 32

/** Some examples of a loader: from one on, up to before another. */
export interface Rows {
  readonly from: number
  readonly to: number
}

/** Logits of examples of a loader in their order, all by default, by the running statistics. */
export const predictAll = (trainer: Trainer, loader: Loader, rows?: Rows): Promise<Float32Array> =>
  inferAll(loader, (inputs) => trainer.predict(inputs), rows)

/**
 * What `infer` makes of examples of a loader in their order, row after row. One batch size is one graph: what is
 * missing in the last batch is filled with its last example, and left out of the result.
 */
export async function inferAll(
  loader: Loader,
  infer: (inputs: Batch['inputs']) => Promise<Float32Array>,
  { from, to }: Rows = { from: 0, to: loader.labels.length },
): Promise<Float32Array> {
  const count = to - from
  const indices = (i: number) =>
    Uint32Array.from({ length: BATCH }, (_, j) => from + Math.min(count - 1, i * BATCH + j))
  const batches = prefetch((i) => loader.batch(0, indices(i)), {
    ...{ from: 0, to: Math.ceil(count / BATCH), ahead: 2 },
  })
  let all = new Float32Array()
  let at = 0
  for await (const { inputs } of batches) {
    const found = await infer(inputs)
    const length = found.length / BATCH
    if (at === 0) all = new Float32Array(count * length)
    const left = Math.min(BATCH, count - at)
    all.set(found.subarray(0, left * length), at * length)
    at += left
  }
  return all
}
