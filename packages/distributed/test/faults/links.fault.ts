import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Bridge, openBridge, whyNoBridge } from './bridge.ts'
import {
  costOf,
  expectNothingRepeated,
  expectWholeHistory,
  reached,
  report,
  undisturbedHashes,
} from './history.ts'
import { startTraining, type Training, world } from './processes.ts'

const silentMs = 3000
const cutMs = silentMs + 3000

const why = whyNoBridge()
if (why !== undefined) process.stdout.write(`note: no cut links: ${why}\n`)

let hashes: readonly number[]
let training: Training | undefined
let bridge: Bridge | undefined
beforeAll(async () => {
  hashes = await undisturbedHashes()
})
afterEach(async () => {
  await training?.close()
  bridge?.close()
})

/** Three machines on a switch, and a training on them. */
async function start() {
  const links = openBridge(world)
  bridge = links
  const berth = (index: number) => ({ before: links.before(index) })
  const it = await startTraining({ silentMs, master: links.address(0), berth })
  training = it
  return { it, links }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe.skipIf(why !== undefined)('cut links', () => {
  it.each([
    ['a member', 2, 'silent'],
    ['the coordinator', 0, 'silent'],
    ['a member', 1, 'carrier'],
  ] as const)(
    'of %s, index %i, %s: all meet again, and nobody is started anew',
    async (who, index, how) => {
      const { it, links } = await start()
      await it.told(reached(30))
      const atMs = Date.now()
      links.cut(index, how)
      await sleep(cutMs)
      links.mend(index)
      const cost = await costOf(it, atMs)
      await it.finished
      expectWholeHistory(it, hashes)
      expectNothingRepeated(it)
      expect(it.exits.length).toBe(world)
      report(`the link of ${who} cut for ${cutMs / 1000} s (${how})`, [cost])
      expect(cost.noticed).toBeLessThan(silentMs / 1000 + 3)
      expect(cost.goingOn).toBeLessThan(cutMs / 1000 + 15)
    },
  )

  it('for moments, again and again: nobody minds', async () => {
    const { it, links } = await start()
    for (let cut = 0; cut < 10; cut++) {
      await it.told(reached(10 * cut + 5))
      links.cut(cut % world, 'silent')
      await sleep(silentMs / 15)
      links.mend(cut % world)
    }
    await it.finished
    expectWholeHistory(it, hashes)
    expect(it.lines.filter(({ kind }) => kind === 'meeting').length).toBe(world)
    expect(it.exits.length).toBe(world)
  })
})
