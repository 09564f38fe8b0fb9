import { createHash } from 'node:crypto'
import { type FitOptions, type FitResult, fit } from '../../src/node/fit.ts'
import { inMemory } from '../../src/node/inMemory.ts'
import { createTrainer, type TrainerOptions } from '../../src/node/trainer.ts'
import type { TrainingState } from '../../src/train/core.ts'
import type { TrainingEvent } from '../../src/train/events.ts'
import { constant } from '../../src/train/schedules.ts'
import { lines, tiny } from './networks.ts'

export const network = tiny({ norm: true, planes: 3 })

/** 32 pictures, 8 a step, 4 steps an epoch. */
export const task: FitOptions = {
  train: inMemory(lines(32, { planes: 3 })),
  validation: inMemory(lines(10, { seed: 77, planes: 3 })),
  classes: ['lying', 'standing'],
  epochs: 5,
  batch: 8,
  schedule: () => constant(0.05),
  patience: 1000,
  checkpointEvery: 3,
}

/** What came of a training, its last state and all it told. */
export interface Trained {
  readonly result: FitResult
  readonly last: TrainingState
  readonly events: readonly TrainingEvent[]
  /** Of all bits of the last and the best weights. */
  readonly hash: string
}

/** Trains with a trainer of its own. */
export async function train(
  options: Partial<FitOptions> = {},
  trainerOptions: Partial<TrainerOptions> = {},
): Promise<Trained> {
  const trainer = await createTrainer({ network, graph: 'portable', threads: 1, ...trainerOptions })
  const events: TrainingEvent[] = []
  const onEvent = (event: TrainingEvent) => {
    events.push(event)
    options.onEvent?.(event)
  }
  try {
    const result = await fit(trainer, { ...task, ...options, onEvent })
    const last = await trainer.snapshot()
    return { result, last, events, hash: hashOf([last, result.best]) }
  } finally {
    await trainer.close()
  }
}

function hashOf(states: readonly TrainingState[]): string {
  const hash = createHash('sha256')
  for (const { parameters, buffers, optimizer } of states) {
    hash.update(String(optimizer.step))
    for (const arrays of [parameters, buffers, optimizer.slots]) {
      for (const [name, data] of arrays)
        hash.update(name).update(new Uint8Array(data.slice().buffer))
    }
  }
  return hash.digest('hex')
}
