import { headOf } from '../networks/head.ts'
import { tensor } from '../tensor.ts'
import type { TrainingState } from '../train/core.ts'
import type { Example, SourceSpec } from '../train/source.ts'
import { type FitOptions, type FitResult, fit, shapeOf } from './fit.ts'
import { inMemory } from './inMemory.ts'
import { openLoader } from './loader.ts'
import { inferAll } from './predictAll.ts'
import { createTrainer, type Trainer, type TrainerOptions } from './trainer.ts'

/** How the head learns; the defaults are those of `createTrainer`, not those of the trainer of the trunk. */
export type HeadOptions = Pick<TrainerOptions, 'loss' | 'optimizer' | 'threads' | 'graph'>

/**
 * Transfer learning: the trunk stays as it is and looks at each example once; only the head learns, from the
 * features that are kept. The result's `best` is a state of the whole network. The trainer itself is not changed.
 */
export async function fitHead(
  trainer: Trainer,
  options: FitOptions,
  how: HeadOptions = {},
): Promise<FitResult> {
  const [train, validation] = [
    await featuresOf(trainer, options.train),
    await featuresOf(trainer, options.validation),
  ]
  const whole = await trainer.snapshot()
  const network = headOf(trainer.network)
  const tensors = new Map(
    [...whole.parameters].map(([name, data]) => [name, tensor(data, trainer.shapes.get(name))]),
  )
  const head = await createTrainer({
    ...how,
    ...{ network, tensors },
  })
  try {
    const result = await fit(head, { ...options, train, validation, augment: false })
    return { ...result, best: joined(whole, result.best) }
  } finally {
    await head.close()
  }
}

/** The head's learned numbers among those of the whole. */
function joined(whole: TrainingState, head: TrainingState): TrainingState {
  return { ...whole, parameters: new Map([...whole.parameters, ...head.parameters]) }
}

/** Looks at every example once. */
async function featuresOf(trainer: Trainer, source: SourceSpec): Promise<SourceSpec> {
  const loader = await openLoader({ source, shape: shapeOf(trainer), seed: 0 })
  try {
    const { labels } = loader
    const all = await inferAll(loader, (inputs) => trainer.features(inputs))
    const length = all.length / labels.length
    const examples = Array.from(labels, (_, i): Example => {
      return { image: all.subarray(i * length, (i + 1) * length) }
    })
    return inMemory({ labels, examples })
  } finally {
    await loader.close()
  }
}
