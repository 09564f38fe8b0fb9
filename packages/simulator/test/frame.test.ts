import { expect, it } from 'vitest'
import { simulateFrame } from '../src/index.ts'

it('gives whole ADU within 16 bits, twice the same', () => {
  const spec = { seed: 7, width: 200, height: 200 }
  const { plane, truth } = simulateFrame(spec)
  expect(plane.data.every((value) => Number.isInteger(value) && value >= 0 && value <= 65535)).toBe(
    true,
  )
  expect(simulateFrame(spec).plane.data).toEqual(plane.data)
  expect(truth.clean).toBe(true)
})
