import { type ByteSource, bufferSource, encodeFits, openFits, readPlane } from '@nebulift/fits'
import { describe, expect, it } from 'vitest'
import { failure } from '../helpers.ts'

describe('bufferSource', () => {
  const bytes = Uint8Array.of(1, 2, 3, 4, 5)

  it('reads views, fewer bytes only at the end', async () => {
    for (const source of [bufferSource(bytes), bufferSource(bytes.buffer)]) {
      expect(source.size).toBe(5)
      expect(await source.read(1, 2)).toEqual(Uint8Array.of(2, 3))
      expect(await source.read(3, 10)).toEqual(Uint8Array.of(4, 5))
      expect(await source.read(9, 1)).toEqual(new Uint8Array(0))
    }
    expect((await bufferSource(bytes).read(0, 5)).buffer).toBe(bytes.buffer)
  })

  it('honours an aborted signal', async () => {
    const signal = AbortSignal.abort(new Error('stop'))
    expect(await failure(() => bufferSource(bytes).read(0, 1, signal))).toBe('undefined stop')
  })
})

describe('a source that breaks its promise', () => {
  const file = encodeFits([{ data: new Int16Array(5000) }])

  it('and gives fewer bytes than its size says is found out', async () => {
    const short: ByteSource = {
      size: file.length,
      read: async (offset, length) => file.subarray(offset, Math.min(offset + length, 5000)),
    }
    const [hdu] = await openFits(short)
    expect(await failure(() => readPlane(hdu!))).toBe(
      'TRUNCATED image of HDU 0: wanted 10000 bytes, got 2120 (at byte 2880)',
    )
  })

  it('and gives more is cut', async () => {
    const long: ByteSource = { size: file.length, read: async (offset) => file.subarray(offset) }
    const [hdu] = await openFits(long)
    expect((await readPlane(hdu!)).data).toHaveLength(5000)
  })
})
