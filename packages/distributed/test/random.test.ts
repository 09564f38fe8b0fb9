import { describe, expect, it } from 'vitest'
import { random } from '../src/random.ts'

describe('random', () => {
  it('gives the same numbers for ever', () => {
    const draw = random(1, 2)
    expect([draw(), draw(), draw()]).toMatchInlineSnapshot(`
      [
        1298687347,
        1799843887,
        4198731393,
      ]
    `)
  })

  it('sets every bit half of the time, whatever the stream', () => {
    const counts = new Float64Array(32)
    const streams = 20_000
    for (let stream = 0; stream < streams; stream++) {
      const value = random(5, stream)()
      for (let bit = 0; bit < 32; bit++) counts[bit]! += (value >>> bit) & 1
    }
    // Five standard deviations.
    for (const count of counts)
      expect(Math.abs(count - streams / 2)).toBeLessThan(5 * Math.sqrt(streams / 4))
  })
})
