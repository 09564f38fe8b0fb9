import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  costOf,
  expectNothingRepeated,
  expectWholeHistory,
  reached,
  report,
  undisturbedHashes,
} from './history.ts'
import { pidsOf, startTraining, type Training, type TrainingOptions } from './processes.ts'

const silentMs = 3000
/** How long after `silentMs` the others may go on talking to nobody. */
const noticingMs = 3000

let hashes: readonly number[]
let training: Training | undefined
beforeAll(async () => {
  hashes = await undisturbedHashes()
})
afterEach(() => training?.close())

async function start(options: TrainingOptions = {}): Promise<Training> {
  training = await startTraining({ silentMs, ...options })
  return training
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('processes that stand still', () => {
  it.each([
    [1, 'a member'],
    [0, 'the coordinator'],
  ])(
    'index %i, %s, for longer than silence is borne: it comes back as it is',
    async (index, who) => {
      const it = await start()
      await it.told(reached(30))
      const atMs = Date.now()
      it.signal(index, 'SIGSTOP')
      const stoppedMs = silentMs + noticingMs
      await sleep(stoppedMs)
      it.signal(index, 'SIGCONT')
      const cost = await costOf(it, atMs)
      await it.finished
      expectWholeHistory(it, hashes)
      expectNothingRepeated(it)
      // Nobody was started anew.
      expect(it.exits.length).toBe(3)
      report(`${who} stopped for ${stoppedMs / 1000} s, silence borne for ${silentMs / 1000} s`, [
        cost,
      ])
      expect(cost.noticed).toBeGreaterThan(1)
      expect(cost.noticed).toBeLessThan((silentMs + noticingMs) / 1000)
      expect(cost.goingOn).toBeLessThan(stoppedMs / 1000 + 10)
    },
  )

  it('one whose place another takes, and which wakes up later: it is sent away', async () => {
    const it = await start()
    const { pid } = await it.told(({ index }) => index === 2)
    await it.told(reached(30))
    const atMs = Date.now()
    it.signal(2, 'SIGSTOP')
    it.abandon(2)
    const cost = await costOf(it, atMs)
    await it.told(reached(50))
    process.kill(pid, 'SIGCONT')
    await it.finished
    while (pidsOf(it.mark).length > 0) await sleep(50)
    // Too late for the others, it may have found nobody any more.
    const [late] = it.exits.filter((exit) => exit.pid === pid)
    expect([42, 75]).toContain(late.how)
    expectWholeHistory(it, hashes)
    expectNothingRepeated(it)
    report('stopped, another in its place at once', [cost])
    expect(cost.goingOn).toBeLessThan((silentMs + noticingMs) / 1000 + 10)
  })

  it('or are slow, for less than silence is borne: only that', async () => {
    const it = await start({
      berth: (index) => (index === 2 ? { settings: { pauseMs: 40 } } : {}),
    })
    for (const [step, index] of [
      [20, 1],
      [50, 0],
      [80, 2],
    ]) {
      await it.told(reached(step))
      it.signal(index, 'SIGSTOP')
      await sleep(silentMs / 2)
      it.signal(index, 'SIGCONT')
    }
    await it.finished
    expectWholeHistory(it, hashes)
    expect(it.lines.filter(({ kind }) => kind === 'meeting').length).toBe(3)
    expect(it.exits.length).toBe(3)
  })
})
