import { expect, it } from 'vitest'
import { inMemory } from '../../src/node/inMemory.ts'
import { openLoader, prefetch } from '../../src/node/loader.ts'
import { openRemote } from '../../src/node/remote.ts'

import { lines } from './networks.ts'

const script = (name: string) => new URL(`../../src/node/${name}.ts`, import.meta.url)

it('prefetch keeps the order and no more than it may under way', async () => {
  let under = 0
  let most = 0
  const make = async (i: number) => {
    most = Math.max(most, ++under)
    await new Promise((resolve) => setTimeout(resolve, i % 2 ? 1 : 5))
    under--
    return i
  }
  const found: number[] = []
  for await (const i of prefetch(make, { from: 2, to: 12, ahead: 3 })) found.push(i)
  expect(found).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  expect(most).toBe(4)
})

it('an item that fails ahead of its turn fails at its turn', async () => {
  const make = async (i: number) => {
    if (i === 2) throw new Error('item 2 is bad')
    return i
  }
  const items = prefetch(make, { from: 0, to: 5, ahead: 3 })
  expect((await items.next()).value).toBe(0)
  // Long enough for a failure that nobody waits for to end the process.
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect((await items.next()).value).toBe(1)
  await expect(items.next()).rejects.toThrow('item 2 is bad')
})

it('a thread that cannot start refuses every call, with its reason', async () => {
  const remote = openRemote(new URL('file:///nowhere/worker.js'))
  await expect(remote.call('anything', [])).rejects.toMatchObject({ code: 'CLOSED' })
  await expect(remote.call('anything', [])).rejects.toThrow(
    /^the worker thread failed: Cannot find/,
  )
  await remote.close()
})

it('what cannot be sent is refused, and the thread goes on', async () => {
  const { labels, examples } = lines(4)
  const shape = { input: 'image', classes: 2, pixels: 64, evidence: 0 }
  const source = inMemory({ labels, examples })
  const remote = openRemote(script('loaderWorker'), { source, shape, seed: 0 })
  await expect(remote.call('batch', [0, () => 1])).rejects.toMatchObject({ code: 'BAD_ARGUMENT' })
  expect(await remote.call('labels', [])).toEqual(labels)
  await remote.close()
})

it('loaders hand out the same batches whichever thread makes them', async () => {
  const thread = {
    source: inMemory(lines(8, { planes: 3 })),
    shape: { input: 'image', classes: 2, pixels: 192, evidence: 0 },
    seed: 3,
    vary: { augment: { height: 8, width: 8, shiftPx: 1 }, withoutEvidence: 0.5 },
  }
  const loaders = await Promise.all([1, 2, 3].map((threads) => openLoader(thread, threads)))
  try {
    for (let epoch = 0; epoch < 3; epoch++) {
      const indices = Uint32Array.of(7, epoch, 3, 3)
      const [one, ...others] = await Promise.all(loaders.map((each) => each.batch(epoch, indices)))
      for (const other of others) expect(other).toEqual(one)
      expect(one.inputs.image.slice(2 * 192, 3 * 192)).toEqual(one.inputs.image.slice(3 * 192))
    }
  } finally {
    await Promise.all(loaders.map((loader) => loader.close()))
  }
})
