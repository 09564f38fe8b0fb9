import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sweepParts, writeAtomic } from '../../src/files/atomic.ts'
import { hashFile, markOf } from '../../src/files/identity.ts'
import { appendLine, readLines } from '../../src/files/lines.ts'
import { copyInto, createInto, finishMove, linkInto, moveInto } from '../../src/files/place.ts'
import { fill, temporaryFolder } from '../helpers.ts'

const memory = '/dev/shm'
const otherDisk =
  existsSync(memory) && statSync(memory).dev !== statSync(temporaryFolder()).dev
    ? memory
    : undefined

describe('writeAtomic', () => {
  it('replaces a file whole and leaves nothing else behind', async () => {
    const folder = temporaryFolder()
    await writeAtomic(join(folder, 'a.json'), 'one')
    await writeAtomic(join(folder, 'a.json'), 'two')
    expect(readFileSync(join(folder, 'a.json'), 'utf8')).toBe('two')
    expect(readdirSync(folder)).toEqual(['a.json'])
  })

  it('leaves nothing when it fails, and sweeps what a killed run left', async () => {
    const folder = temporaryFolder()
    fill(folder, { 'taken/x': '', '.nebulift-123.part': 'half', 'mine.part': 'user' })
    await expect(writeAtomic(join(folder, 'taken'), 'text')).rejects.toThrow()
    await sweepParts(folder)
    expect(readdirSync(folder).sort()).toEqual(['mine.part', 'taken'])
  })
})

describe('lines', () => {
  it('survives a line that a crash cut short', async () => {
    const path = join(temporaryFolder(), 'journal.jsonl')
    expect(await readLines(path)).toEqual([])
    fill(join(path, '..'), { 'journal.jsonl': '{"a":1}\n{"b":' })
    await appendLine(path, { c: 3 })
    await appendLine(path, { d: 4 }, { sync: false })
    expect(await readLines(path)).toEqual([{ a: 1 }, { c: 3 }, { d: 4 }])
  })
})

describe('placing', () => {
  it('links on one disk', async () => {
    const folder = temporaryFolder()
    fill(folder, { 'a.fits': 'sky' })
    expect(await linkInto(join(folder, 'a.fits'), join(folder, 'b.fits'))).toBe('link')
    expect(statSync(join(folder, 'a.fits')).ino).toBe(statSync(join(folder, 'b.fits')).ino)
  })

  it.each(['link', 'copy', 'move', 'create'])('%s never replaces a file', async (how) => {
    const folder = temporaryFolder()
    fill(folder, { 'a.fits': 'sky', 'b.fits': 'precious' })
    const [a, b] = [join(folder, 'a.fits'), join(folder, 'b.fits')]
    const work = {
      link: () => linkInto(a, b),
      copy: () => copyInto(a, b),
      move: async () => moveInto(a, b, await hashFile(a)),
      create: () => createInto(b, new Uint8Array(3)),
    }[how]
    await expect(work?.()).rejects.toThrow('did not make')
    expect(readFileSync(b, 'utf8')).toBe('precious')
    expect(readdirSync(folder).sort()).toEqual(['a.fits', 'b.fits'])
  })

  it('copies bytes and date', async () => {
    const folder = temporaryFolder()
    fill(folder, { 'a.fits': 'sky' })
    utimesSync(join(folder, 'a.fits'), 1e9, 1e9)
    await copyInto(join(folder, 'a.fits'), join(folder, 'b.fits'))
    expect(statSync(join(folder, 'b.fits')).mtimeMs).toBe(1e12)
    expect(readFileSync(join(folder, 'b.fits'), 'utf8')).toBe('sky')
  })

  it.skipIf(!otherDisk)('links by copying and moves by copy and check across disks', async () => {
    const [here, there] = [temporaryFolder(), temporaryFolder(otherDisk)]
    fill(here, { 'a.fits': 'sky' })
    const [a, b, c] = [join(here, 'a.fits'), join(there, 'b.fits'), join(there, 'c.fits')]
    expect(await linkInto(a, b)).toBe('copy')
    await expect(moveInto(a, c, 'another hash')).rejects.toThrow('differs')
    expect(existsSync(c)).toBe(false)
    await moveInto(a, c, await hashFile(a))
    expect(existsSync(a)).toBe(false)
    expect(readFileSync(c, 'utf8')).toBe('sky')
    expect(readdirSync(there).sort()).toEqual(['b.fits', 'c.fits'])
  })

  it('does not move symbolic links', async () => {
    const folder = temporaryFolder()
    fill(folder, { 'a.fits': 'sky' })
    symlinkSync(join(folder, 'a.fits'), join(folder, 'l.fits'))
    await expect(moveInto(join(folder, 'l.fits'), join(folder, 'm.fits'), '')).rejects.toThrow(
      'symbolic link',
    )
  })

  it('finishes a move that was cut between its two steps, and no other', async () => {
    const folder = temporaryFolder()
    fill(folder, { 'a.fits': 'sky', 'c.fits': 'other' })
    const [a, b, c] = ['a', 'b', 'c'].map((name) => join(folder, `${name}.fits`)) as [
      string,
      string,
      string,
    ]
    await linkInto(a, b)
    const hash = await hashFile(a)
    expect(await finishMove(a, c, hash)).toBe(false)
    expect(await finishMove(c, b, hash)).toBe(false)
    expect(await finishMove(a, b, hash)).toBe(true)
    expect(await markOf(a)).toBeUndefined()
    expect(await finishMove(a, b, hash)).toBe(true)
    await copyInto(b, a)
    expect(await finishMove(b, a, hash)).toBe(true)
    expect(readdirSync(folder).sort()).toEqual(['a.fits', 'c.fits'])
  })
})
