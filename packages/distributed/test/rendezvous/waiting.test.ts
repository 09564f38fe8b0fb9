import { describe, expect, it } from 'vitest'
import { orAborted, pause, reasonOf } from '../../src/rendezvous/waiting.ts'

const never = new Promise<never>(() => {})

describe('pause', () => {
  it('ends with its signal, and never rejects', async () => {
    const controller = new AbortController()
    const pausing = pause(3_600_000, controller.signal)
    controller.abort(new Error('enough'))
    await pausing
    await pause(3_600_000, controller.signal)
    await pause(1)
  })
})

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

describe('reasonOf', () => {
  it.each([
    [new Error('a'), 'a'],
    [new AggregateError([new Error('a'), new Error('b')]), 'a, b'],
    ['text', 'text'],
  ])('%o', (error, reason) => expect(reasonOf(error)).toBe(reason))
})
