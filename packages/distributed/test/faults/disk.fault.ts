import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { expectWholeHistory, reached, report, undisturbedHashes } from './history.ts'
import { startTraining, type Training } from './processes.ts'
import { allSteps } from './work.ts'

const isRoot = process.getuid?.() === 0
if (!isRoot) process.stdout.write('note: no full disk: only root may mount a small one\n')

let hashes: readonly number[]
let folder: string
let training: Training | undefined
beforeAll(async () => {
  hashes = await undisturbedHashes()
})
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'faults-'))
  // Four checkpoints of 2 MB: three that stay, and the one that is written.
  if (isRoot) execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=10m', 'tmpfs', folder])
})
afterEach(async () => {
  await training?.close()
  if (isRoot) execFileSync('umount', [folder])
  rmSync(folder, { recursive: true, force: true })
})

describe.skipIf(!isRoot)('a disk that is full', () => {
  it('stops no training; it must have room in the end, and then all go on from what there is', async () => {
    const berth = (index: number) => (index === 0 ? { settings: { folder } } : {})
    training = await startTraining({ berth, restartMs: () => 1000 })
    const it = training
    await it.told(({ kind, step = 0 }) => kind === 'checkpoint' && step >= 30)
    const filler = join(folder, 'filler')
    const { bavail, bsize } = statfsSync(folder)
    writeFileSync(filler, new Uint8Array(Math.max(0, bavail * bsize - 500_000)))
    const said = await it.told(({ kind }) => kind === 'said')
    expect(said.message).toMatch(
      /^no checkpoint at step \d+, training goes on: .+: no space left on the disk$/,
    )
    await it.told(reached(allSteps))
    const ended = await it.told(({ kind, index }) => kind === 'error' && index === 0)
    expect(ended.message).toMatch(/^no last checkpoint at step 120: .+: no space left on the disk$/)
    rmSync(filler)
    const again = await it.told((line) => line.kind === 'meeting' && line.atMs >= ended.atMs)
    const step = await it.told((line) => line.kind === 'step' && line.atMs >= again.atMs)
    await it.finished
    expectWholeHistory(it, hashes)
    // From the newest that found room, on which the full disk left no mark.
    expect(again.step).toBeGreaterThanOrEqual(30)
    expect(again.step! % 10).toBe(0)
    const how = it.exits.map((exit) => exit.how)
    expect(how.filter((code) => code === 75).length).toBe(3)
    expect(how.length).toBe(6)
    const lost = (step.atMs - ended.atMs) / 1000
    report('full disk, all started again after 1 s', [{ goingOn: lost }])
    expect(lost).toBeLessThan(15)
  })
})
