import { chmodSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { compareNatural, discoverFrames, isFrameName } from '../../src/files/discover.ts'
import { fill, temporaryFolder } from '../helpers.ts'

const namesIn = async (folder: string, options = {}) =>
  (await discoverFrames(folder, options)).files.map(({ file }) => file)

describe('discoverFrames', () => {
  it('knows every ending in any case, and nothing else', () => {
    const frames = ['a.fit', 'a.fits', 'a.FTS', 'a.fits.gz', 'A.FIT.GZ', 'a.fits.fz', 'a b.Fits']
    expect(frames.filter(isFrameName)).toEqual(frames)
    const others = ['a.txt', '._a.fits', '.hidden.fit', 'fits', 'a.fits.txt', 'a.fits.part', 'a.gz']
    expect(others.filter(isFrameName)).toEqual([])
  })

  it('lists in natural order, always the same', async () => {
    const folder = temporaryFolder()
    fill(folder, { 'f10.fits': '', 'f2.fits': '', 'F1.fit': '', 'notes.txt': '' })
    expect(await namesIn(folder)).toEqual(['F1.fit', 'f2.fits', 'f10.fits'])
    expect(['b', 'B', 'a'].sort(compareNatural)).toEqual(['a', 'B', 'b'])
  })

  it('enters folders only when asked, never the output and never hidden ones', async () => {
    const folder = temporaryFolder()
    fill(folder, { 'a.fits': '', 'L/b.fits': '', 'out/clean/a.fits': '', '.x/c.fits': '' })
    expect(await namesIn(folder)).toEqual(['a.fits'])
    const exclude = join(folder, 'out')
    expect(await namesIn(folder, { recursive: true, exclude })).toEqual(['a.fits', 'L/b.fits'])
  })

  it('follows links to files, not to folders; keeps broken ones to report them', async () => {
    const folder = temporaryFolder()
    const elsewhere = temporaryFolder()
    fill(elsewhere, { 'real.fits': 'x' })
    symlinkSync(join(elsewhere, 'real.fits'), join(folder, 'linked.fits'))
    symlinkSync(join(elsewhere, 'none.fits'), join(folder, 'broken.fits'))
    symlinkSync(elsewhere, join(folder, 'loop.fits'))
    const { files } = await discoverFrames(folder, { recursive: true })
    expect(files).toEqual([
      { file: 'broken.fits', path: join(folder, 'broken.fits'), isLink: true },
      { file: 'linked.fits', path: join(elsewhere, 'real.fits'), isLink: true },
    ])
  })

  it('says in one line what is wrong with the folder', async () => {
    const folder = temporaryFolder()
    fill(folder, { 'a.fits': '' })
    await expect(discoverFrames(join(folder, 'none'))).rejects.toMatchObject({
      exitCode: 2,
      message: `${join(folder, 'none')}: no such file or folder`,
    })
    await expect(discoverFrames(join(folder, 'a.fits'))).rejects.toMatchObject({ exitCode: 2 })
  })

  it('goes on past an unreadable folder', async () => {
    const folder = temporaryFolder()
    fill(folder, { 'a.fits': '' })
    mkdirSync(join(folder, 'closed'), { mode: 0o000 })
    chmodSync(folder, 0o755)
    const { found, closed } = await asNobody(async () => ({
      found: await discoverFrames(folder, { recursive: true }),
      closed: await discoverFrames(join(folder, 'closed')).catch((error: unknown) => error),
    }))
    expect(found.files).toHaveLength(1)
    expect(found.unreadable).toEqual([{ file: 'closed', error: 'permission denied' }])
    expect(closed).toMatchObject({
      exitCode: 1,
      message: expect.stringMatching(/closed: permission denied$/),
    })
  })
})

/** The super-user may read everything, so the work is done as somebody else. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  const root = process.geteuid?.() === 0
  if (root) process.seteuid?.(65_534)
  try {
    return await work()
  } finally {
    if (root) process.seteuid?.(0)
  }
}
