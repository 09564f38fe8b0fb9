import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkpointFolder } from '../../../src/node/checkpointFolder.ts'
import { distance, trainOn } from '../../dataParallel/training.ts'
import { type Line, type Trainer, trainers } from './trainers.ts'

const ROUNDING = 2e-6
const everyStepOnce = Array.from({ length: 20 }, (_, i) => i)

let folder: string
let processes: Awaited<ReturnType<typeof trainers>>
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'training-'))
  processes = await trainers(3)
})
afterEach(async () => {
  await processes.close()
  await rm(folder, { recursive: true, force: true })
})

const start = (index: number, more = {}) =>
  processes.start(index, { pauseMs: 15, ...(index === 0 && { folder }), ...more })
const atStep = (step: number) => (line: Line) => line.kind === 'step' && Number(line.step) >= step
const metWith = (generation: number) => (line: Line) =>
  line.kind === 'meeting' && Number(line.generation) >= generation

async function endOf(trainer: Trainer) {
  const line = await trainer.told(({ kind }) => kind === 'end')
  expect(await trainer.ended).toBe(0)
  return { ...line, weights: Float32Array.from(line.weights as number[]) }
}

describe('training in processes of their own', () => {
  it('goes on when one is killed and another takes its place, be it the first or the last', async () => {
    const [{ replica: expected }] = await trainOn(3)
    const all = [0, 1, 2].map((index) => start(index))
    await all[2]!.told(atStep(4))
    all[2]!.child.kill('SIGKILL')
    const third = start(2)
    await third.told(atStep(9))
    all[0]!.child.kill('SIGKILL')
    const first = start(0, { folder: undefined })
    const ends = await Promise.all([first, all[1]!, third].map(endOf))
    for (const { weights, ...end } of ends) {
      expect(end).toMatchObject({ reason: 'finished', step: 20, applied: everyStepOnce })
      expect(distance(weights, expected.all())).toBeLessThan(ROUNDING)
    }
    // The one that nobody killed has met thrice and is still the same process.
    const meetings = all[1]!.lines.filter(({ kind }) => kind === 'meeting')
    expect(meetings.length).toBeGreaterThanOrEqual(3)
    // The new first knows nothing, and takes the state of the others.
    const { step, source } = await first.told(({ kind }) => kind === 'meeting')
    expect(source).not.toBe(0)
    expect(step).toBeGreaterThanOrEqual(9)
  })

  it('stops everywhere after the same step when one is asked to, and goes on from there', async () => {
    const [{ replica: expected }] = await trainOn(3)
    const stopped = [0, 1, 2].map((index) => start(index))
    await stopped[1]!.told(atStep(4))
    stopped[1]!.child.kill('SIGTERM')
    const [first, ...others] = await Promise.all(stopped.map(endOf))
    expect(first).toMatchObject({ reason: 'interrupted' })
    for (const other of others) expect(other).toEqual(first)
    const kept = await checkpointFolder(folder).latest()
    expect(kept?.step).toBe((first as { step?: number }).step)
    const ends = await Promise.all([0, 1, 2].map((index) => endOf(start(index))))
    for (const { weights } of ends) expect(distance(weights, expected.all())).toBeLessThan(ROUNDING)
  })

  it('ends everywhere with code 42 where one finds a mistake', async () => {
    const all = [0, 1, 2].map((index) => start(index, index === 1 ? { failAtStep: 3 } : {}))
    expect(await Promise.all(all.map(({ ended }) => ended))).toEqual([42, 42, 42])
    const said = all.map(({ lines }) => lines.at(-1)?.message)
    const others = 'rank 1 failed at step 3: see what it says itself'
    expect(said).toEqual([others, 'a picture is torn', others])
  })

  it('waits for a slow one, however long its passes take', async () => {
    // Longer than silence is borne.
    const all = [0, 1, 2].map((index) =>
      start(index, { silentMs: 1000, pauseMs: index === 2 ? 700 : 0 }),
    )
    await all[0]!.told(atStep(3))
    for (const { lines } of all)
      expect(lines.filter(({ kind }) => kind === 'meeting').length).toBe(1)
    const meeting = await all[0]!.told(metWith(1))
    expect(meeting.generation).toBe(1)
  })
})
