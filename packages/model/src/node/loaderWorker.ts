import { workerData } from 'node:worker_threads'
import { type AugmentOptions, augmenter } from '../train/augment.ts'
import { assemble, type BatchShape, checkExample, exampleSeed } from '../train/batches.ts'
import type { ExampleSource, SourceSpec } from '../train/source.ts'
import { serveMethods } from './remote.ts'

/** What a loading thread is told at its start. */
export interface LoaderThread {
  readonly source: SourceSpec
  readonly shape: BatchShape
  readonly seed: number
  /** Absent where examples come as they are. */
  readonly vary?: { readonly augment: AugmentOptions; readonly withoutEvidence: number }
}

const { source, shape, seed, vary } = workerData as LoaderThread
const opening = (async () => {
  const { openSource } = await import(source.module)
  const examples = (await openSource(source.options)) as ExampleSource
  const variation = vary && {
    augment: augmenter(vary.augment),
    withoutEvidence: vary.withoutEvidence,
  }
  return { examples, variation }
})()
// Where it fails, the first call says so.
opening.catch(() => {})

serveMethods({
  labels: async () => Uint32Array.from((await opening).examples.labels),
  batch: async (epoch: number, indices: Uint32Array) => {
    const { examples, variation } = await opening
    const drawn = await Promise.all(
      Array.from(indices, async (index) => {
        const example = await examples.read(index)
        checkExample(example, index, shape)
        return { example, label: examples.labels[index], seed: exampleSeed(seed, epoch, index) }
      }),
    )
    return assemble(drawn, shape, variation)
  },
})
