import { existsSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  encodeHeader,
  FitsError,
  type Hdu,
  openFits,
  parseHeader,
  planeCount,
  readPixels,
  readPlane,
} from '@nebulift/fits'
import { fileSource } from '@nebulift/fits/node'
import { describe, expect, it } from 'vitest'

const folder = fileURLToPath(new URL('../../../../shared/data/fits-conformance', import.meta.url))
const files = existsSync(folder)
  ? readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
  : []

/** Compressions that are recognised and refused. */
const notRead = /tile compression (HCOMPRESS_1|PLIO_1)/

async function checkImage(hdu: Hdu): Promise<void> {
  for (let index = 0; index < planeCount(hdu); index++) {
    const plane = await readPlane(hdu, { index })
    expect(plane.data).toHaveLength(plane.width * plane.height)
    const { data, scaling } = await readPixels(hdu, { index })
    expect(data).toHaveLength(plane.data.length)
    // Exact pixels, scaled one by one, are the physical ones; blank ones were NaN.
    for (let i = 0; i < data.length; i += 1 + Math.floor(data.length / 500)) {
      const blank = scaling.blank !== undefined && data[i] === scaling.blank
      const wanted = blank ? Number.NaN : scaling.bzero + scaling.bscale * Number(data[i])
      expect(plane.data[i]! + 0).toBe(Math.fround(wanted) + 0)
    }
    if (data.length === 0) continue
    const section = {
      x: plane.width >> 1,
      y: plane.height >> 1,
      width: Math.ceil(plane.width / 4),
      height: Math.ceil(plane.height / 4),
    }
    const part = await readPlane(hdu, { index, section })
    const at = section.y * plane.width + section.x
    expect(part.data.subarray(0, section.width)).toEqual(
      plane.data.subarray(at, at + section.width),
    )
  }
}

// The files are not part of the repository: without them there is nothing to test here.
describe.skipIf(files.length === 0)('public FITS files', () => {
  it('lie in ../shared/data/fits-conformance', () => {
    expect(files.length).toBeGreaterThan(50)
  })

  it.each(files)('%s opens, or is refused clearly', async (name) => {
    await using source = await fileSource(join(folder, name))
    let hdus: readonly Hdu[]
    try {
      hdus = await openFits(source)
    } catch (error) {
      expect(error).toBeInstanceOf(FitsError)
      expect((error as FitsError).code).toBe('NOT_FITS')
      return
    }
    expect(hdus.length).toBeGreaterThan(0)
    for (const hdu of hdus) {
      const bytes = encodeHeader(hdu.header)
      const original = await hdu.source.read(hdu.dataOffset - bytes.length, bytes.length)
      const length = hdu.header.cards.reduce((sum, { text }) => sum + text.length, 0)
      expect(bytes.subarray(0, length)).toEqual(original.subarray(0, length))
      expect(parseHeader(bytes).cards).toEqual(hdu.header.cards)
      if (hdu.kind !== 'image' && hdu.kind !== 'compressed-image') continue
      await checkImage(hdu).catch((error: FitsError) => {
        if (error.code !== 'UNSUPPORTED' || !notRead.test(error.message)) throw error
      })
    }
  })
})

describe.skipIf(files.length === 0)('damaged files never hang or crash', () => {
  const damageable = files.filter((path) => /m13|compressed|test1|cube/.test(path))

  it('are made from some of them', () => expect(damageable.length).toBeGreaterThan(0))

  it.each(damageable)('%s', async (name) => {
    await using source = await fileSource(join(folder, name))
    const bytes = (await source.read(0, Math.min(source.size, 150_000))).slice()
    for (let round = 0; round < 20; round++) {
      const damaged = bytes.slice(
        0,
        round % 4 === 0 ? Math.floor((bytes.length * round) / 20) : undefined,
      )
      // A few bytes in the headers and the data, from a fixed rule.
      for (let i = 1; i <= 6; i++) {
        damaged[(round * 7919 * i * i + 31 * i) % damaged.length] = (round * 37 + i * 101) & 0xff
      }
      try {
        const hdus = await openFits({
          size: damaged.length,
          read: async (offset, length) => damaged.subarray(offset, offset + length),
        })
        for (const hdu of hdus) await readPlane(hdu)
      } catch (error) {
        if (!(error instanceof FitsError)) throw error
      }
    }
  })
})
