import fc from 'fast-check'
import { expect, it } from 'vitest'
import { estimateSky } from '../../src/background/histogram.ts'
import { type Kernels, kernels, scratch } from '../../src/kernels.ts'
import { sigmaClip } from '../../src/statistics/robust.ts'
import { seededNormal } from '../helpers/starField.ts'

interface Counting extends Kernels {
  countCell(...args: number[]): void
}

/** Counts one value after the other. */
function countByDefinition(
  values: readonly number[],
  low: number,
  perBin: number,
  bins: number,
): Uint32Array {
  const counts = new Uint32Array(bins + 2)
  for (const value of values) {
    const place = Math.fround(Math.fround(Math.fround(value - low) * perBin) + 1)
    const bin = Number.isNaN(place) ? 0 : Math.trunc(Math.min(Math.max(place, 0), bins + 1))
    counts[bin]!++
  }
  return counts
}

it('counts a cell as one by one', () => {
  const value = fc.oneof(
    fc.float({ min: -50, max: 50 }),
    fc.constant(Number.NaN),
    fc.constant(Infinity),
  )
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.array(value, { minLength: 9, maxLength: 60 }),
      (width, values) => {
        const height = Math.floor(values.length / width)
        const used = values.slice(0, width * height)
        const [pixels = 0, counts = 0] = scratch(values.length * 4 + 16, 14 * 4)
        const wasm = kernels<Counting>()
        new Float32Array(wasm.memory.buffer, pixels, used.length).set(used)
        wasm.countCell(pixels, width, width, height, -30, 0.25, 12, counts)
        const counted = new Uint32Array(wasm.memory.buffer, counts, 14)
        expect(Array.from(counted)).toEqual(Array.from(countByDefinition(used, -30, 0.25, 12)))
      },
    ),
  )
})

it('estimates level and noise from a histogram as clipping does from values', () => {
  const normal = seededNormal(3)
  const values = Array.from({ length: 40_000 }, (_, i) =>
    i % 20 ? 100 + 8 * normal() : 130 + i / 400,
  )
  const counts = countByDefinition(values, 20, 1, 192)
  const sky = estimateSky({ counts, low: 20, binWidth: 1, quantum: 0 })
  const clipped = sigmaClip(values)
  expect(Math.abs(sky.level - (2.5 * clipped.median - 1.5 * clipped.mean))).toBeLessThan(0.25)
  // The histogram's deviation makes up for the tails that clipping cuts off.
  expect(sky.rms / clipped.std).toBeGreaterThan(1)
  expect(sky.rms / 8).toBeLessThan(1.03)
  expect(
    estimateSky({ counts: new Uint32Array(10), low: 0, binWidth: 1, quantum: 0 }).level,
  ).toBeNaN()
})
