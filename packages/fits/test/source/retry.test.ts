import { type ByteSource, bufferSource, FitsError, withRetry } from '@nebulift/fits'
import { describe, expect, it } from 'vitest'
import { failure } from '../helpers.ts'

function failing(times: number, error: unknown): ByteSource & { tries: number } {
  const good = bufferSource(Uint8Array.of(7))
  return {
    size: 1,
    tries: 0,
    read(offset, length) {
      return ++this.tries <= times ? Promise.reject(error) : good.read(offset, length)
    },
  }
}

describe('withRetry', () => {
  const io = new FitsError('IO', 'hiccup')

  it('tries IO errors again, as often as asked', async () => {
    const source = failing(2, io)
    expect(await withRetry(source, { delayMs: 1 }).read(0, 1)).toEqual(Uint8Array.of(7))
    expect(source.tries).toBe(3)
    const worse = failing(3, io)
    expect(await failure(() => withRetry(worse, { delayMs: 1 }).read(0, 1))).toBe('IO hiccup')
    expect(worse.tries).toBe(3)
  })

  it('passes other errors on at once', async () => {
    for (const error of [new FitsError('UNSUPPORTED', 'no ranges'), new Error('other')]) {
      const source = failing(1, error)
      await expect(withRetry(source).read(0, 1)).rejects.toBe(error)
      expect(source.tries).toBe(1)
    }
  })

  it('stops waiting when the signal is aborted', async () => {
    const source = failing(5, io)
    const control = new AbortController()
    const reading = withRetry(source, { attempts: 5, delayMs: 60_000 }).read(0, 1, control.signal)
    setTimeout(() => control.abort(new Error('enough')), 5)
    expect(await failure(() => reading)).toBe('undefined enough')
    expect(source.tries).toBe(1)
  })
})
