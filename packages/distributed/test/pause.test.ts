import { describe, it } from 'vitest'
import { pause } from '../src/pause.ts'

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
