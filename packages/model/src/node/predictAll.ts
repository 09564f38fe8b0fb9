import type { Loader } from './loader.ts'
import { prefetch } from './loader.ts'
import type { Trainer } from './trainer.ts'

const BATCH = 32

/** Logits of all examples of a loader in their order, by the running statistics. */
export async function predictAll(trainer: Trainer, loader: Loader): Promise<Float32Array> {
  const count = loader.labels.length
  const { classes } = trainer.network
  const logits = new Float32Array(count * classes)
  // One batch size is one graph: what is missing at the end is filled with examples again.
  const make = (i: number) =>
    loader.batch(
      0,
      Uint32Array.from({ length: BATCH }, (_, j) => Math.min(count - 1, i * BATCH + j)),
    )
  const batches = prefetch(make, { from: 0, to: Math.ceil(count / BATCH), ahead: 2 })
  let at = 0
  for await (const { inputs } of batches) {
    const found = await trainer.predict(inputs)
    const left = Math.min(BATCH, count - at)
    logits.set(found.subarray(0, left * classes), at * classes)
    at += left
  }
  return logits
}
