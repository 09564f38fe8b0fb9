import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inMemory } from '../../src/node/inMemory.ts'
import { decodeCheckpoint } from '../../src/train/checkpoint.ts'
import { parseTrainingLog } from '../../src/train/events.ts'
import { task, train } from './fitTask.ts'
import { checkpointsIn, removeFolders, temporaryFolder } from './folders.ts'
import { lines, tiny } from './networks.ts'

let folder: string
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(removeFolders)

/** A training of 8 steps, to be gone on from. */
const begin = () => train({ folder, epochs: 2 })

/** As long as `begin` began to be. */
const whole = () => train({ epochs: 4 })

const goOn = async () => {
  const { events, ...rest } = await train({ folder, epochs: 4 })
  const problems = events.flatMap((event) => (event.kind === 'problem' ? [event.message] : []))
  const [start] = events.filter((event) => event.kind === 'start')
  return { ...rest, problems, resumedAt: start?.resumedAt ?? 0 }
}

function spoil(path: string): void {
  const bytes = readFileSync(path)
  bytes[bytes.length >> 1] ^= 1
  writeFileSync(path, bytes)
}

describe('checkpoints that cannot be used', () => {
  it('the newest is damaged: it is named, and the one before is taken', async () => {
    await begin()
    const [, before, last] = checkpointsIn(folder)
    spoil(last)
    const { problems, resumedAt, hash } = await goOn()
    expect(problems).toEqual([`${last}: checkpoint: damaged, its checksum does not fit`])
    expect(before).toContain(`step-0000000${resumedAt}`)
    expect(hash).toBe((await whole()).hash)
    expect(readdirSync(folder)).toContain('step-00000008.checkpoint.damaged')
  })

  it('cut short by a crash', async () => {
    await begin()
    const last = checkpointsIn(folder).at(-1) ?? ''
    writeFileSync(last, readFileSync(last).subarray(0, 100))
    const { problems, hash } = await goOn()
    expect(problems).toEqual([
      expect.stringMatching(/^.*step-00000008.checkpoint: checkpoint: truncated, 100 of/),
    ])
    expect(hash).toBe((await whole()).hash)
  })

  it('all are damaged: training starts anew and says so', async () => {
    await begin()
    for (const path of checkpointsIn(folder)) spoil(path)
    const { problems, resumedAt, hash } = await goOn()
    expect(problems).toHaveLength(4)
    expect(problems[3]).toBe(`${folder}: no sound checkpoint is left; training starts anew`)
    expect(resumedAt).toBe(0)
    expect(hash).toBe((await whole()).hash)
    // The new ones are kept, though the damaged had higher numbers for a while.
    expect(checkpointsIn(folder)).toHaveLength(3)
    const log = parseTrainingLog(readFileSync(join(folder, 'log.jsonl'), 'utf8'))
    expect(log.filter(({ kind }) => kind === 'step')).toHaveLength(16)
    expect(log.filter(({ kind }) => kind === 'start')).toHaveLength(1)
  })

  it('a foreign file of that name', async () => {
    await begin()
    const foreign = join(folder, 'step-00000099.checkpoint')
    writeFileSync(foreign, 'shopping list')
    writeFileSync(join(folder, 'holiday.checkpoint'), 'not ours')
    const { problems, resumedAt, hash } = await goOn()
    expect(problems).toEqual([`${foreign}: checkpoint: not a checkpoint, begins with "shopping"`])
    expect(resumedAt).toBe(8)
    expect(hash).toBe((await whole()).hash)
    expect(readFileSync(join(folder, 'holiday.checkpoint'), 'utf8')).toBe('not ours')
  })

  it('the best weights are lost: said, and the best from then on is taken', async () => {
    await begin()
    rmSync(join(folder, 'best.checkpoint'))
    const { problems, result } = await goOn()
    expect(problems).toEqual([
      'the best weights so far are lost: the best from now on will be taken',
    ])
    expect(result.bestEpoch).toBeGreaterThanOrEqual(2)
  })

  it('what a killed process was writing is removed', async () => {
    await begin()
    for (const name of ['step-00000011.checkpoint', 'best.checkpoint', 'log.jsonl']) {
      writeFileSync(join(folder, `${name}.123.part`), 'half')
    }
    writeFileSync(join(folder, 'mine.123.part'), 'whole')
    await goOn()
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual(['mine.123.part'])
  })
})

describe('a folder of another training', () => {
  const refused = (call: Promise<unknown>) =>
    call.then(
      () => 'accepted',
      ({ code, message }) => `${code} ${message}`.replace(folder, 'FOLDER'),
    )

  it('other settings', async () => {
    await train({ folder, epochs: 2, settings: { rate: 1 } })
    const before = readdirSync(folder).map((name) => readFileSync(join(folder, name)))
    expect(await refused(train({ folder, epochs: 2, settings: { rate: 2 } }))).toBe(
      'BAD_ARGUMENT FOLDER: holds a training with other settings (rate 1, now 2); choose another folder, or remove it',
    )
    expect(readdirSync(folder).map((name) => readFileSync(join(folder, name)))).toEqual(before)
    expect(await refused(train({ folder, epochs: 2, settings: { rate: 1 } }))).toBe('accepted')
  })

  it('another seed, batch or number of examples', async () => {
    await begin()
    const wanted = /^BAD_ARGUMENT FOLDER: holds a training with other settings, .*; choose another/
    expect(await refused(train({ folder, seed: 3 }))).toMatch(wanted)
    expect(await refused(train({ folder, batch: 4 }))).toMatch(wanted)
    const more = inMemory(lines(40, { planes: 3 }))
    expect(await refused(train({ folder, train: more }))).toMatch(wanted)
  })

  it('another network or optimiser', async () => {
    await begin()
    const network = tiny({ norm: true, planes: 3, channels: 5 })
    expect(await refused(train({ folder }, { network }))).toBe(
      'BAD_ARGUMENT parameters: first.weight has 108 numbers, wanted 135',
    )
    expect(await refused(train({ folder }, { optimizer: { kind: 'adamW' } }))).toMatch(
      /^BAD_ARGUMENT memory of adamW: momentum\/first.weight is not among those wanted/,
    )
  })
})

it('a folder that is a file', async () => {
  const path = join(folder, 'file')
  writeFileSync(path, '')
  await expect(train({ folder: path })).rejects.toMatchObject({ code: 'IO' })
})

describe('a disk that is full', () => {
  /** A small disk, where this user may have one. */
  function smallDisk(kilobytes: number): string | undefined {
    const disk = join(folder, 'disk')
    mkdirSync(disk)
    try {
      const options = ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', disk]
      execFileSync('mount', options, { stdio: 'ignore' })
      return disk
    } catch {
      return undefined
    }
  }

  it.for([8, 12, 16, 20, 24, 40])(
    'of %i kB: one clear error, nothing half-written',
    async (size, context) => {
      const disk = smallDisk(size)
      if (disk === undefined) return context.skip('this user may mount no small disk')
      try {
        const error = await train({ ...task, folder: disk, epochs: 60 }).then(
          () => undefined,
          (reason: Error & { code: string }) => reason,
        )
        expect(error?.code).toBe('IO')
        expect(error?.message).toMatch(/^\/.*\/disk\/[^/]*: no space left on the disk$/)
        expect(readdirSync(disk).filter((name) => name.endsWith('.part'))).toEqual([])
        for (const path of checkpointsIn(disk)) decodeCheckpoint(readFileSync(path))
        const log = readdirSync(disk).includes('log.jsonl')
          ? readFileSync(join(disk, 'log.jsonl'), 'utf8')
          : ''
        expect(() => log.split('\n').map((line) => line && JSON.parse(line))).not.toThrow()
      } finally {
        execFileSync('umount', [disk])
      }
    },
  )
})
