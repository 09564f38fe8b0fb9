import { afterEach, describe, expect, it } from 'vitest'
import { resnet18 } from '../../src/networks/resnet.ts'
import { createTrainer, type Trainer, type TrainerOptions } from '../../src/node/trainer.ts'
import { accumulate } from '../../src/train/accumulate.ts'
import type { Arrays } from '../../src/train/arrays.ts'
import { distance } from '../lower/both.ts'
import { batchOfLines, bitsOf, tiny } from './networks.ts'

const open: Trainer[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((trainer) => trainer.close()))
})

async function started(options: TrainerOptions): Promise<Trainer> {
  const trainer = await createTrainer({ threads: 1, ...options })
  open.push(trainer)
  return trainer
}

const graphs = ['portable', 'fast'] as const
// 16 channels, so that the fast graph has blocks.
const network = tiny({ channels: 16 })
const normed = tiny({ channels: 16, norm: true })
const batch = batchOfLines(8)

describe.each(graphs)('a trainer, %s', (graph) => {
  it('gradients and an update are a step, to the bit', async () => {
    const [a, b] = [
      await started({ network: normed, graph }),
      await started({ network: normed, graph }),
    ]
    for (let i = 0; i < 3; i++) {
      const { loss, logits } = await a.step(batch, 0.1)
      const apart = await b.gradients(batch)
      await b.update(apart.gradients, 0.1)
      expect([apart.loss, apart.logits]).toEqual([loss, logits])
    }
    expect(bitsOf(await a.snapshot())).toEqual(bitsOf(await b.snapshot()))
  })

  it('adds gradients up over four small batches as over one large one', async () => {
    const trainer = await started({ network, graph })
    const whole = await trainer.gradients(batch)
    let sum: Arrays | undefined
    let loss = 0
    for (let i = 0; i < 4; i++) {
      const part = {
        inputs: { image: batch.inputs.image.slice(i * 128, (i + 1) * 128) },
        target: batch.target.slice(i * 4, (i + 1) * 4),
      }
      const one = await trainer.gradients(part)
      sum = accumulate(sum, one.gradients, 1 / 4)
      loss += one.loss / 4
    }
    expect(loss).toBeCloseTo(whole.loss, 6)
    for (const [name, data] of whole.gradients) {
      expect(distance(sum?.get(name) ?? [], data), name).toBeLessThan(1e-5)
    }
  })

  it.each(['sgd', 'adamW'] as const)(
    'goes on from a snapshot in the same bits: %s',
    async (kind) => {
      const optimizer = { kind, weightDecay: 0.01 } as const
      const trainer = await started({ network: normed, graph, optimizer })
      for (let i = 0; i < 3; i++) await trainer.step(batch, 0.01)
      const middle = await trainer.snapshot()
      const kept = bitsOf(middle)
      for (let i = 0; i < 3; i++) await trainer.step(batch, 0.01)
      const end = bitsOf(await trainer.snapshot())
      const other = await started({ network: normed, graph, optimizer, seed: 99 })
      for (const each of [trainer, other]) {
        await each.restore(middle)
        expect(bitsOf(await each.snapshot())).toEqual(kept)
        for (let i = 0; i < 3; i++) await each.step(batch, 0.01)
        expect(bitsOf(await each.snapshot())).toEqual(end)
      }
      // What was handed out is the caller's: training does not write into it.
      expect(bitsOf(middle)).toEqual(kept)
    },
  )

  it('learns, and predicts by the running statistics', async () => {
    const trainer = await started({ network: normed, graph, seed: 4 })
    const before = (await trainer.gradients(batch)).loss
    for (let i = 0; i < 60; i++) await trainer.step(batch, 0.05)
    expect((await trainer.gradients(batch)).loss).toBeLessThan(before / 4)
    const logits = await trainer.predict(batch.inputs)
    const right = [0, 1, 2, 3, 4, 5, 6, 7].filter(
      (i) => logits[2 * i] > logits[2 * i + 1] === (i % 2 === 0),
    )
    expect(right).toHaveLength(8)
    const state = bitsOf(await trainer.snapshot())
    await trainer.predict(batch.inputs)
    expect(bitsOf(await trainer.snapshot())).toEqual(state)
  })
})

it('fast and portable begin and stay together', async () => {
  const [a, b] = await Promise.all(graphs.map((graph) => started({ network: normed, graph })))
  for (let i = 0; i < 5; i++) {
    const [one, other] = [await a.step(batch, 0.01), await b.step(batch, 0.01)]
    expect(one.loss / other.loss).toBeCloseTo(1, 4)
  }
  const [one, other] = [await a.snapshot(), await b.snapshot()]
  for (const [name, data] of one.parameters) {
    expect(distance(other.parameters.get(name) ?? [], data), name).toBeLessThan(1e-3)
  }
})

it('leaves the main loop free while a step runs', async () => {
  const big = resnet18({ classes: 2, sizePx: 128, width: 0.5 })
  const trainer = await started({ network: big })
  const large = {
    inputs: { image: new Float32Array(8 * 3 * 128 * 128).map((_, i) => Math.sin(i)) },
    target: Float32Array.from({ length: 16 }, (_, i) => i % 2),
  }
  await trainer.step(large, 0.01)
  let ticks = 0
  const timer = setInterval(() => ticks++, 1)
  await trainer.step(large, 0.01)
  clearInterval(timer)
  expect(ticks).toBeGreaterThan(5)
})

describe('what a trainer refuses', () => {
  it('wrong counts of numbers, in one line each', async () => {
    const trainer = await started({ network })
    const { inputs, target } = batch
    const image = inputs.image.subarray(1)
    const refused = (call: Promise<unknown>) =>
      call.then(
        () => 'accepted',
        ({ code, message }) => `${code} ${message}`,
      )
    expect(await refused(trainer.step({ inputs: { image }, target }, 0.1))).toBe(
      'BAD_ARGUMENT input image: got 511 numbers, wanted 512 for a batch of 8',
    )
    expect(await refused(trainer.gradients({ inputs: {}, target }))).toBe(
      'BAD_ARGUMENT input image: got nothing, wanted 512 for a batch of 8',
    )
    for (const wrong of [target.subarray(1), target.subarray(16)]) {
      expect(await refused(trainer.step({ inputs, target: wrong }, 0.1))).toBe(
        `BAD_ARGUMENT target: got ${wrong.length} numbers, wanted a multiple of 2 classes above 0`,
      )
    }
    expect(await refused(trainer.predict({ image }))).toMatch(/^BAD_ARGUMENT input image: got 511/)
    // It goes on as if nothing had been.
    expect((await trainer.step(batch, 0.1)).loss).toBeGreaterThan(0)
  })

  it('gradients that were moved away already, or of something else', async () => {
    const trainer = await started({ network })
    const { gradients } = await trainer.gradients(batch)
    const before = bitsOf(await trainer.snapshot())
    const foreign = new Map([['third.weight', new Float32Array(3)]])
    await expect(trainer.update(foreign, 0.1)).rejects.toThrow(
      'gradients: third.weight is not among those wanted',
    )
    const few = new Map([...gradients].slice(1).map(([name, data]) => [name, data.slice()]))
    await expect(trainer.update(few, 0.1)).rejects.toThrow(
      'gradients: first.weight has nothing, wanted 144',
    )
    expect(bitsOf(await trainer.snapshot())).toEqual(before)
    await trainer.update(gradients, 0.1)
    const twice = trainer.update(gradients, 0.1)
    await expect(twice).rejects.toMatchObject({ code: 'BAD_ARGUMENT' })
    expect((await trainer.snapshot()).optimizer.step).toBe(1)
  })

  it('a state of another network or optimiser', async () => {
    const trainer = await started({ network })
    await trainer.step(batch, 0.1)
    const state = await trainer.snapshot()
    const before = bitsOf(state)
    const parameters = new Map(state.parameters).set('fc.bias', new Float32Array(3))
    await expect(trainer.restore({ ...state, parameters })).rejects.toThrow(
      'parameters: fc.bias has 3 numbers, wanted 2',
    )
    const slots = new Map([['exp_avg/fc.bias', new Float32Array(2)]])
    const optimizer = { step: 1, slots }
    await expect(trainer.restore({ ...state, optimizer })).rejects.toThrow(
      'memory of sgd: exp_avg/',
    )
    const buffers = new Map([['bn1.running_mean', new Float32Array(16)]])
    const other = await started({ network: normed })
    const whole = await other.snapshot()
    await expect(other.restore({ ...whole, buffers })).rejects.toThrow(
      'running statistics: bn1.running_var has nothing, wanted 16',
    )
    expect(bitsOf(await trainer.snapshot())).toEqual(before)
  })

  it('weights that do not fit, without leaving a thread behind', async () => {
    const tensors = new Map()
    await expect(createTrainer({ network, tensors })).rejects.toThrow(
      'weights: first.weight has nothing, wanted float32 [16, 1, 3, 3]',
    )
    const broken = {
      ...network,
      head: () => {
        throw new TypeError('no head')
      },
    }
    await expect(createTrainer({ network: broken })).rejects.toThrow('no head')
  })

  it('a loss that is not finite, with its code; nothing is learned of it', async () => {
    const trainer = await started({ network: normed })
    const before = bitsOf(await trainer.snapshot())
    const image = batch.inputs.image.slice().fill(Number.NaN)
    const call = trainer.step({ inputs: { image }, target: batch.target }, 0.1)
    await expect(call).rejects.toMatchObject({
      name: 'ModelError',
      code: 'NOT_FINITE',
      message: 'the loss is NaN',
    })
    expect(bitsOf(await trainer.snapshot())).toEqual(before)
  })
})

describe('closing', () => {
  it('waits for what is under way, and can be said twice', async () => {
    const trainer = await started({ network })
    const step = trainer.step(batch, 0.1)
    await trainer.step(batch, 0.1)
    const running = trainer.step(batch, 0.1)
    const closing = Promise.all([trainer.close(), trainer.close()])
    expect((await step).loss).toBeGreaterThan(0)
    expect((await running).loss).toBeGreaterThan(0)
    await closing
    await trainer.close()
  })

  it('what comes after it is refused', async () => {
    const trainer = await started({ network })
    await trainer.step(batch, 0.1)
    const closing = trainer.close()
    await expect(trainer.step(batch, 0.1)).rejects.toMatchObject({ code: 'CLOSED' })
    await closing
    for (const call of [
      trainer.step(batch, 0.1),
      trainer.snapshot(),
      trainer.predict(batch.inputs),
    ]) {
      await expect(call).rejects.toMatchObject({ code: 'CLOSED', message: 'used after close()' })
    }
  })
})

it('several calls at once make one graph, and are served in order', async () => {
  const [a, b] = [await started({ network }), await started({ network })]
  await Promise.all([a.step(batch, 0.1), a.step(batch, 0.1), a.step(batch, 0.1)])
  for (let i = 0; i < 3; i++) await b.step(batch, 0.1)
  expect(bitsOf(await a.snapshot())).toEqual(bitsOf(await b.snapshot()))
})
