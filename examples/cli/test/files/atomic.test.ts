import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { makeFolders, writeAtomic } from '../../src/files/atomic.ts'
import { fill, temporaryFolder } from '../helpers.ts'

describe('makeFolders', () => {
  it('makes a folder and those above, or finds it there', async () => {
    const folder = join(temporaryFolder(), 'a', 'b', 'c')
    await makeFolders(folder)
    await makeFolders(folder)
    expect(existsSync(folder)).toBe(true)
  })

  it('refuses what is a file', async () => {
    const folder = temporaryFolder()
    fill(folder, { file: 'x' })
    await expect(makeFolders(join(folder, 'file'))).rejects.toMatchObject({ code: 'EEXIST' })
    await expect(makeFolders(join(folder, 'file', 'a'))).rejects.toMatchObject({ code: 'ENOTDIR' })
  })

  it.skipIf(process.platform !== 'linux')('ends where nothing can be made', async () => {
    await expect(makeFolders('/proc/nebulift')).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

it('writeAtomic names the file that was asked for', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'missing', 'picture.png')
  await expect(writeAtomic(path, 'x')).rejects.toMatchObject({ code: 'ENOENT', path })
  expect(readdirSync(folder)).toEqual([])
})
