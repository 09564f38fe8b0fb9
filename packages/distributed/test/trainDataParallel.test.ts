import { describe, expect, it } from 'vitest'
import type { StepEvent, TrainEvent } from '../src/dataParallel/events.ts'
import { DistributedError, exitCodeOf } from '../src/errors.ts'
import { memoryGroup } from '../src/memoryGroup.ts'
import { shuffled } from '../src/shuffle.ts'
import { trainDataParallel } from '../src/trainDataParallel.ts'
import { type Examples, examples, passes, perceptron } from './dataParallel/perceptron.ts'
import { distance, meeting, options, trainOn } from './dataParallel/training.ts'

/** Weights are of order 1 and twenty steps add sums of eight float32: a few units in the last place. */
const ROUNDING = 2e-6

const stepsOf = (events: readonly TrainEvent[]) =>
  events.filter((event): event is StepEvent => event.kind === 'step')

/** The same training written out plainly, without passes, ranks or buckets. */
async function byHand(epochs = 4) {
  const replica = perceptron()
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = shuffled(160, 3, epoch)
    for (let step = 0; step < 5; step++) {
      const gradients = new Map<string, Float32Array>()
      const batch = examples(order.slice(step * 32, (step + 1) * 32))
      for await (const part of replica.gradients(batch))
        for (const [name, values] of part.gradients) gradients.set(name, values)
      await replica.update(gradients, epoch * 5 + step)
    }
  }
  return replica
}

describe('trainDataParallel', () => {
  it.each([1, 2, 3, 4, 8, 9])(
    'on %d ranks learns what one process learns from whole batches',
    async (world) => {
      const [expected, trained] = await Promise.all([byHand(), trainOn(world)])
      for (const { replica, result } of trained) {
        expect(result).toEqual({ reason: 'finished', step: 20, epochs: 4 })
        expect(distance(replica.all(), expected.all())).toBeLessThan(ROUNDING)
        expect(replica.all()).toEqual(trained[0].replica.all())
        expect(replica.applied).toEqual(expected.applied)
      }
      expect(distance(expected.all(), perceptron().all())).toBeGreaterThan(0.1)
    },
  )

  it('begins everywhere from the weights of one rank', async () => {
    const trained = await trainOn(3, (rank) => ({ replica: perceptron({ seed: 50 + rank }) }))
    const [alone] = await trainOn(1, () => ({ replica: perceptron({ seed: 50 }) }))
    for (const { replica } of trained)
      expect(distance(replica.all(), alone.replica.all())).toBeLessThan(ROUNDING)
  })

  it('learns the same from many small passes as from few large ones', async () => {
    const [small] = await trainOn(2, () => ({ data: passes({ passes: 16, passExamples: 2 }) }))
    const [large] = await trainOn(2, () => ({ data: passes({ passes: 2, passExamples: 16 }) }))
    expect(distance(small.replica.all(), large.replica.all())).toBeLessThan(ROUNDING)
  })

  it('gives the same bits with buckets of any size, overlapped or not', async () => {
    const [reference] = await trainOn(2)
    for (const change of [{ bucketBytes: 4 }, { bucketBytes: 1e6 }, { overlap: false }]) {
      const [{ replica }] = await trainOn(2, () => change)
      expect(replica.all()).toEqual(reference.replica.all())
    }
  })

  it('sends a bucket before the pass is over, and only then where overlap is off', async () => {
    const sent = async (overlap: boolean) => {
      const group = memoryGroup(1).start(0)
      const log: string[] = []
      const replica = perceptron()
      const watched = {
        ...replica,
        async *gradients(batch: Examples) {
          yield* replica.gradients(batch)
          log.push('pass over')
        },
      }
      // With one rank there is nothing to be summed.
      const listening = meeting(group, ({ collective, ...rest }) => ({
        ...rest,
        collective: { ...collective, world: 2, allReduce: async () => void log.push('reduce') },
      }))
      const data = passes({ passes: 1, passExamples: 160 })
      const changes = { overlap, data, epochs: 1, replica: watched }
      await trainDataParallel({
        ...options(listening, replica),
        ...changes,
      })
      // The first pass only tells what will come.
      return log.slice(log.indexOf('pass over') + 1)
    }
    expect(await sent(true)).toEqual(['reduce', 'reduce', 'reduce', 'pass over', 'reduce'])
    expect(await sent(false)).toEqual(['pass over', 'reduce', 'reduce', 'reduce', 'reduce'])
  })

  it('comes close with bf16 on the wire, with the same bits on all ranks', async () => {
    const [exact] = await trainOn(4)
    const [first, ...others] = await trainOn(4, () => ({ wire: 'bf16' }))
    for (const { replica } of others) expect(replica.all()).toEqual(first.replica.all())
    const moved = distance(exact.replica.all(), perceptron().all())
    const error = distance(first.replica.all(), exact.replica.all())
    // Eight bits of mantissa: each gradient is right to 0.4 %.
    expect(error).toBeGreaterThan(0)
    expect(error).toBeLessThan(0.02 * moved)
  })

  it('tells of each step, with means over all passes', async () => {
    const events: TrainEvent[][] = [[], []]
    await trainOn(2, (rank) => ({ onEvent: (event) => events[rank].push(event) }))
    const [first, second] = events.map(stepsOf)
    expect(first.map(({ step }) => step)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
    expect(first.map(({ epoch }) => epoch)).toEqual(
      first.map(({ step }) => Math.floor((step - 1) / 5)),
    )
    expect(first.map(({ numbers }) => numbers)).toEqual(second.map(({ numbers }) => numbers))
    expect(first[19].numbers.loss).toBeLessThan(first[0].numbers.loss / 2)
    for (const event of first) {
      expect(event).toMatchObject({ world: 2, rank: 0, generation: 1, examples: 32 })
      const parts = event.dataMs + event.computeMs + event.communicateMs
      expect(parts).toBeLessThanOrEqual(event.stepMs)
      expect(event.sentBytes).toBe((24 + 3 + 48 + 8 + 2 + 4) * 4)
    }
    expect(events[1][0]).toMatchObject({
      kind: 'meeting',
      generation: 1,
      rank: 1,
      source: 0,
      step: 0,
    })
  })

  it('asks for the next pass before one is computed, for each once', async () => {
    const log: string[] = []
    const { load, ...data } = passes({ passes: 3, passExamples: 16, total: 96 })
    const replica = perceptron({ beforePass: () => void log.push('compute') })
    const logged = {
      ...data,
      load: (at: Parameters<typeof load>[0]) => {
        log.push(`${at.epoch}.${at.step}.${at.pass}`)
        return load(at)
      },
    }
    await trainOn(1, () => ({ replica, epochs: 2, data: logged }))
    const all = [0, 1].flatMap((e) => [0, 1].flatMap((s) => [0, 1, 2].map((p) => `${e}.${s}.${p}`)))
    const ahead = all.slice(1).flatMap((next) => [next, 'compute'])
    // At first a pass that tells what gradients there are.
    expect(log).toEqual(['0.0.0', 'compute', '0.0.0', ...ahead, 'compute'])
  })

  it('takes running statistics from rank 0 before the end of an epoch', async () => {
    const seen: Float32Array[] = []
    const replicas = [perceptron(), perceptron()]
    await trainOn(2, (rank) => ({
      replica: replicas[rank],
      afterEpoch: async ({ epoch }) => {
        if (epoch === 2) seen.push(replicas[rank].running.slice())
        return { stop: false }
      },
    }))
    expect(seen[0]).toEqual(seen[1])
    expect(seen[0].some((value) => value !== 0)).toBe(true)
  })

  it('lets ranks validate together, and stops when all say so', async () => {
    const trained = await trainOn(3, (rank) => ({
      afterEpoch: async ({ epoch, collective }) => {
        const shares = await collective.allGather(Uint8Array.of(rank))
        return { stop: epoch === 1 && shares.flatMap((share) => [...share]).join() === '0,1,2' }
      },
    }))
    for (const { result } of trained)
      expect(result).toEqual({ reason: 'stopped', step: 10, epochs: 2 })
  })

  it('says so where ranks do not agree on the end', async () => {
    const ends = await settled(3, (rank) => ({ afterEpoch: async () => ({ stop: rank === 1 }) }))
    for (const error of ends) {
      expect(error).toMatchObject({
        code: 'DIVERGED',
        message: expect.stringContaining('rank 1 would stop'),
      })
      expect(exitCodeOf(error)).toBe(42)
    }
  })
})

describe('mistakes', () => {
  it('of one rank end all of them at the same step, with an exit code that forbids another start', async () => {
    const mistake = new Error('image 17 is not a picture')
    let passesSeen = 0
    const replica = perceptron({
      beforePass: () => {
        if (++passesSeen === 10) throw mistake
      },
    })
    const ends = await settled(3, (rank) => (rank === 1 ? { replica } : {}))
    expect(ends[1]).toBe(mistake)
    for (const rank of [0, 2])
      expect(ends[rank]).toMatchObject({
        code: 'FAILED',
        message: 'rank 1 failed at step 3: see what it says itself',
      })
    expect(ends.map(exitCodeOf)).toEqual([42, 42, 42])
  })

  it('in the data likewise', async () => {
    const { load, ...data } = passes()
    const broken = {
      ...data,
      load: (at: Parameters<typeof load>[0]) =>
        at.pass === 5 && at.step === 3 ? Promise.reject(new Error('bad file')) : load(at),
    }
    const ends = await settled(2, () => ({ data: broken }))
    expect(ends.map((error) => (error as Error).message)).toEqual([
      'rank 1 failed at step 3: see what it says itself',
      'bad file',
    ])
  })

  it('a loss that is no longer finite ends all ranks', async () => {
    const replica = perceptron()
    const poisoned = {
      ...replica,
      async *gradients(batch: Examples) {
        for await (const part of replica.gradients(batch))
          yield part.numbers && replica.applied.length === 7
            ? { ...part, numbers: { loss: Number.NaN, right: 0 } }
            : part
      },
    }
    const ends = await settled(2, (rank) => (rank === 1 ? { replica: poisoned } : {}))
    for (const error of ends)
      expect(error).toMatchObject({ code: 'FAILED', message: 'step 7: loss is NaN' })
  })

  it('that a new start may cure are left to it', async () => {
    const away = new DistributedError('IO', 'the disk of examples is gone')
    const { load, ...data } = passes()
    const group = memoryGroup(1).start(0)
    let loads = 0
    const broken = {
      ...data,
      load: (at: Parameters<typeof load>[0]) => (++loads > 5 ? Promise.reject(away) : load(at)),
    }
    const end = trainDataParallel(options(group, perceptron(), { data: broken }))
    await expect(end).rejects.toBe(away)
    expect(exitCodeOf(away)).toBe(75)
  })

  it.each([
    [
      'another network',
      { replica: { ...perceptron(), layout: 'perceptron 6-9-3' } },
      'ranks 0 and 1 differ: layout "perceptron 6-8-3" and "perceptron 6-9-3"',
    ],
    ['other settings', { epochs: 5 }, 'ranks 0 and 1 differ: epochs 4 and 5'],
    [
      'other data',
      { data: passes({ passes: 4 }) },
      'ranks 0 and 1 differ: stepsPerEpoch 5 and 10, passes 8 and 4',
    ],
  ])('in the options are told to all: %s', async (_, changes, message) => {
    const ends = await settled(2, (rank) => (rank === 1 ? (changes as object) : {}))
    for (const error of ends)
      expect(error).toMatchObject({
        code: 'BAD_ARGUMENT',
        message: expect.stringContaining(message),
      })
  })

  it.each([
    [{ epochs: 0 }, 'trainDataParallel: epochs: got 0, wanted a whole number from 1'],
    [{ bucketBytes: 1.5 }, 'trainDataParallel: bucketBytes: got 1.5, wanted a whole number from 4'],
    [{ localSteps: { every: 0, after: 0 } }, 'localSteps.every: got 0'],
    [
      { localSteps: { every: 4, after: 0 }, replica: perceptron({ withWeights: false }) },
      'weights and setWeights',
    ],
  ])('in numbers are told at once: %j', (changes, message) => {
    const start = () => trainDataParallel(options(memoryGroup(1).start(0), perceptron(), changes))
    expect(start).toThrow(message)
  })

  it('a pass that gives other gradients than the first is named', async () => {
    const replica = perceptron()
    const strange = {
      ...replica,
      async *gradients(batch: Examples) {
        for await (const { gradients, ...part } of replica.gradients(batch))
          yield {
            ...part,
            gradients: replica.applied.length === 2 && gradients.has('w1') ? new Map() : gradients,
          }
      },
    }
    const [error] = await settled(1, () => ({ replica: strange }))
    expect(error).toMatchObject({
      code: 'BAD_ARGUMENT',
      message: 'a pass gave no gradient of w1, where the first one gave one',
    })
  })

  it.each([true, false])(
    'weights that drift apart are noticed (weights at hand: %s)',
    async (withWeights) => {
      const drifting = perceptron({ withWeights })
      const update = drifting.update
      drifting.update = async (gradients, step) => {
        const other = new Map(
          [...gradients].map(([name, g]) => [name, g.map((value) => value * 1.001)]),
        )
        await update(step === 6 ? other : gradients, step)
      }
      const ends = await settled(3, (rank) => ({
        checkEvery: 4,
        replica: rank === 2 ? drifting : perceptron({ withWeights }),
      }))
      for (const error of ends) {
        expect(error).toMatchObject({
          code: 'DIVERGED',
          message: 'after step 8 the weights of rank 2 differ from those of rank 0, 1',
        })
        expect(exitCodeOf(error)).toBe(42)
      }
    },
  )
})

describe('steps alone', () => {
  const localSteps = { every: 4, after: 7 }

  it('end in the same weights on all ranks, near those of common steps', async () => {
    const [together] = await trainOn(4)
    const trained = await trainOn(4, () => ({ localSteps }))
    for (const { replica, result } of trained) {
      expect(result.step).toBe(20)
      expect(replica.all()).toEqual(trained[0].replica.all())
    }
    const moved = distance(together.replica.all(), perceptron().all())
    const error = distance(trained[0].replica.all(), together.replica.all())
    expect(error).toBeGreaterThan(1e-4)
    expect(error).toBeLessThan(0.25 * moved)
  })

  it('are the same as common ones on one rank', async () => {
    const [together] = await trainOn(1)
    const [alone] = await trainOn(1, () => ({ localSteps }))
    expect(distance(alone.replica.all(), together.replica.all())).toBeLessThan(ROUNDING)
  })

  it('talk only where the mean of weights is taken', async () => {
    const events: TrainEvent[] = []
    await trainOn(2, (rank) => ({
      localSteps,
      epochs: 3,
      checkpointEvery: 13,
      ...(rank === 0 && { onEvent: (event: TrainEvent) => events.push(event) }),
    }))
    const talked = stepsOf(events).filter(({ sentBytes }) => sentBytes > 0)
    // Seven in common; then every fourth, at checkpoints, and at ends of epochs.
    expect(talked.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 10, 11, 13, 15])
  })

  it('count a rank with fewer passes less, and one without not at all', async () => {
    const data = () => passes({ passes: 3, passExamples: 8, total: 24 })
    const trained = await trainOn(4, () => ({
      epochs: 1,
      data: data(),
      localSteps: { every: 1, after: 0 },
    }))
    const [together] = await trainOn(1, () => ({ epochs: 1, data: data() }))
    // One step of plain momentum from rest is linear: the mean of weights is the step along the mean gradient.
    for (const { replica } of trained)
      expect(distance(replica.all(), together.replica.all())).toBeLessThan(ROUNDING)
  })

  it('tell of a mistake where the mean of weights is taken', async () => {
    let passesSeen = 0
    const mistake = new Error('a picture is torn')
    const replica = perceptron({
      beforePass: () => {
        // The 25th pass of this rank: one for the plan, then two in each step.
        if (++passesSeen === 25) throw mistake
      },
    })
    const ends = await settled(4, (rank) => ({ localSteps, ...(rank === 0 && { replica }) }))
    expect(ends[0]).toBe(mistake)
    for (const rank of [1, 2, 3])
      expect(ends[rank]).toMatchObject({
        message: expect.stringContaining('rank 0 failed at step 15'),
      })
  })

  it('compare weights when they are alike again', async () => {
    await trainOn(3, () => ({ localSteps: { every: 3, after: 0 }, checkEvery: 1 }))
  })
})

/** How each rank ended: its error, or nothing. */
async function settled(world: number, changes: Parameters<typeof trainOn>[1]): Promise<unknown[]> {
  const ends: unknown[] = Array.from({ length: world })
  const group = memoryGroup(world)
  await Promise.all(
    ends.map(async (_, rank) => {
      const changed = changes?.(rank) ?? {}
      const replica = perceptron()
      const member = group.start(rank)
      await trainDataParallel(options(member, replica, changed)).catch((error: unknown) => {
        ends[rank] = error
      })
    }),
  )
  return ends
}
