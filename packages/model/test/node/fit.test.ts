import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { resnet18 } from '../../src/networks/resnet.ts'
import { inMemory } from '../../src/node/inMemory.ts'
import { parseTrainingLog } from '../../src/train/events.ts'
import { constant } from '../../src/train/schedules.ts'
import type { Example } from '../../src/train/source.ts'
import { distance } from '../lower/both.ts'
import { network, task, train } from './fitTask.ts'
import { newest, removeFolders, temporaryFolder } from './folders.ts'
import { lines, tiny } from './networks.ts'

afterEach(removeFolders)

/** Stops after a step. */
function stopAfter(step: number) {
  const stop = new AbortController()
  return {
    signal: stop.signal,
    onEvent: (event: { readonly kind: string; readonly step?: number }) => {
      if (event.kind === 'step' && event.step === step) stop.abort()
    },
  }
}

describe('fit', () => {
  it('learns to tell lying lines from standing ones', async () => {
    const learning = { epochs: 30, augment: false, schedule: () => constant(0.1) }
    const { result, events } = await train(learning)
    expect(result.reason).toBe('finished')
    expect(result.evaluation.scores.accuracy).toBe(1)
    expect(result.logits).toHaveLength(20)
    expect([...result.labels]).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0, 1])
    const epochs = events.filter((event) => event.kind === 'epoch')
    expect(epochs).toHaveLength(30)
    const least = Math.min(...epochs.map(({ validationLoss }) => validationLoss))
    expect(epochs[result.bestEpoch].validationLoss).toBe(least)
    expect(epochs.at(-1)?.trainAccuracy).toBe(1)
  })

  it('one seed, one result, to the bit; whatever the number of loading threads', async () => {
    const { hash } = await train()
    expect((await train()).hash).toBe(hash)
    expect((await train({ loaders: 2 })).hash).toBe(hash)
    expect((await train({ loaders: 3 })).hash).toBe(hash)
    expect((await train({ seed: 1 })).hash).not.toBe(hash)
  })

  it('two passes of four make a step of eight, where no batch norm looks at a pass', async () => {
    const plain = { network: tiny({ planes: 3 }) }
    const one = await train({ epochs: 2 }, plain)
    const two = await train({ epochs: 2, batch: 4, accumulate: 2 }, plain)
    for (const [name, data] of one.last.parameters) {
      expect(distance(two.last.parameters.get(name) ?? [], data), name).toBeLessThan(1e-4)
    }
    expect(two.last.optimizer.step).toBe(8)
  })

  it('stops early, goes no further when started again, and yields the best epoch', async () => {
    const folder = temporaryFolder()
    const still = { folder, epochs: 9, patience: 2, schedule: () => constant(0), augment: false }
    const optimizer = { kind: 'sgd', momentum: 0, weightDecay: 0 } as const
    // At a rate of zero nothing is learned: no epoch is better than the first.
    const first = await train(still, { optimizer, network: tiny({ planes: 3 }) })
    expect(first.result.reason).toBe('stopped-early')
    expect(first.result.bestEpoch).toBe(0)
    expect(first.events.filter(({ kind }) => kind === 'epoch')).toHaveLength(4)
    const again = await train(still, { optimizer, network: tiny({ planes: 3 }) })
    expect(again.events.map(({ kind }) => kind)).toEqual(['start', 'done'])
    expect([again.hash, again.result.reason]).toEqual([first.hash, 'stopped-early'])
  })
})

describe('stopped by a signal', () => {
  it.each([0, 2, 3, 6, 7, 8, 18])('after step %i: goes on to the same bits', async (step) => {
    const folder = temporaryFolder()
    const { hash } = await train()
    const stopped = await train({ folder, ...stopAfter(step) })
    expect(stopped.result.reason).toBe('interrupted')
    expect(stopped.last.optimizer.step).toBe(step + 1)
    const resumed = await train({ folder })
    expect(resumed.events[0]).toMatchObject({ kind: 'start', resumedAt: step + 1 })
    expect(resumed.hash).toBe(hash)
    const log = parseTrainingLog(readFileSync(join(folder, 'log.jsonl'), 'utf8'))
    const steps = log.flatMap((event) => (event.kind === 'step' ? [event.step] : []))
    expect(steps).toEqual(Array.from({ length: 20 }, (_, i) => i))
    const kinds = log.flatMap(({ kind }) => (kind === 'step' ? [] : [kind]))
    expect(kinds.filter((kind) => kind === 'epoch')).toHaveLength(5)
    expect(kinds.filter((kind) => kind === 'start')).toHaveLength(2)
    expect(kinds.filter((kind) => kind === 'done')).toHaveLength(1)
  })

  it('a ResNet18 with evidence, in blocks where the runtime has them', async () => {
    const folder = temporaryFolder()
    const beside = ({ labels, examples }: ReturnType<typeof lines>) =>
      inMemory({
        labels,
        examples: examples.map(({ image }, i) => ({ image, evidence: [i % 2, Math.sin(i), 1] })),
      })
    const options = {
      train: beside(lines(24, { size: 32, planes: 3 })),
      validation: beside(lines(6, { size: 32, planes: 3, seed: 8 })),
      epochs: 2,
      loaders: 2,
    }
    const network = resnet18({ classes: 2, sizePx: 32, width: 0.25, evidence: 3 })
    const trainer = { network, graph: 'fast', threads: 2 } as const
    const { hash } = await train(options, trainer)
    await train({ ...options, folder, ...stopAfter(1) }, trainer)
    expect((await train({ ...options, folder }, trainer)).hash).toBe(hash)
  })

  it('after the very last step it is finished', async () => {
    const { result } = await train(stopAfter(19))
    expect(result.reason).toBe('finished')
  })

  it('the last lines of a log that end in nowhere are cut off', async () => {
    const folder = temporaryFolder()
    await train({ folder, ...stopAfter(6) })
    const log = join(folder, 'log.jsonl')
    const text = readFileSync(log, 'utf8')
    const later = text.split('\n').find((line) => line.includes('"step":6')) ?? ''
    writeFileSync(log, `${text}${later.replace('"step":6', '"step":7')}\n${later.slice(0, 30)}`)
    await train({ folder })
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n')
    const events = lines.map((line) => JSON.parse(line))
    expect(events.filter(({ kind }) => kind === 'step')).toHaveLength(20)
  })
})

describe('a loss that is not finite', () => {
  it('stops the training, names the step and keeps a finite checkpoint', async () => {
    const folder = temporaryFolder()
    const schedule = () => (step: number) => (step < 9 ? 0.05 : 1e30)
    const messages: string[] = []
    const failing = train({
      folder,
      epochs: 10,
      schedule,
      checkpointEvery: 1,
      onEvent: (event) => {
        if (event.kind === 'problem') messages.push(event.message)
      },
    })
    await expect(failing).rejects.toMatchObject({ code: 'NOT_FINITE' })
    expect(messages).toHaveLength(1)
    expect(messages[0]).toMatch(
      /^step (9|1\d): .*; the last checkpoint before it is kept; a smaller learning rate may help$/,
    )
    const { parameters, buffers, optimizer } = newest(folder)
    for (const arrays of [parameters, buffers, optimizer.slots]) {
      for (const data of arrays.values()) expect(data.every(Number.isFinite)).toBe(true)
    }
    const log = readFileSync(join(folder, 'log.jsonl'), 'utf8')
    expect(parseTrainingLog(log).at(-1)).toMatchObject({ kind: 'problem', message: messages[0] })
  })

  it('without a folder there is no word of a checkpoint', async () => {
    const failing = train({ schedule: () => constant(1e30) })
    await expect(failing).rejects.toThrow(/^step \d: [^;]*; a smaller learning rate may help$/)
  })
})

describe('what fit refuses', () => {
  const of = (count: number) => inMemory(lines(count, { planes: 3 }))
  const labelled = (labels: readonly number[]) => {
    const { examples } = lines(labels.length, { planes: 3 })
    return inMemory({ labels, examples })
  }
  const brokenSource = (options: { readonly bad: number; readonly instead?: Example }) => ({
    module: new URL('./brokenSource.ts', import.meta.url).href,
    options,
  })
  const odd = (length: number) => ({ image: new Float32Array(length) })
  const cases: readonly (readonly [string, Parameters<typeof train>[0], string])[] = [
    [
      'one class only',
      { train: labelled(Array<number>(16).fill(1)) },
      'fit: got 16 examples, all of class standing; two classes are needed to learn a difference',
    ],
    ['no examples', { train: labelled([]) }, 'fit: got no examples; two classes are needed'],
    [
      'fewer examples than a step needs',
      { train: of(3), batch: 32 },
      'fit: 3 examples do not fill one step of 32; choose a smaller batch, or give more examples',
    ],
    [
      'fewer than all passes of a step need',
      { train: of(9), batch: 4, accumulate: 3 },
      'fit: 9 examples do not fill one step of 12 (3 passes of 4)',
    ],
    ['no validation examples', { validation: of(0) }, 'fit: no validation examples'],
    [
      'a foreign label',
      { train: labelled([...Array(16).keys()]) },
      'fit: label 2, but only 2 classes',
    ],
    ['a foreign validation label', { validation: labelled([0, 5]) }, 'fit: label 5, but only 2'],
    [
      'other classes',
      { classes: ['a', 'b', 'c'] },
      'fit: got 3 classes, the network has 2 outputs',
    ],
    ['no epochs', { epochs: 0 }, 'fit: epochs 0: wanted a whole number above 0'],
    ['half a batch', { batch: 1.5 }, 'fit: batch 1.5: wanted a whole number above 0'],
    ['no loaders', { loaders: 0 }, 'fit: loaders 0: wanted a whole number above 0'],
    [
      'a source that is not there',
      { train: { module: 'file:///nowhere/source.ts', options: {} } },
      "Cannot find module '/nowhere/source.ts'",
    ],
    ['an example that cannot be read', { train: brokenSource({ bad: 5 }) }, 'example 5 is gone'],
    [
      'an example of another size',
      { train: brokenSource({ bad: 30, instead: odd(191) }) },
      'image of example 30: got 191 numbers, wanted 192',
    ],
    [
      'a validation example of another size',
      { validation: brokenSource({ bad: 31, instead: odd(193) }) },
      'image of example 31: got 193 numbers, wanted 192',
    ],
  ]
  it.for(cases)('%s', async ([, options, message]) => {
    // Not balanced, so that every example is read.
    const error = await train({ balance: false, ...options }).then(
      () => undefined,
      (reason: Error) => reason,
    )
    expect(error?.message).toContain(message)
    expect(error?.name).toBe('ModelError')
    expect(error?.message).not.toContain('\n')
  })

  it('varying pictures that have not three channels', async () => {
    const examples = { train: inMemory(lines(32)), validation: inMemory(lines(8)) }
    const one = { ...task, ...examples, augment: true }
    await expect(train(one, { network: tiny() })).rejects.toThrow(
      'fit: examples are varied as pictures of 3 channels, these have 1; set augment to false',
    )
    const { result } = await train({ ...one, augment: false }, { network: tiny() })
    expect(result.reason).toBe('finished')
    expect(network.inputs.image).toEqual([3, 8, 8])
  })
})
