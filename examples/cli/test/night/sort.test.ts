import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Verdict } from '@nebulift/prefilter'
import { describe, expect, it } from 'vitest'
import { discoverFrames } from '../../src/files/discover.ts'
import { hashFile } from '../../src/files/identity.ts'
import { linkInto } from '../../src/files/place.ts'
import { checkFolders, claimOutput } from '../../src/night/folders.ts'
import { noteMove, settleJournal } from '../../src/night/journal.ts'
import { layoutOf } from '../../src/night/layout.ts'
import { type SortAction, sortFrames } from '../../src/night/sortFrames.ts'
import { findSources } from '../../src/night/sources.ts'
import { undoBatch } from '../../src/night/undoBatch.ts'
import { fill, temporaryFolder } from '../helpers.ts'

const memory = '/dev/shm'
const otherDisk =
  existsSync(memory) && statSync(memory).dev !== statSync(temporaryFolder()).dev
    ? memory
    : undefined

/** A night whose verdicts are given instead of measured: what is tested is where the files go. */
function night(outputParent?: string) {
  const input = join(temporaryFolder(), 'frames')
  const output = join(temporaryFolder(outputParent), 'sorted')
  mkdirSync(input)
  const layout = layoutOf(output)
  return {
    input,
    output,
    layout,
    sort: async (action: SortAction, verdicts: Readonly<Record<string, Verdict>>) => {
      const folders = await checkFolders(input, output)
      const release = await claimOutput(folders)
      try {
        const { frames, moved, failures } = await findSources(folders, { recursive: true })
        const failed = failures.map(({ file, error }) => `${file}: ${error}`)
        const sortable = await Promise.all(
          frames.map(async (frame) => ({
            ...frame,
            sha256: await hashFile(frame.path),
            verdict: verdicts[frame.file] ?? 'clean',
          })),
        )
        const onFailure = (file: string, error: string) => failed.push(`${file}: ${error}`)
        const sorted = await sortFrames(sortable, { layout, input, action, moved, onFailure })
        return { sorted: Object.fromEntries(sorted), failed }
      } finally {
        await release()
      }
    },
    /** Every frame in a folder, with its content. */
    frames: async (folder: string) => {
      if (!existsSync(folder)) return {}
      const { files } = await discoverFrames(folder, { recursive: true })
      return Object.fromEntries(files.map(({ file, path }) => [file, readFileSync(path, 'utf8')]))
    },
  }
}

const three = { 'a.fits': 'A', 'b.fits': 'B', 'sub/a.fits': 'SA' }
const sortedThree = { 'clean/a.fits': 'A', 'review/b.fits': 'B', 'clean/a-2.fits': 'SA' }

describe.each(['link', 'copy', 'move'] as const)('%s', (action) => {
  it('sorts, sorts again without change, follows a new verdict, and is undone', async () => {
    const { input, output, sort, frames } = night()
    fill(input, three)
    const first = await sort(action, { 'b.fits': 'review' })
    expect(first.failed).toEqual([])
    expect(first.sorted).toEqual({
      'a.fits': 'clean/a.fits',
      'b.fits': 'review/b.fits',
      'sub/a.fits': 'clean/a-2.fits',
    })
    expect(await frames(output)).toEqual(sortedThree)
    expect(await frames(input)).toEqual(action === 'move' ? {} : three)

    expect(await sort(action, { 'b.fits': 'review' })).toEqual(first)
    await sort(action, { 'b.fits': 'contaminated' })
    expect(await frames(output)).toEqual({
      'clean/a.fits': 'A',
      'contaminated/b.fits': 'B',
      'clean/a-2.fits': 'SA',
    })

    const undone = await undoBatch(output)
    expect(undone.failed).toEqual([])
    expect(undone.movedBack.length + undone.removed.length).toBe(3)
    expect(await frames(input)).toEqual(three)
    expect(await frames(output)).toEqual({})
    expect(readdirSync(output)).toEqual(['.nebulift'])
    expect(await undoBatch(output)).toEqual({ movedBack: [], removed: [], failed: [] })
    expect(await frames(input)).toEqual(three)
  })

  it('never replaces a foreign file; the other frames go on', async () => {
    const { input, output, sort, frames } = night()
    fill(input, three)
    fill(output, { 'clean/a.fits': 'foreign' })
    const { sorted, failed } = await sort(action, { 'b.fits': 'review' })
    expect(sorted).toEqual({ 'b.fits': 'review/b.fits', 'sub/a.fits': 'clean/a-2.fits' })
    expect(failed).toEqual([
      'a.fits: not sorted into clean/a.fits: a file of that name that nebulift did not make is there',
    ])
    expect(await frames(output)).toEqual({ ...sortedThree, 'clean/a.fits': 'foreign' })
    await undoBatch(output)
    expect(await frames(input)).toEqual(three)
    expect(await frames(output)).toEqual({ 'clean/a.fits': 'foreign' })
  })

  it('takes up a new frame beside those sorted earlier', async () => {
    const { input, output, sort, frames } = night()
    fill(input, { 'b/x.fits': '1' })
    await sort(action, {})
    fill(input, { 'a/x.fits': '2' })
    await sort(action, {})
    expect(await frames(output)).toEqual({ 'clean/x.fits': '1', 'clean/x-2.fits': '2' })
  })

  it.skipIf(!otherDisk)('works across disks', async () => {
    const { input, output, sort, frames } = night(otherDisk)
    fill(input, three)
    expect((await sort(action, { 'b.fits': 'review' })).failed).toEqual([])
    expect(await frames(output)).toEqual(sortedThree)
    expect((await sort(action, { 'b.fits': 'clean' })).failed).toEqual([])
    expect((await undoBatch(output)).failed).toEqual([])
    expect(await frames(input)).toEqual(three)
    expect(await frames(output)).toEqual({})
  })
})

describe('links and copies', () => {
  it('change their kind when the action changes', async () => {
    const { input, output, sort } = night()
    fill(input, { 'a.fits': 'A' })
    const inode = (path: string) => statSync(path).ino
    await sort('copy', {})
    expect(inode(join(output, 'clean/a.fits'))).not.toBe(inode(join(input, 'a.fits')))
    await sort('report', {})
    await sort('move', {})
    expect(existsSync(join(input, 'a.fits'))).toBe(false)
    // What was moved stays moved until it is undone.
    expect(await sort('link', {})).toEqual({ sorted: { 'a.fits': 'clean/a.fits' }, failed: [] })
    await undoBatch(output)
    await sort('link', {})
    expect(inode(join(output, 'clean/a.fits'))).toBe(inode(join(input, 'a.fits')))
    await sort('copy', {})
    expect(inode(join(output, 'clean/a.fits'))).not.toBe(inode(join(input, 'a.fits')))
  })

  it('are left alone once the user changed them', async () => {
    const { input, output, sort, frames } = night()
    fill(input, { 'a.fits': 'A' })
    await sort('copy', {})
    appendFileSync(join(output, 'clean/a.fits'), ' edited')
    const { failed } = await sort('copy', { 'a.fits': 'review' })
    expect(failed).toEqual([
      'a.fits: not sorted into review/a.fits: clean/a.fits was changed since nebulift made it; it stays',
    ])
    expect((await undoBatch(output)).failed).toHaveLength(1)
    expect(await frames(output)).toEqual({ 'clean/a.fits': 'A edited' })
  })

  it('are kept where the original is gone: never remove the last copy', async () => {
    const { input, output, sort, frames } = night()
    fill(input, { 'a.fits': 'A', 'b.fits': 'B' })
    await sort('link', {})
    unlinkSync(join(input, 'a.fits'))
    const { failed, removed } = await undoBatch(output)
    expect(removed).toEqual(['clean/b.fits'])
    expect(failed).toEqual([
      { file: 'a.fits', error: 'clean/a.fits is the only copy left of a.fits; it stays' },
    ])
    expect(await frames(output)).toEqual({ 'clean/a.fits': 'A' })
  })

  it('are made anew where the user removed them, or the frame changed', async () => {
    const { input, output, sort, frames } = night()
    fill(input, { 'a.fits': 'A', 'b.fits': 'B' })
    await sort('copy', {})
    unlinkSync(join(output, 'clean/a.fits'))
    writeFileSync(join(input, 'b.fits'), 'B2')
    // Camera programs use names again: the copy may be all that is left of another night.
    const { failed } = await sort('copy', {})
    expect(failed.join()).toContain('may be the only copy of an earlier b.fits')
    expect(await frames(output)).toEqual({ 'clean/a.fits': 'A', 'clean/b.fits': 'B' })
  })

  it('go with the old name of a frame that was renamed', async () => {
    const { input, output, sort, frames } = night()
    fill(input, { 'a.fits': 'A', 'b.fits': 'B' })
    await sort('link', {})
    renameSync(join(input, 'a.fits'), join(input, 'c.fits'))
    expect((await sort('link', {})).failed).toEqual([])
    expect(await frames(output)).toEqual({ 'clean/b.fits': 'B', 'clean/c.fits': 'A' })
  })

  it('known as planned only when a crash came are still known as ours', async () => {
    const { input, output, layout, sort, frames } = night()
    fill(input, { 'a.fits': 'A', 'b.fits': 'B' })
    await sort('link', {})
    const book = JSON.parse(readFileSync(layout.placed, 'utf8'))
    for (const entry of book.entries) delete entry.mark
    writeFileSync(layout.placed, JSON.stringify(book))
    unlinkSync(join(output, 'clean/b.fits'))
    expect((await sort('link', { 'a.fits': 'review' })).failed).toEqual([])
    expect(await frames(output)).toEqual({ 'review/a.fits': 'A', 'clean/b.fits': 'B' })
    writeFileSync(layout.placed, '{ damaged')
    expect((await sort('link', {})).failed).toHaveLength(1)
  })

  it('of symbolic links are links to the real file; such frames are not moved', async () => {
    const { input, output, sort } = night()
    const real = join(temporaryFolder(), 'real.fits')
    writeFileSync(real, 'R')
    symlinkSync(real, join(input, 'a.fits'))
    const { failed } = await sort('move', {})
    expect(failed).toEqual([
      'a.fits: not sorted into clean/a.fits: is a symbolic link; only real files are moved',
    ])
    await sort('link', {})
    expect(readFileSync(join(output, 'clean/a.fits'), 'utf8')).toBe('R')
    expect(statSync(join(output, 'clean/a.fits')).ino).toBe(statSync(real).ino)
  })
})

describe('moves', () => {
  const cut = async (crash: 'before' | 'between') => {
    const world = night()
    fill(world.input, { 'a.fits': 'A', 'b.fits': 'B' })
    const { input, output, layout } = world
    const release = await claimOutput(await checkFolders(input, output))
    const [from, to] = [join(input, 'a.fits'), join(output, 'clean/a.fits')]
    const move = { file: 'a.fits', input, from: null, to: 'clean/a.fits' }
    await noteMove(layout, { ...move, sha256: await hashFile(from) })
    mkdirSync(join(output, 'clean'))
    if (crash === 'between') await linkInto(from, to)
    await release()
    return world
  }

  it.each(['before', 'between'] as const)('cut %s their steps are resumed', async (crash) => {
    const { input, output, sort, frames } = await cut(crash)
    expect((await sort('move', {})).failed).toEqual([])
    expect(await frames(output)).toEqual({ 'clean/a.fits': 'A', 'clean/b.fits': 'B' })
    expect(await frames(input)).toEqual({})
  })

  it.each(['before', 'between'] as const)('cut %s their steps are undone', async (crash) => {
    const { input, output, frames } = await cut(crash)
    expect((await undoBatch(output)).failed).toEqual([])
    expect(await frames(input)).toEqual({ 'a.fits': 'A', 'b.fits': 'B' })
    expect(await frames(output)).toEqual({})
  })

  it('back never replace what is at the original place', async () => {
    const { input, output, sort, frames } = night()
    fill(input, { 'a.fits': 'A', 'b.fits': 'B' })
    await sort('move', {})
    fill(input, { 'a.fits': 'new' })
    const again = await sort('move', {})
    expect(again.failed).toEqual([
      'a.fits: a new file has the name of a frame moved to clean/a.fits earlier; rename it',
    ])
    const { failed, movedBack } = await undoBatch(output)
    expect(movedBack).toEqual(['b.fits'])
    expect(failed).toEqual([
      {
        file: 'a.fits',
        error: `not moved back: ${join(input, 'a.fits')} is taken by another file; the frame stays in clean/a.fits`,
      },
    ])
    expect(await frames(input)).toEqual({ 'a.fits': 'new', 'b.fits': 'B' })
    renameSync(join(input, 'a.fits'), join(input, 'c.fits'))
    expect((await undoBatch(output)).movedBack).toEqual(['a.fits'])
    expect(await frames(input)).toEqual({ 'a.fits': 'A', 'b.fits': 'B', 'c.fits': 'new' })
  })

  it('say what is gone, and bring folders back', async () => {
    const { input, output, sort, frames } = night()
    fill(input, { 'sub/a.fits': 'A', 'b.fits': 'B' })
    await sort('move', {})
    unlinkSync(join(output, 'clean/b.fits'))
    rmSync(join(input, 'sub'), { recursive: true })
    const { failed } = await sort('move', {})
    expect(failed).toEqual(['b.fits: was moved by nebulift and is now gone from both places'])
    expect((await undoBatch(output)).movedBack).toEqual(['sub/a.fits'])
    expect(await frames(input)).toEqual({ 'sub/a.fits': 'A' })
  })

  it('ignore damaged lines of the journal', async () => {
    const { input, layout, sort } = night()
    fill(input, { 'a.fits': 'A' })
    await sort('move', {})
    appendFileSync(layout.journal, '{"file": 3}\n{"file":\n')
    expect([...(await settleJournal(layout)).keys()]).toEqual(['a.fits'])
  })
})

describe('folders', () => {
  it('that could harm each other are refused', async () => {
    const folder = temporaryFolder()
    fill(folder, { 'a.fits': 'A', 'out/clean/a.fits': 'A' })
    const wrong = { exitCode: 2 }
    await expect(checkFolders(folder, `${folder}/.`)).rejects.toMatchObject(wrong)
    await expect(checkFolders(join(folder, 'none'), folder)).rejects.toMatchObject(wrong)
    const clean = join(folder, 'out/clean')
    await expect(checkFolders(clean, join(folder, 'out'))).rejects.toMatchObject(wrong)
    expect((await checkFolders(clean, join(folder, 'x/y/z'))).layout.root).toBe(`${folder}/x/y/z`)
    await expect(checkFolders(folder, join(folder, 'a.fits'))).rejects.toThrow('is a file')
  })

  it('that belong to others are refused', async () => {
    const { input, output, sort } = night()
    fill(input, { 'a.fits': 'A' })
    fill(output, { 'manifest.json': '{"mine": true}' })
    await expect(sort('link', {})).rejects.toThrow('did not make')
    unlinkSync(join(output, 'manifest.json'))
    await sort('link', {})
    const other = temporaryFolder()
    fill(other, { 'b.fits': 'B' })
    await expect(claimOutput(await checkFolders(other, output))).rejects.toThrow(
      `holds the sorted frames of ${input}`,
    )
    await expect(undoBatch(other)).rejects.toThrow('nothing to undo')
  })

  it('are used by one run at a time, but a dead one does not count', async () => {
    const { input, output, layout, sort } = night()
    fill(input, { 'a.fits': 'A' })
    await sort('link', {})
    writeFileSync(layout.lock, '1')
    await expect(sort('link', {})).rejects.toThrow('another nebulift (process 1) is at work')
    await expect(undoBatch(output)).rejects.toThrow('another nebulift')
    writeFileSync(layout.lock, '99999999')
    await sort('link', {})
    writeFileSync(layout.lock, 'rubbish')
    await sort('link', {})
    expect(existsSync(layout.lock)).toBe(false)
  })

  it('without frames say so', async () => {
    const { input, output } = night()
    fill(input, { 'notes.txt': '' })
    const folders = await checkFolders(input, output)
    await expect(findSources(folders, {})).rejects.toMatchObject({
      exitCode: 1,
      hint: 'add --recursive to search the folders inside',
    })
  })
})
