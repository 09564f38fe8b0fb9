import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Checkpoint, CheckpointStore } from '../src/checkpoints.ts'
import type { TrainEvent } from '../src/dataParallel/events.ts'
import { DistributedError, exitCodeOf } from '../src/errors.ts'
import type { Group } from '../src/group.ts'
import { memoryGroup } from '../src/memoryGroup.ts'
import { type TrainOptions, type TrainResult, trainDataParallel } from '../src/trainDataParallel.ts'
import { memoryStore } from './dataParallel/memoryStore.ts'
import { type Examples, type Perceptron, perceptron } from './dataParallel/perceptron.ts'
import { distance, meeting, options, trainOn } from './dataParallel/training.ts'

const ROUNDING = 2e-6

interface Loss {
  readonly who: number
  /** After so many passes of all processes together. */
  readonly atPass: number
  /** Turns of the event loop until another process takes its place. */
  readonly turns: number
}

/** Trains while processes are lost and others take their places; gives the last process of each index. */
async function trainThrough(
  world: number,
  losses: readonly Loss[],
  changes: (index: number) => Parameters<typeof options>[2] = () => ({}),
  min = world,
): Promise<{ replica: Perceptron; result: TrainResult }[]> {
  const group = memoryGroup(world, { min })
  const to = losses.toSorted((a, b) => a.atPass - b.atPass)
  const running = new Map<number, Promise<{ replica: Perceptron; result: TrainResult }>>()
  const revivals: Promise<void>[] = []
  let passesDone = 0
  const losePending = () => {
    while (to[0] && to[0].atPass <= passesDone) {
      const { who, turns } = to.shift()!
      group.kill(who)
      running.delete(who)
      revivals.push(turnsOf(turns).then(() => start(who)))
    }
  }
  const start = (index: number) => {
    // One that is waiting already takes the place.
    if (running.has(index)) return
    const member = group.start(index)
    const replica = perceptron({
      beforePass: () => {
        passesDone++
        losePending()
      },
    })
    const end = trainDataParallel(options(member, replica, changes(index)))
    const ended = end.finally(() => member.leave()).then((result) => ({ replica, result }))
    // Of those that are lost nobody hears.
    ended.catch(() => undefined)
    running.set(index, ended)
  }
  for (let index = 0; index < world; index++) start(index)
  await allSettled(running, revivals)
  const ended = [...running].toSorted(([a], [b]) => a - b)
  return Promise.all(ended.map(([, end]) => end))
}

async function turnsOf(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** Waits for those that are not lost meanwhile. */
async function allSettled(
  running: ReadonlyMap<number, Promise<unknown>>,
  revivals: readonly Promise<void>[],
): Promise<void> {
  for (;;) {
    const known = revivals.length
    await Promise.all(revivals)
    const lost = new Promise<void>((resolve) => {
      const look = () => (revivals.length > known ? resolve() : setImmediate(look))
      const timer = setImmediate(look)
      void Promise.allSettled(running.values()).then(() => {
        clearImmediate(timer)
        resolve()
      })
    })
    await lost
    if (revivals.length === known) return
  }
}

const everyStepOnce = Array.from({ length: 20 }, (_, i) => i)

describe('the loss of processes', () => {
  it('changes nothing in what is learned, whenever and however many are lost', async () => {
    const undisturbed = await Promise.all([1, 2, 3, 4].map((world) => trainOn(world)))
    const losses = fc.array(fc.record({ who: fc.nat(3), atPass: fc.nat(150), turns: fc.nat(30) }), {
      minLength: 1,
      maxLength: 6,
    })
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), losses, async (world, all) => {
        const ended = await trainThrough(
          world,
          all.map((loss) => ({ ...loss, who: loss.who % world })),
        )
        expect(ended.length).toBe(world)
        const [{ replica: expected }] = undisturbed[world - 1]
        for (const { replica, result } of ended) {
          expect(result).toEqual({ reason: 'finished', step: 20, epochs: 4 })
          expect(replica.applied).toEqual(everyStepOnce)
          expect(distance(replica.all(), expected.all())).toBeLessThan(ROUNDING)
        }
      }),
      { numRuns: 150 },
    )
  })

  it('changes nothing but roundings where the others go on without them', async () => {
    const [{ replica: expected }] = await trainOn(1)
    const losses = fc.array(
      fc.record({ who: fc.nat(3), atPass: fc.nat(150), turns: fc.nat(300) }),
      { minLength: 1, maxLength: 6 },
    )
    const worlds = new Set<number>()
    const note = (event: TrainEvent) => event.kind === 'meeting' && worlds.add(event.world)
    await fc.assert(
      fc.asyncProperty(losses, async (all) => {
        const ended = await trainThrough(4, all, () => ({ onEvent: note }), 1)
        // Whoever comes back when the others have made all steps hears so.
        const missed = ended.filter(({ result }) => result.reason === 'missed')
        for (const { replica, result } of missed) {
          expect(result).toEqual({ reason: 'missed', step: 20, epochs: 4 })
          expect(replica.applied).toEqual([])
        }
        const present = ended.filter(({ result }) => result.reason !== 'missed')
        expect(present.length).toBeGreaterThan(0)
        for (const { replica, result } of present) {
          expect(result).toEqual({ reason: 'finished', step: 20, epochs: 4 })
          expect(replica.applied).toEqual(everyStepOnce)
          expect(distance(replica.all(), expected.all())).toBeLessThan(ROUNDING)
        }
      }),
      { numRuns: 60 },
    )
    expect(worlds).toEqual(new Set([1, 2, 3, 4]))
  })

  it('while the end of an epoch is agreed on repeats what belongs to it', async () => {
    const [{ replica: expected }] = await trainOn(3)
    const group = memoryGroup(3)
    const ended: string[] = []
    const start = async (index: number): Promise<Perceptron> => {
      const replica = perceptron()
      const member = group.start(index)
      const afterEpoch: TrainOptions<Examples>['afterEpoch'] = async ({ epoch, collective }) => {
        if (epoch === 1 && index === 1 && !ended.includes('1: lost')) {
          ended.push('1: lost')
          group.kill(1)
          throw new DistributedError('CLOSED', 'this process is dead')
        }
        await collective.barrier()
        ended.push(`${index}: ${epoch}`)
        return { stop: false }
      }
      await trainDataParallel(options(member, replica, { afterEpoch }))
      await member.leave()
      return replica
    }
    const lost = start(1).catch(() => start(1))
    for (const replica of await Promise.all([start(0), lost, start(2)])) {
      expect(replica.applied).toEqual(everyStepOnce)
      expect(distance(replica.all(), expected.all())).toBeLessThan(ROUNDING)
    }
    const all = [0, 1, 2].flatMap((index) => [0, 1, 2, 3].map((epoch) => `${index}: ${epoch}`))
    expect(ended.toSorted()).toEqual([...all, '1: lost'].toSorted())
  })

  it('of all at once is made good from the last checkpoint', async () => {
    const [{ replica: expected }] = await trainOn(2)
    const store = memoryStore()
    const meetings: TrainEvent[] = []
    const all = [0, 1].map((who) => ({ who, atPass: 100, turns: 5 }))
    const ended = await trainThrough(2, all, (index) => ({
      ...(index === 0 && { checkpoints: store }),
      checkpointEvery: 2,
      onEvent: (event) => {
        if (event.kind === 'meeting') meetings.push(event)
      },
    }))
    for (const { replica } of ended) {
      expect(replica.applied).toEqual(everyStepOnce)
      expect(distance(replica.all(), expected.all())).toBeLessThan(ROUNDING)
    }
    // Pass 100 is of step 12.
    expect(meetings.slice(2)).toMatchObject([12, 12].map((step) => ({ step, source: 0 })))
  })

  it('while ranks step alone costs no step', async () => {
    const localSteps = { every: 4, after: 4 }
    await fc.assert(
      fc.asyncProperty(fc.nat(2), fc.nat(150), fc.nat(10), async (who, atPass, turns) => {
        const ended = await trainThrough(3, [{ who, atPass, turns }], () => ({ localSteps }))
        for (const { replica, result } of ended) {
          expect(result.step).toBe(20)
          expect(replica.applied).toEqual(everyStepOnce)
          expect(replica.all()).toEqual(ended[0].replica.all())
        }
      }),
      { numRuns: 40 },
    )
  })

  it('again and again, before a step is ever done, comes to an end', async () => {
    const group = memoryGroup(1)
    const broken = meeting(group.start(0), (met) => {
      setImmediate(() => met.collective.close())
      return met
    })
    const error = await trainDataParallel(options(broken, perceptron())).catch((error) => error)
    expect(error).toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining('31 meetings'),
    })
    expect(exitCodeOf(error)).toBe(75)
  })
})

describe('the end', () => {
  const over = { step: 20, epochs: 4 }

  it('is told to whoever takes the place of one that was lost when all was done', async () => {
    const group = memoryGroup(2)
    const [zero, one] = [group.start(0), group.start(1)]
    const train = (member: Group) => trainDataParallel(options(member, perceptron()))
    const ends = await Promise.all([train(zero), train(one)])
    for (const end of ends) expect(end).toEqual({ reason: 'finished', ...over })
    await zero.leave()
    group.kill(1)
    expect(await train(group.start(1))).toEqual({ reason: 'missed', ...over })
  })

  it('is told by the leader in the place of one that was lost before the others heard of it', async () => {
    const store = memoryStore()
    const group = memoryGroup(2)
    const follower = perceptron()
    const following = trainDataParallel(options(group.start(1), follower))
    // Lost between the last checkpoint and the last word.
    const dying: CheckpointStore = {
      ...store,
      save: async (checkpoint) => {
        await store.save(checkpoint)
        if (checkpoint.step === 20) group.kill(0)
      },
    }
    const lost = trainDataParallel(options(group.start(0), perceptron(), { checkpoints: dying }))
    await expect(lost).rejects.toMatchObject({ code: 'CLOSED' })
    const leader = perceptron()
    const end = trainDataParallel(options(group.start(0), leader, { checkpoints: store }))
    expect(await end).toEqual({ reason: 'finished', ...over })
    expect(await following).toEqual({ reason: 'finished', ...over })
    expect(follower.applied).toEqual(everyStepOnce)
    expect(leader.all()).toEqual(follower.all())
  })

  it('that was decided on early is remembered', async () => {
    const store = memoryStore()
    const afterEpoch = async ({ epoch }: { epoch: number }) => ({ stop: epoch === 1 })
    const changes = (rank: number) => ({ afterEpoch, ...(rank === 0 && { checkpoints: store }) })
    const stopped = { reason: 'stopped', step: 10, epochs: 2 }
    for (const { result } of await trainOn(2, changes)) expect(result).toEqual(stopped)
    const again = trainDataParallel(options(memoryGroup(2).start(0), perceptron(), changes(0)))
    expect(await again).toEqual(stopped)
  })

  it('that was decided on early holds where a rank is lost before all have heard', async () => {
    const group = memoryGroup(2)
    const store = memoryStore()
    const afterEpoch = async ({ epoch }: { epoch: number }) => ({ stop: epoch === 1 })
    // The follower is lost when the verdict is kept, but not yet agreed to be the end.
    const killing: CheckpointStore = {
      ...store,
      save: async (checkpoint) => {
        await store.save(checkpoint)
        if (checkpoint.stopped) group.kill(1)
      },
    }
    const lead = { afterEpoch, checkpoints: killing }
    const leading = trainDataParallel(options(group.start(0), perceptron(), lead))
    const lost = trainDataParallel(options(group.start(1), perceptron(), { afterEpoch }))
    await expect(lost).rejects.toMatchObject({ code: 'CLOSED' })
    const follower = trainDataParallel(options(group.start(1), perceptron(), { afterEpoch }))
    expect(await leading).toEqual({ reason: 'stopped', step: 10, epochs: 2 })
    expect(['stopped', 'missed']).toContain((await follower).reason)
  })

  it('is not the end where more epochs are wanted now', async () => {
    const store = memoryStore()
    const changes = (rank: number) => (rank === 0 ? { checkpoints: store } : {})
    await trainOn(2, (rank) => ({ ...changes(rank), epochs: 2 }))
    const [{ replica: expected }] = await trainOn(2)
    for (const { result, replica } of await trainOn(2, changes)) {
      expect(result).toEqual({ reason: 'finished', ...over })
      expect(replica.all()).toEqual(expected.all())
    }
  })
})

describe('checkpoints', () => {
  it('are written by rank 0, every so many steps and at the end of each epoch', async () => {
    const stores = [memoryStore(), memoryStore()]
    const events: TrainEvent[] = []
    await trainOn(2, (rank) => ({
      checkpoints: stores[rank],
      checkpointEvery: 3,
      ...(rank === 0 && { onEvent: (event: TrainEvent) => events.push(event) }),
    }))
    expect(stores[0].saved).toEqual([3, 5, 6, 9, 10, 12, 15, 18, 20])
    expect(stores[1].saved).toEqual([])
    const told = events.filter(({ kind }) => kind === 'checkpoint')
    expect(told.map(({ step }) => step)).toEqual(stores[0].saved)
  })

  it('lead to the same bits as a training that was never stopped', async () => {
    const [{ replica: expected }] = await trainOn(2)
    for (const stopAt of [1, 5, 7, 18]) {
      const store = memoryStore()
      const stopping = new AbortController()
      const stop = (step: number) => step + 1 === stopAt && stopping.abort()
      const stopped = await trainOn(2, (rank) => ({
        ...(rank === 0 && { checkpoints: store }),
        ...(rank === 1 && { signal: stopping.signal, replica: perceptron({ afterUpdate: stop }) }),
      }))
      // The wish is told with the next sums, or at the end of the epoch.
      const step = stopAt % 5 === 0 ? stopAt : stopAt + 1
      for (const { result } of stopped)
        expect(result).toEqual({
          reason: step === 20 ? 'finished' : 'interrupted',
          step,
          epochs: Math.floor(step / 5),
        })
      const again = await trainOn(2, (rank) => (rank === 0 ? { checkpoints: store } : {}))
      for (const { replica, result } of again) {
        expect(result.step).toBe(20)
        expect(replica.all()).toEqual(expected.all())
      }
    }
  })

  it('that fail on the way are told and tried again', async () => {
    const store = memoryStore()
    const said: string[] = []
    const full = {
      ...store,
      save: async (checkpoint: Checkpoint) => {
        if (checkpoint.step < 10) throw new Error('/ckpt: no space left on the disk')
        await store.save(checkpoint)
      },
    }
    await trainOn(2, (rank) => ({
      ...(rank === 0 && { checkpoints: full, say: (m: string) => said.push(m) }),
    }))
    expect(said).toEqual([
      'no checkpoint at step 5, training goes on: /ckpt: no space left on the disk',
    ])
    expect(store.saved).toEqual([10, 15, 20])
  })

  it('that fail at the end end all ranks, which may be tried again', async () => {
    const full: CheckpointStore = {
      save: () => Promise.reject(new Error('no space left on the disk')),
      latest: async () => undefined,
    }
    const group = memoryGroup(2)
    const ends = await Promise.all(
      [0, 1].map((rank) =>
        trainDataParallel(
          options(group.start(rank), perceptron(), rank === 0 ? { checkpoints: full } : {}),
        ).catch((error: unknown) => error),
      ),
    )
    expect(ends).toMatchObject([
      { code: 'IO', message: 'no last checkpoint at step 20: no space left on the disk' },
      { code: 'IO', message: 'no last checkpoint at step 20: rank 0 could not write it' },
    ])
    expect(ends.map(exitCodeOf)).toEqual([75, 75])
  })

  it('do not wait for a slow disk but at the end', async () => {
    const store = memoryStore()
    const said: string[] = []
    const gate = Promise.withResolvers<void>()
    const slow = {
      ...store,
      save: async (checkpoint: Checkpoint) => {
        await gate.promise
        await store.save(checkpoint)
      },
    }
    const replica = perceptron({ afterUpdate: (step) => step === 19 && gate.resolve() })
    await trainOn(1, () => ({ replica, checkpoints: slow, say: (m) => said.push(m) }))
    expect(store.saved).toEqual([5, 20])
    expect(said[0]).toBe('no checkpoint at step 10: the one before is still being written')
  })
})

describe('the wish to stop', () => {
  it('ends a process that waits for the others, keeping what it has done', async () => {
    const group = memoryGroup(2)
    const stopping = new AbortController()
    const store = memoryStore()
    const survivor = perceptron()
    const end = trainDataParallel(
      options(group.start(0), survivor, { checkpoints: store, signal: stopping.signal }),
    )
    const other = perceptron({
      afterUpdate: (step) => {
        if (step !== 6) return
        group.kill(1)
        setTimeout(() => stopping.abort(), 20)
      },
    })
    const lost = trainDataParallel(options(group.start(1), other))
    lost.catch(() => undefined)
    const result = await end
    expect(result.reason).toBe('interrupted')
    expect(store.saved.at(-1)).toBe(result.step)
    expect(survivor.applied).toEqual(everyStepOnce.slice(0, result.step))
    expect(result.step).toBeGreaterThanOrEqual(6)
  })

  it('keeps no checkpoint that skips the end of an epoch, which another start makes up for', async () => {
    const store = memoryStore()
    const stopping = new AbortController()
    const group = memoryGroup(2)
    // The other is lost in the middle of what belongs to the end of the second epoch.
    const afterEpoch: TrainOptions<Examples>['afterEpoch'] = async ({ epoch, collective }) => {
      if (epoch === 1) {
        group.kill(1)
        stopping.abort()
        await collective.barrier()
      }
      return { stop: false }
    }
    const { signal } = stopping
    const mine = { checkpoints: store, signal, afterEpoch }
    const end = trainDataParallel(options(group.start(0), perceptron(), mine))
    const lost = trainDataParallel(options(group.start(1), perceptron(), { afterEpoch }))
    lost.catch(() => undefined)
    expect(await end).toEqual({ reason: 'interrupted', step: 10, epochs: 1 })
    expect(store.saved).toEqual([5])

    const ended: number[] = []
    await trainOn(1, () => ({
      checkpoints: store,
      afterEpoch: async ({ epoch }) => {
        ended.push(epoch)
        return { stop: false }
      },
    }))
    expect(ended).toEqual([1, 2, 3])
  })
})
