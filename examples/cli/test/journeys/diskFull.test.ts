import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, expect, it, vi } from 'vitest'
import { simulateInto } from '../frames.ts'
import { nebulift, temporaryFolder } from '../helpers.ts'

/** Writing to files whose path matches fails as on a full disk. */
const full = vi.hoisted(() => ({ path: /^$/ as RegExp }))

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>()
  const noSpace = () => Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' })
  return {
    ...real,
    open: async (path: string, flags: string) => {
      const handle = await real.open(path, flags)
      if (flags !== 'r') {
        const writeFile = handle.writeFile.bind(handle)
        handle.appendFile = handle.writeFile = (...args) =>
          full.path.test(path) ? Promise.reject(noSpace()) : writeFile(...args)
      }
      return handle
    },
    copyFile: async (...args: Parameters<typeof real.copyFile>) =>
      full.path.test(String(args[0])) ? Promise.reject(noSpace()) : real.copyFile(...args),
  }
})

afterEach(() => {
  full.path = /^$/
})

const everything = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()

it.each([
  ['the cache', /cache/, 'link'],
  ['the results', /sorted\/\.nebulift-[^/]*$/, 'link'],
  ['the book of what was made', /\.nebulift\/\.nebulift/, 'link'],
  ['the copies', /frames\/light/, 'copy'],
  ['the journal', /journal/, 'move'],
] as const)(
  'a disk that is full for %s costs one line, and nothing else',
  async (_, path, action) => {
    const folder = temporaryFolder()
    const frames = await simulateInto(folder, { frames: 2 })
    const out = join(folder, 'sorted')
    const originals = everything(frames)
    full.path = path
    const argv = ['batch', frames, out, '--action', action]
    const { code, err } = await nebulift(argv)
    expect(code).toBe(1)
    expect(err).toBe(
      `error: ${out}: no space left; nothing is half-written\n` +
        'Hint: free some space and run the same command again: it goes on where it stopped\n',
    )
    expect(everything(folder).filter((name) => name.endsWith('.part'))).toEqual([])
    expect(everything(frames)).toEqual(originals)
    full.path = /^$/
    expect((await nebulift(argv)).code).toBe(0)
  },
)

/** A disk of 1 MB, where this user may have one. */
function tinyDisk(): string | undefined {
  const folder = join(temporaryFolder(), 'disk')
  mkdirSync(folder)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' })
    return folder
  } catch {
    return undefined
  }
}

it.skipIf(process.getuid?.() !== 0)('a disk that is really full', async (context) => {
  const disk = tinyDisk()
  if (disk === undefined) return context.skip('this system mounts no small disk')
  try {
    const frames = await simulateInto(temporaryFolder(), { frames: 6, width: 512, height: 384 })
    const { code, err } = await nebulift(['batch', frames, join(disk, 'out'), '--action', 'copy'])
    expect(code).toBe(1)
    expect(err).toContain('no space left; nothing is half-written')
    expect(everything(disk).filter((name) => name.endsWith('.part'))).toEqual([])
    expect(readdirSync(frames)).toHaveLength(7)
    rmSync(join(disk, 'out'), { recursive: true })
  } finally {
    execFileSync('umount', [disk])
  }
})
