import { describe, expect, it } from 'vitest'
import { binResidual, halve } from '../../src/streaks/binning.ts'
import { normalizeLocally } from '../../src/streaks/normalize.ts'
import { noisePlane, uniform } from './helpers/sky.ts'

describe('binResidual', () => {
  it.each([
    [1, 1, 1],
    [37, 21, 1],
    [37, 21, 3],
    [64, 48, 4],
    [5, 200, 7],
    [3000, 9, 2],
  ])('sums %d x %d in squares of %d as defined', (width, height, bin) => {
    const residual = noisePlane(width, height, bin)
    const random = uniform(width)
    const mask = Uint8Array.from(residual.data, () =>
      random() < 0.2 ? 1 + Math.floor(2 * random()) : 0,
    )
    residual.data.forEach((_, i) => {
      if (random() < 0.05) residual.data[i] = 100 * (random() - 0.5)
      if (random() < 0.01) residual.data[i] = Number.NaN
    })
    const plane = binResidual(residual, mask, bin)
    expect([plane.width, plane.height]).toEqual([Math.ceil(width / bin), Math.ceil(height / bin)])
    const sums = new Float64Array(plane.sums.length)
    const counts = new Float64Array(plane.sums.length)
    const tops = new Float64Array(plane.sums.length).fill(-1e30)
    residual.data.forEach((value, i) => {
      const square =
        Math.floor(Math.floor(i / width) / bin) * plane.width + Math.floor((i % width) / bin)
      if (Number.isNaN(value)) return
      tops[square] = Math.max(tops[square]!, value)
      if (mask[i]) return
      sums[square]! += Math.max(-5, Math.min(5, value))
      counts[square]! += 1
    })
    expect(plane.counts).toEqual(Float32Array.from(counts))
    plane.sums.forEach((value, i) => {
      expect(value).toBeCloseTo(sums[i]!, 3)
    })
    expect(plane.tops).toEqual(Float32Array.from(tops))
  })

  it('keeps light and pixels when halved', () => {
    const plane = binResidual(noisePlane(91, 53, 2), new Uint8Array(91 * 53), 2)
    const half = halve(plane)
    const total = (values: Float32Array) => values.reduce((a, b) => a + b, 0)
    expect(total(half.counts)).toBe(91 * 53)
    expect(total(half.sums)).toBeCloseTo(total(plane.sums), 2)
    expect(half.bin).toBe(4)
  })
})

describe('normalizeLocally', () => {
  const empty = (width: number, height: number) => new Uint8Array(width * height)
  const moments = (values: Float32Array) => {
    const mean = values.reduce((a, b) => a + b, 0) / values.length
    return [mean, Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length)]
  }

  it('gives noise of mean 0 and deviation 1 under gradients and changing noise', () => {
    const residual = noisePlane(400, 400, 5)
    residual.data.forEach((value, i) => {
      const x = i % 400
      residual.data[i] = value * (1 + x / 400) + (x - 200) / 300
    })
    const [mean, deviation] = moments(normalizeLocally(binResidual(residual, empty(400, 400), 2)))
    expect(mean).toBeCloseTo(0, 1)
    expect(deviation).toBeGreaterThan(0.95)
    expect(deviation).toBeLessThan(1.05)
  })

  it('is 0 behind masks and harmless where all is masked or flat', () => {
    const residual = noisePlane(64, 64, 6)
    const masked = new Uint8Array(64 * 64).fill(1)
    expect(normalizeLocally(binResidual(residual, masked, 2)).every((value) => value === 0)).toBe(
      true,
    )
    residual.data.fill(0)
    const flat = normalizeLocally(binResidual(residual, empty(64, 64), 2))
    expect(flat.every((value) => value === 0)).toBe(true)
  })

  it('lets no bin count for more than four of its sigmas', () => {
    const residual = noisePlane(64, 64, 7)
    residual.data[32 * 64 + 32] = 1e6
    const values = normalizeLocally(binResidual(residual, empty(64, 64), 1))
    expect(Math.max(...values)).toBeLessThanOrEqual(4)
  })
})
