import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { checkpointFolder } from '../../src/node/checkpointFolder.ts'
import { random } from '../../src/random.ts'
import {
  type Cost,
  costOf,
  expectNothingRepeated,
  expectWholeHistory,
  reached,
  report,
  undisturbedHashes,
} from './history.ts'
import { type Exit, startTraining, type Training, type TrainingOptions } from './processes.ts'
import { allSteps, plainWeights } from './work.ts'

const kills = 20
const window = Math.floor(allSteps / kills)
/** Weights of order 1, as in the package's README. */
const rounding = 2e-6

let hashes: readonly number[]
let folder: string
let training: Training | undefined
beforeAll(async () => {
  hashes = await undisturbedHashes()
})
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faults-'))
})
afterEach(async () => {
  await training?.close()
  await rm(folder, { recursive: true, force: true })
})

/** Index 0 keeps its checkpoints; the others have no disk. */
async function start(options: TrainingOptions = {}): Promise<Training> {
  const berth = (index: number) => (index === 0 ? { settings: { folder } } : {})
  training = await startTraining({ berth, ...options })
  return training
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('killed processes', () => {
  it('without any: the training is what it would be, written out plainly', async () => {
    const it = await start()
    await it.finished
    expectWholeHistory(it, hashes)
    const { state } = (await checkpointFolder(folder).latest())!
    const plain = await plainWeights()
    const weights = new Float32Array(state.slice().buffer, 0, plain.length)
    const distance = weights.reduce((most, w, i) => Math.max(most, Math.abs(w - plain[i])), 0)
    expect(distance).toBeLessThan(rounding)
  })

  it(`${kills} at random steps, of any rank, some while the others meet`, async () => {
    const seed = Number(process.env.NEBULIFT_FAULT_SEED ?? Date.now() % 2 ** 31)
    process.stdout.write(`NEBULIFT_FAULT_SEED=${seed}\n`)
    const draw = random(seed, 0)
    // Steps slow enough that twenty kills come before the end.
    const berth = (index: number) => ({
      settings: { pauseMs: 100, ...(index === 0 && { folder }) },
    })
    const it = await start({ berth })
    const costs: Cost[] = []
    for (let kill = 0; kill < kills; kill++) {
      await it.told(reached(kill * window + 1 + (draw() % (window - 1))))
      await sleep(draw() % 40)
      const victim = draw() % 3
      const atMs = Date.now()
      it.signal(victim, 'SIGKILL')
      if (kill % 4 === 2 && kill < kills - 2) {
        kill++
        await sleep(draw() % 1000)
        it.signal((victim + 1) % 3, 'SIGKILL')
      } else if (kill < kills - 1) costs.push(await costOf(it, atMs))
    }
    await it.finished
    expectWholeHistory(it, hashes)
    expectNothingRepeated(it)
    // The last one may come when its victim has just left.
    expect(it.exits.filter(({ how }) => how === 'SIGKILL').length).toBeGreaterThanOrEqual(kills - 1)
    report(`${kills} kills`, costs)
    for (const { noticed, goingOn } of costs) {
      expect(noticed).toBeLessThan(5)
      expect(goingOn).toBeLessThan(20)
    }
  })

  it.each([
    [0, 'finished'],
    [2, 'missed'],
  ])(
    'index %i, when all is done: the one in its place hears so, and ends well',
    async (index, reason) => {
      const started: number[] = []
      const berth = (at: number) => {
        const diesAtEnd = at === index && !started.includes(at)
        started.push(at)
        return { settings: { diesAtEnd, ...(at === 0 && { folder }) } }
      }
      // Long after index 0 would have gone.
      const it = await start({ berth, restartMs: () => (index === 0 ? 0 : 4000) })
      await it.finished
      expectWholeHistory(it, hashes)
      const ends = it.lines.filter((line) => line.kind === 'end' && line.index === index)
      expect(ends).toMatchObject([{ reason: 'finished' }, { reason }])
      expect(it.exits.length).toBe(4)
    },
  )

  it('all at once: the training goes on from the last checkpoint', async () => {
    const it = await start()
    await it.told(reached(57))
    const atMs = Date.now()
    for (const index of [0, 1, 2]) it.signal(index, 'SIGKILL')
    const meeting = await it.told((line) => line.kind === 'meeting' && line.atMs >= atMs)
    const step = await it.told((line) => line.kind === 'step' && line.atMs >= meeting.atMs)
    await it.finished
    expectWholeHistory(it, hashes)
    // Every ten steps; the one at hand may not have been on the disk yet.
    expect(meeting.step).toBeGreaterThanOrEqual(40)
    report('all three killed', [{ goingOn: (step.atMs - atMs) / 1000 }])
    expect(step.atMs - atMs).toBeLessThan(20_000)
  })

  it('one that is replaced late: the others wait, and lose nothing', async () => {
    const lateMs = 15_000
    const it = await start({ restartMs: ({ how }: Exit) => (how === 'SIGKILL' ? lateMs : 0) })
    await it.told(reached(30))
    const atMs = Date.now()
    it.signal(2, 'SIGKILL')
    const cost = await costOf(it, atMs)
    await it.finished
    expectWholeHistory(it, hashes)
    expectNothingRepeated(it)
    expect(it.exits.length).toBe(4)
    report('replaced after 15 s', [cost])
    expect(cost.goingOn).toBeGreaterThanOrEqual(lateMs / 1000)
    expect(cost.goingOn).toBeLessThan(lateMs / 1000 + 15)
    expect(it.lines.some(({ message }) => message?.includes('missing: index 2'))).toBe(true)
  })
})
