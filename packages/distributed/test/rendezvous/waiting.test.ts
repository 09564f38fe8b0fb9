import { describe, expect, it } from 'vitest'
import { orAborted } from '../../src/rendezvous/waiting.ts'

const never = new Promise<never>(() => {})

describe('orAborted', () => {
  it('is the promise, or the reason of the signal', async () => {
    const controller = new AbortController()
    expect(await orAborted(Promise.resolve(7), controller.signal)).toBe(7)
    await expect(orAborted(Promise.reject(new Error('no')), controller.signal)).rejects.toThrow(
      'no',
    )
    const waiting = orAborted(never, controller.signal)
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    await expect(orAborted(never, controller.signal)).rejects.toThrow('enough')
  })
})
