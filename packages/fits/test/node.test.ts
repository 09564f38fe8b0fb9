import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  bufferSource,
  encodeFits,
  type ImageInput,
  openFits,
  readPixels,
  readPlane,
} from '@nebulift/fits'
import { fileSource, writeFits } from '@nebulift/fits/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { failure } from './helpers.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebulift-fits-'))
})
afterAll(() => rm(folder, { recursive: true }))

const data = Int16Array.from({ length: 100_000 }, (_, i) => i % 5000)
const image: ImageInput = { data, shape: [500, 200], header: [['OBJECT', 'M 33']] }

describe('fileSource', () => {
  it('reads a file, whole, in part and past its end', async () => {
    const path = join(folder, 'a.fits')
    await writeFile(path, encodeFits([image]))
    await using source = await fileSource(path)
    expect(await source.read(0, 6)).toEqual(new TextEncoder().encode('SIMPLE'))
    expect(await source.read(source.size - 2, 10)).toHaveLength(2)
    expect(await source.read(source.size + 5, 10)).toHaveLength(0)
    const [hdu] = await openFits(source)
    expect((await readPixels(hdu!)).data).toEqual(data)
    const url = await fileSource(pathToFileURL(path))
    expect(url.size).toBe(source.size)
    await url.close()
    expect(await failure(() => url.read(0, 5))).toMatch(/^IO file:.*a.fits: .*closed/)
    const signal = AbortSignal.abort(new Error('stop'))
    expect(await failure(() => source.read(0, 5, signal))).toBe('undefined stop')
  })

  it('streams a large image through small buffers, whole and in sections', async () => {
    const path = join(folder, 'large.fits')
    const large = Int32Array.from({ length: 2100 * 1500 }, (_, i) => i * 3)
    await writeFits(path, [{ data: large, shape: [2100, 1500] }])
    await using source = await fileSource(path)
    const [hdu] = await openFits(source)
    expect((await readPixels(hdu!)).data).toEqual(large)
    const section = { x: 7, y: 11, width: 2000, height: 1480 }
    const inMemory = { ...hdu!, source: bufferSource(new Uint8Array(await readFile(path))) }
    const wanted = await readPlane(inMemory, { section })
    const into = new Float32Array(section.width * section.height + 3)
    const got = await readPlane(hdu!, { section, into })
    expect(got).toEqual(wanted)
    expect(got.data.buffer).toBe(into.buffer)
    const control = new AbortController()
    const reading = readPlane(hdu!, { signal: control.signal })
    control.abort(new Error('enough'))
    expect(await failure(() => reading)).toBe('undefined enough')
  })

  it('says why a file cannot be opened', async () => {
    const path = join(folder, 'missing.fits')
    expect(await failure(() => fileSource(path))).toBe(`IO ${path}: no such file or folder`)
    expect(await failure(() => fileSource(folder))).toBe(
      `IO ${folder}: wanted a file, got a folder or device`,
    )
  })

  it('notices a file that shrank since', async () => {
    const path = join(folder, 'shrinking.fits')
    await writeFile(path, encodeFits([image]))
    await using source = await fileSource(path)
    const [hdu] = await openFits(source)
    await writeFile(path, encodeFits([image]).subarray(0, 10_000))
    expect(await failure(() => readPlane(hdu!))).toBe(
      'TRUNCATED image of HDU 0: wanted 200000 bytes, got 7120 (at byte 2880)',
    )
  })
})

describe('writeFits', () => {
  it('writes what encodeFits encodes, and replaces a file', async () => {
    const path = join(folder, 'out.fits')
    const hdus = [image, { data: Float32Array.of(1), name: 'SECOND' }]
    await writeFits(path, [{ data: Uint8Array.of(1) }])
    await writeFits(pathToFileURL(path), hdus)
    expect(new Uint8Array(await readFile(path))).toEqual(encodeFits(hdus))
    expect((await readdir(folder)).filter((name) => name.includes('part'))).toEqual([])
  })

  it('replaces the target of a link, not the link', async () => {
    const target = join(folder, 'target.fits')
    const link = join(folder, 'link.fits')
    await writeFits(target, [{ data: Uint8Array.of(1) }])
    await symlink(target, link)
    await writeFits(link, [image])
    expect((await readFile(target)).length).toBeGreaterThan(200_000)
  })

  it('copies HDUs with edited headers, onto their own file too', async () => {
    const path = join(folder, 'edited.fits')
    await writeFits(path, [image, { data: Uint16Array.of(7, 8), name: 'DQ' }])
    const before = new Uint8Array(await readFile(path))
    const source = await fileSource(path)
    const hdus = await openFits(source)
    await writeFits(path, hdus)
    expect(new Uint8Array(await readFile(path))).toEqual(before)
    hdus[0]!.header.set('OBJECT', 'NGC 598', 'renamed')
    await writeFits(path, hdus)
    await source.close()
    const after = new Uint8Array(await readFile(path))
    const changed = Array.from(after).flatMap((byte, i) =>
      byte === before[i] ? [] : [Math.floor(i / 80)],
    )
    expect(new Set(changed)).toEqual(new Set([6]))
    const [, second] = await openFits(bufferSource(after))
    expect((await readPixels(second!)).data).toEqual(Uint16Array.of(7, 8))
  })

  it('leaves the old file and nothing else after an error', async () => {
    const inner = join(folder, 'inner')
    await mkdir(inner)
    const path = join(inner, 'kept.fits')
    await writeFits(path, [image])
    const before = await readFile(path)
    const [hdu] = await openFits(bufferSource(encodeFits([image]).subarray(0, 5000)))
    expect(await failure(() => writeFits(path, [hdu!]))).toBe(
      'TRUNCATED data of HDU 0: wanted 200000 bytes, got 2120 (at byte 2880)',
    )
    expect(
      await failure(() => writeFits(path, [image, { data: new Uint8Array(2), shape: [3] }])),
    ).toMatch(/^BAD_ARGUMENT shape 3/)
    const [whole] = await openFits(bufferSource(encodeFits([image])))
    expect(await failure(() => writeFits(path, [image, whole!]))).toBe(
      'BAD_ARGUMENT a primary HDU cannot be copied to place 1',
    )
    const control = new AbortController()
    const aborting = {
      ...whole!,
      source: {
        size: whole!.source.size,
        read: async (offset: number, length: number) => {
          control.abort(new Error('enough'))
          return whole!.source.read(offset, length)
        },
      },
    }
    expect(await failure(() => writeFits(path, [aborting], { signal: control.signal }))).toBe(
      'undefined enough',
    )
    expect(await readdir(inner)).toEqual(['kept.fits'])
    expect(await readFile(path)).toEqual(before)
  })

  it('says why a file cannot be written', async () => {
    const path = join(folder, 'none', 'a.fits')
    expect(await failure(() => writeFits(path, [image]))).toBe(`IO ${path}: no such file or folder`)
    const there = join(folder, 'a-folder')
    await mkdir(there)
    expect(await failure(() => writeFits(there, [image]))).toMatch(/^IO .*a-folder: /)
    expect((await readdir(folder)).filter((name) => name.includes('part'))).toEqual([])
  })
})
