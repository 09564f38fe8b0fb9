import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Manifest } from '../../src/output/manifest.ts'
import { badFrames, fillBad, fitsOf, simulateInto, sky } from '../frames.ts'
import { fill, nebulift, temporaryFolder } from '../helpers.ts'

const main = resolve(import.meta.dirname, '../../src/main.ts')

let night: string
let alone: Manifest
let folder: string
let frames: string
let out: string
beforeAll(async () => {
  night = mkdtempSync(join(tmpdir(), 'nebulift-night-'))
  frames = await simulateInto(night)
  fillBad(frames)
  fill(frames, { 'dark.fits': fitsOf(sky(96 * 96), [96, 96], [['IMAGETYP', 'DARK']]) })
  expect((await nebulift(['batch', frames, join(night, 'alone')])).code).toBe(1)
  alone = manifestOf(join(night, 'alone'))
})
afterAll(() => rmSync(night, { recursive: true }))
beforeEach(() => {
  folder = temporaryFolder()
  frames = join(night, 'frames')
  out = join(folder, 'sorted')
})

/** A manifest but for the time it was made. */
function manifestOf(root: string): Manifest {
  return { ...JSON.parse(readFileSync(join(root, 'manifest.json'), 'utf8')), created: '' }
}
const shardsIn = (root: string) => readdirSync(join(root, '.nebulift/shards')).sort()
/** The manifest as it would be without shards, with failures in any order. */
function expectSame(root: string) {
  expect(inOrder(manifestOf(root))).toEqual(inOrder(alone))
}
const inOrder = ({ failed, ...rest }: Manifest): Manifest => ({
  ...rest,
  failed: failed.toSorted((a, b) => (a.file < b.file ? -1 : 1)),
})
const stampsOf = (root: string) =>
  readdirSync(root).map((name) => {
    const { size, mtimeMs, ino } = statSync(join(root, name))
    return { name, size, mtimeMs, ino }
  })
const shard = (index: number, more: readonly string[] = []) =>
  nebulift(['batch', frames, out, '--shards', '3', '--shard-index', String(index), ...more])
const merge = (more: readonly string[] = []) =>
  nebulift(['batch', frames, out, '--shards', '3', '--merge', ...more])

/** All three, of frames that the test may change. */
async function shardsOfOwnFrames(): Promise<void> {
  frames = join(folder, 'frames')
  cpSync(join(night, 'frames'), frames, { recursive: true, preserveTimestamps: true })
  for (const index of [0, 1, 2]) await shard(index)
}

describe('batch --shards', () => {
  it('measures piece by piece, and the merge judges as if it were one run', async () => {
    const before = stampsOf(frames)
    const outcomes = [await shard(2), await shard(0)]
    const env = { JOB_COMPLETION_INDEX: '1' }
    outcomes.push(await nebulift(['batch', frames, out, '--shards', '3'], { env }))
    expect(outcomes.map(({ code }) => code)).toEqual([0, 0, 0])
    expect(outcomes.map(({ out }) => out.replace(/, \d of them not readable/, ''))).toEqual([
      'shard 2 (of 0 to 2) is measured: 5 frames; 1 of 3 are there\n',
      'shard 0 (of 0 to 2) is measured: 4 frames; 2 of 3 are there\n',
      'shard 1 (of 0 to 2) is measured: 5 frames; 3 of 3 are there; now: --merge\n',
    ])
    const named = outcomes.map(({ err }) => err).join('')
    for (const file of badFrames.unreadable) expect(named).toContain(`error: ${file}: `)
    expect(shardsIn(out)).toEqual([0, 1, 2].map((i) => `shard-0000${i}-of-00003.json`))
    expect(existsSync(join(out, 'manifest.json'))).toBe(false)
    const merged = await merge(['--json'])
    // Somebody who starts failed jobs again must not start this one.
    expect(merged.code).toBe(0)
    expect({ ...JSON.parse(merged.out), created: '' }).toEqual(manifestOf(out))
    expectSame(out)
    expect(existsSync(join(out, '.nebulift/shards'))).toBe(false)
    expect(stampsOf(frames)).toEqual(before)
    const after = await nebulift(['batch', frames, out])
    expect(after.out).toContain('0 measured now')
  })

  it('the merge says what is missing, and asks to be started again', async () => {
    for (const index of [0, 1, 2]) await shard(index)
    const path = (index: number) => join(out, `.nebulift/shards/shard-0000${index}-of-00003.json`)
    truncateSync(path(1), 100)
    rmSync(path(2))
    expect(await merge()).toEqual({
      code: 75,
      out: '',
      err: 'error: 2 shards of 3 are missing: 1 (damaged), 2\nHint: run it with --shards 3 --shard-index 1, with the same options\n',
    })
    expect(existsSync(join(out, 'manifest.json'))).toBe(false)
    const again = await shard(1)
    expect(again.err).toContain('warning: shard 1: the file is damaged; measured again\n')
    const other = await merge(['--no-model'])
    expect(other.code).toBe(42)
    expect(other.err).toContain(
      'error: 3 shards of 3 are missing: 0 (measured with other options), 1 (measured with other options), 2\n',
    )
    expect(other.err).toContain('Hint: merge with the options of the shards, or measure them again')
    await shard(2)
    expect((await merge()).out).toContain('measured now')
    expectSame(out)
  })

  it('a second merge says that it was done, unless frames have changed since', async () => {
    await shardsOfOwnFrames()
    expect((await merge()).code).toBe(0)
    const first = inOrder(manifestOf(out))
    const second = await merge()
    expect(second.code).toBe(0)
    expect(second.err).toContain('this night is merged already: its shards are gone')
    expect(second.out).toContain('0 measured now')
    expect(inOrder(manifestOf(out))).toEqual(first)
    utimesSync(join(frames, 'light-0002.fits'), 1e9, 1e9)
    expect(await merge()).toMatchObject({
      code: 75,
      err: expect.stringContaining('error: 3 shards of 3 are missing: 0, 1, 2\n'),
    })
  })

  it('shards of other frames can be measured again', async () => {
    await shardsOfOwnFrames()
    cpSync(join(frames, 'light-0001.fits'), join(frames, 'a-new-one.fits'))
    expect(await merge()).toMatchObject({
      code: 75,
      err: expect.stringContaining('error: 1 shard of 3 is missing: 0 (of other frames)\n'),
    })
  })

  it('a frame that was changed after its shard is measured again', async () => {
    await shardsOfOwnFrames()
    cpSync(join(frames, 'light-0001.fits'), join(frames, 'light-0002.fits'))
    utimesSync(join(frames, 'light-0002.fits'), 1e9, 1e9)
    expect((await merge()).code).toBe(0)
    const [first, second] = manifestOf(out).frames.filter(({ file }) => file.startsWith('light'))
    expect(second?.stars).toEqual(first?.stars)
    expect(second?.stars).not.toEqual(
      alone.frames.find(({ file }) => file === 'light-0002.fits')?.stars,
    )
  })

  it('does not wait for a merge, nor a merge for another', async () => {
    for (const index of [0, 1, 2]) await shard(index)
    fill(out, { '.nebulift/lock': String(process.ppid) })
    const busy = await merge()
    expect(busy.code).toBe(75)
    expect(busy.err).toContain(`another nebulift (process ${process.ppid}) is at work`)
    expect((await shard(0)).code).toBe(0)
  })

  it('asks to be started again when the disk is full', async (context) => {
    mkdirSync(out)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=100k', 'tmpfs', out], { stdio: 'ignore' })
    } catch {
      context.skip('needs the right to mount a tmpfs')
    }
    try {
      const { code, err } = await shard(1)
      expect(code).toBe(75)
      expect(err).toMatch(/\nerror: .*: no space left on the disk$/m)
      expect(err).toMatch(/^warning: shard 1: .*; tried again$/m)
      expect((await shard(1)).code).toBe(75)
    } finally {
      execFileSync('umount', [out])
    }
  })

  it('stops when told', async () => {
    const { code, err } = await nebulift(
      ['batch', frames, out, '--shards', '3', '--shard-index', '0'],
      { signal: AbortSignal.abort() },
    )
    expect({ code, err }).toEqual({ code: 130, err: 'error: interrupted\n' })
  })

  it.each([
    [['--shard-index', '1'], 2, '--shard-index needs --shards'],
    [['--merge'], 2, '--merge needs --shards'],
    [['--shards', '2', '--nodes', '2'], 2, '--nodes and --shards exclude each other'],
    [
      ['--shards', '2', '--merge', '--shard-index', '1'],
      2,
      '--merge and --shard-index exclude each other',
    ],
    [
      ['--shards', '2', '--shard-index', '1', '--json'],
      2,
      '--json prints the manifest, which --merge makes',
    ],
    [['--shards', '0'], 2, 'Wanted a whole number from 1 to 100000.'],
    [['--nodes', '65'], 2, 'Wanted a whole number from 1 to 64.'],
    [['--shards', '2'], 42, '--shards 2: which of them?'],
    [['--shards', '2', '--shard-index', '2'], 42, '--shard-index 2: wanted'],
  ])('%j is a mistake', async (flags, code, message) => {
    const outcome = await nebulift(['batch', frames, out, ...flags])
    expect(outcome).toMatchObject({ code, out: '' })
    expect(outcome.err).toContain(message)
    expect(existsSync(out)).toBe(false)
  })

  it('folders that cannot be are a mistake, too', async () => {
    const missing = ['batch', join(folder, 'none'), out, '--shards', '2', '--shard-index', '0']
    expect(await nebulift(missing)).toMatchObject({
      code: 42,
      err: `error: ${join(folder, 'none')}: no such file or folder\n`,
    })
    fill(folder, { 'foreign/manifest.json': '{}' })
    const foreign = ['batch', frames, join(folder, 'foreign'), '--shards', '2', '--shard-index']
    expect(await nebulift([...foreign, '0'])).toMatchObject({ code: 42 })
  })
})

describe('batch --nodes', () => {
  it('judges as if it were one process', async () => {
    const { code, out: text, err } = await nebulift(['batch', frames, out, '--nodes', '2'])
    expect(code).toBe(1)
    expect(text).toContain('10 measured now')
    const lines = err.trim().split('\n')
    expect(lines).toHaveLength(badFrames.unreadable.length)
    expectSame(out)
    expect(readdirSync(join(out, '.nebulift')).sort()).toEqual([
      'cache',
      'night.json',
      'placed.json',
    ])
  })

  it('goes on where a process is killed', async () => {
    const parent = start(['--nodes', '2'])
    const [victim] = await childrenOf(parent)
    process.kill(victim!, 'SIGKILL')
    const { code, err } = await parent.ended
    expect(code).toBe(1)
    expect(err).toMatch(/warning: process [01] was ended by SIGKILL; another takes its place\n/)
    expectSame(out)
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 130],
    ['SIGKILL', null],
  ] as const)(
    'leaves no process behind at %s, and goes on the next time',
    async (signal, code) => {
      const parent = start(['--nodes', '2'])
      const children = await childrenOf(parent)
      expect(children.length).toBeGreaterThan(0)
      parent.child.kill(signal)
      expect((await parent.ended).code).toBe(code)
      while (children.some(isAlive)) await setTimeout(20)
      const again = await nebulift(['batch', frames, out, '--nodes', '1'])
      expect(again.code).toBe(1)
      expectSame(out)
    },
    60_000,
  )
})

/** A batch in a process of its own. */
function start(flags: readonly string[]) {
  const argv = ['--conditions=@nebulift/source', main, 'batch', frames, out, ...flags]
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'pipe'] })
  let err = ''
  child.stderr.on('data', (text) => {
    err += text
  })
  const ended = new Promise<{ code: number | null; err: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, err })),
  )
  return { child, ended }
}

/** The processes that a process has started, as soon as there are two. */
async function childrenOf({ child }: { readonly child: ChildProcess }): Promise<number[]> {
  for (;;) {
    const text = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')
    const pids = text.trim().split(' ').filter(Boolean).map(Number)
    if (pids.length === 2) return pids
    await setTimeout(5)
  }
}

function isAlive(pid: number): boolean {
  try {
    // A process that has ended and that nobody has asked about is dead, too.
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}
