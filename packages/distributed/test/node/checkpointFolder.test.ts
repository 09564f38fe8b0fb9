import { execFileSync } from 'node:child_process'
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkpointFolder } from '../../src/node/checkpointFolder.ts'

let folder: string
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'checkpoints-')), 'deep', 'down')
})
afterEach(() => rm(join(folder, '..', '..'), { recursive: true, force: true }))

const state = (byte: number, length = 1000) => new Uint8Array(length).fill(byte)
const checkpoint = (step: number, state: Uint8Array, stopped = false) => ({ step, state, stopped })
const newest = async () => join(folder, (await readdir(folder)).sort().at(-1)!)

describe('checkpointFolder', () => {
  it('gives back the newest of what was saved, and keeps three', async () => {
    const store = checkpointFolder(folder)
    expect(await store.latest()).toBeUndefined()
    for (const step of [5, 99, 100, 1000]) await store.save(checkpoint(step, state(step % 256)))
    const found = await checkpointFolder(folder).latest()
    expect(found?.step).toBe(1000)
    expect(found!.state).toEqual(state(1000 % 256))
    // Not a view of something larger.
    expect(found!.state.buffer.byteLength).toBe(1000)
    expect((await readdir(folder)).sort()).toEqual([99, 100, 1000].map(nameOf))
  })

  it('remembers where training stopped', async () => {
    const store = checkpointFolder(folder)
    await store.save(checkpoint(5, state(5), true))
    expect(await store.latest()).toEqual(checkpoint(5, state(5), true))
    await store.save(checkpoint(6, state(6)))
    expect(await store.latest()).toEqual(checkpoint(6, state(6)))
  })

  it('keeps any bytes exactly, and as many files as asked', async () => {
    const store = checkpointFolder(folder, { keep: 1 })
    let step = 0
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), async (bytes) => {
        await store.save(checkpoint(++step, bytes))
        const found = await store.latest()
        expect(found?.step).toBe(step)
        expect(found!.state).toEqual(bytes)
        expect(await readdir(folder)).toEqual([nameOf(step)])
      }),
      { numRuns: 25 },
    )
  })

  it.each([
    ['cut short', async (path: string) => truncate(path, 700), '668 bytes of state, wanted 1000'],
    ['cut to nothing', async (path: string) => truncate(path, 0), 'cut short at 0 bytes'],
    [
      'of something else',
      async (path: string) => writeFile(path, 'hello '.repeat(200)),
      'not a checkpoint of this program',
    ],
  ])('sets a file %s aside and takes the one before', async (_, damage, reason) => {
    const said: string[] = []
    const store = checkpointFolder(folder, { say: (message) => said.push(message) })
    await store.save(checkpoint(1, state(1)))
    await store.save(checkpoint(2, state(2)))
    const path = await newest()
    await damage(path)
    expect((await store.latest())?.step).toBe(1)
    expect(said).toEqual([`${path}: ${reason}; set aside, the checkpoint before is taken`])
    expect((await readdir(folder)).sort()).toEqual([nameOf(1), `${nameOf(2)}.damaged`])
    expect((await store.latest())?.step).toBe(1)
    expect(said.length).toBe(1)
  })

  it('notices any flipped bit', async () => {
    const store = checkpointFolder(folder)
    await store.save(checkpoint(1, state(1, 40)))
    await store.save(checkpoint(2, state(2, 40)))
    const path = await newest()
    const sound = await readFile(path)
    for (let bit = 0; bit < sound.length * 8; bit++) {
      const damaged = Buffer.from(sound)
      damaged[bit >> 3]! ^= 1 << (bit & 7)
      await writeFile(path, damaged)
      expect((await store.latest())?.step, `bit ${bit}`).toBe(1)
    }
    await writeFile(path, sound)
    expect((await store.latest())?.step).toBe(2)
  })

  it('passes over a file that is gone when it comes to be read', async () => {
    const store = checkpointFolder(folder)
    await store.save(checkpoint(1, state(1)))
    await symlink(join(folder, 'nowhere'), join(folder, nameOf(2)))
    expect((await store.latest())?.step).toBe(1)
  })

  it('takes no half-written file for a checkpoint, and removes it', async () => {
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, `${nameOf(9)}.someone.part`), state(9))
    const store = checkpointFolder(folder)
    expect(await store.latest()).toBeUndefined()
    await store.save(checkpoint(10, state(10)))
    expect(await readdir(folder)).toEqual([nameOf(10)])
  })

  it('names a place that cannot be', async () => {
    await mkdir(join(folder, '..'), { recursive: true })
    await writeFile(folder, 'a file')
    const error = { code: 'IO', message: expect.stringContaining(folder) }
    await expect(checkpointFolder(folder).save(checkpoint(1, state(1)))).rejects.toMatchObject(
      error,
    )
    await expect(checkpointFolder(folder).latest()).rejects.toMatchObject(error)
    expect(() => checkpointFolder(folder, { keep: 0 })).toThrow('checkpointFolder: keep: got 0')
  })

  it('on a full disk says so, leaves the old ones alone, and goes on when there is room', async (context) => {
    await mkdir(folder, { recursive: true })
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' })
    } catch {
      context.skip('needs the right to mount a tmpfs')
    }
    try {
      const store = checkpointFolder(folder)
      await store.save(checkpoint(1, state(1, 20_000)))
      await writeFile(join(folder, 'other'), state(0, 30_000))
      const failed = store.save(checkpoint(2, state(2, 20_000)))
      const message = `${join(folder, nameOf(2))}: no space left on the disk`
      await expect(failed).rejects.toMatchObject({ code: 'IO', message })
      expect((await readdir(folder)).sort()).toEqual(['other', nameOf(1)])
      expect((await store.latest())?.step).toBe(1)
      await rm(join(folder, 'other'))
      await store.save(checkpoint(3, state(3, 20_000)))
      expect((await store.latest())?.step).toBe(3)
    } finally {
      execFileSync('umount', [folder])
    }
  })
})

function nameOf(step: number): string {
  return `step-${String(step).padStart(10, '0')}.state`
}
