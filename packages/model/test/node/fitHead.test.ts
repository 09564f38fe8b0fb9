import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { shapeOf } from '../../src/node/fit.ts'
import { fitHead } from '../../src/node/fitHead.ts'
import { openLoader } from '../../src/node/loader.ts'
import { predictAll } from '../../src/node/predictAll.ts'
import { createTrainer, type Trainer } from '../../src/node/trainer.ts'
import { network, task } from './fitTask.ts'

describe('fitHead', () => {
  let trainer: Trainer
  beforeAll(async () => {
    trainer = await createTrainer({ network, seed: 4, graph: 'portable', threads: 1 })
  })
  afterAll(() => trainer.close())

  it('learns with the trunk as it is, and gives a state of the whole network', async () => {
    const before = await trainer.snapshot()
    const { best, logits, evaluation } = await fitHead(trainer, { ...task, epochs: 20 })
    expect((await trainer.snapshot()).parameters).toEqual(before.parameters)
    const changed = [...best.parameters.keys()].filter(
      (name) => best.parameters.get(name)?.join() !== before.parameters.get(name)?.join(),
    )
    expect([...best.parameters.keys()]).toEqual([...before.parameters.keys()])
    expect(changed.length).toBeGreaterThan(0)
    expect(changed.length).toBeLessThan(best.parameters.size)
    expect(evaluation.scores.accuracy).toBeGreaterThan(0.5)
    // The head on kept features says what the whole network says.
    await trainer.restore({ ...best, optimizer: before.optimizer })
    const loader = await openLoader({ source: task.validation, shape: shapeOf(trainer), seed: 0 })
    const whole = await predictAll(trainer, loader)
    await loader.close()
    expect(whole).toHaveLength(logits.length)
    for (const [i, value] of whole.entries()) expect(value).toBeCloseTo(logits[i], 4)
  })
})
