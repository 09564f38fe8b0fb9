import {
  type ByteSource,
  bufferSource,
  encodeFits,
  openFits,
  readPlane,
  withBlockCache,
} from '@nebulift/fits'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { counting, failure } from '../helpers.ts'

const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i * 7)

describe('withBlockCache', () => {
  it('reads what the source holds, whatever is asked', async () => {
    const range = fc.tuple(fc.nat(1100), fc.nat(400))
    await fc.assert(
      fc.asyncProperty(fc.array(range), fc.integer({ min: 1, max: 64 }), async (ranges, blocks) => {
        const cached = withBlockCache(bufferSource(bytes), { blockBytes: 64, blocks })
        for (const [offset, length] of ranges) {
          expect(await cached.read(offset, length)).toEqual(bytes.slice(offset, offset + length))
        }
      }),
    )
  })

  it('asks once for what it keeps, and for neighbours together', async () => {
    const source = counting(bufferSource(bytes))
    const cached = withBlockCache(source, { blockBytes: 100, blocks: 10 })
    await cached.read(150, 100)
    expect(source.reads).toEqual([{ offset: 100, length: 200 }])
    await Promise.all([cached.read(120, 30), cached.read(0, 400), cached.read(350, 10)])
    expect(source.reads.slice(1)).toEqual([
      { offset: 0, length: 100 },
      { offset: 300, length: 100 },
    ])
  })

  it('drops the block unused for longest, and lets long reads pass', async () => {
    const source = counting(bufferSource(bytes))
    const cached = withBlockCache(source, { blockBytes: 100, blocks: 2 })
    for (const offset of [0, 100, 0, 200, 0, 100]) await cached.read(offset, 10)
    expect(source.reads.map(({ offset }) => offset)).toEqual([0, 100, 200, 100])
    await cached.read(0, 300)
    expect(source.reads.at(-1)).toEqual({ offset: 0, length: 300 })
  })

  it('forgets a failed block, so that the next reader asks again', async () => {
    let fail = true
    const source: ByteSource = {
      size: 10,
      read: async (offset, length) => {
        if (fail) throw new Error('once')
        return bytes.subarray(offset, offset + length)
      },
    }
    const cached = withBlockCache(source)
    expect(await failure(() => cached.read(0, 5))).toBe('undefined once')
    fail = false
    expect(await cached.read(0, 5)).toEqual(bytes.slice(0, 5))
    const signal = AbortSignal.abort(new Error('stop'))
    expect(await failure(() => cached.read(0, 5, signal))).toBe('undefined stop')
  })

  it('serves an image', async () => {
    const data = Float32Array.from({ length: 10_000 }, (_, i) => i)
    const cached = withBlockCache(bufferSource(encodeFits([{ data, shape: [100, 100] }])))
    const [hdu] = await openFits(cached)
    expect((await readPlane(hdu!)).data).toEqual(data)
  })
})
