import { describe, expect, it } from 'vitest'
import { scratch } from '../../src/kernels.ts'
import { streakKernels } from '../../src/streaks/kernels.ts'
import { gaussianThreshold, searchLines } from '../../src/streaks/transform.ts'
import { noisePlane } from './helpers/sky.ts'

/** Pixels of the line of `shift` over rows `first..last`, from its definition: halves, each rounded. */
function lineColumns(
  rows: number,
  depth: number,
  strip: number,
  shift: number,
  deepest: number,
): number[] {
  const at = (index: number, level: number) => Math.floor((index * rows) / 2 ** level)
  const first = at(strip, depth)
  const height = at(strip + 1, depth) - first
  if (depth === deepest) return height === 1 ? [0] : [0, shift]
  const upper = at(2 * strip + 1, depth + 1) - first
  const round = (value: number) => Math.floor(value + 0.5)
  const upperShift = round((shift * (upper - 1)) / (height - 1))
  const start = round((shift * upper) / (height - 1))
  return [
    ...lineColumns(rows, depth + 1, 2 * strip, upperShift, deepest),
    ...lineColumns(rows, depth + 1, 2 * strip + 1, shift - start, deepest).map((x) => x + start),
  ]
}

function transformed(image: Float32Array, width: number, height: number, quadrant: number) {
  const [rows, columns] = quadrant & 2 ? [width, height] : [height, width]
  const maxShift = Math.min(rows - 1, columns)
  const pad = (maxShift + 11) & ~3
  const stride = (pad + columns + 15) & ~3
  const size = 4 * rows * stride
  const [source = 0, a = 0, b = 0] = scratch(image.byteLength, size + 64, size + 64)
  const kernel = streakKernels()
  new Float32Array(kernel.memory.buffer).set(image, source >> 2)
  const deepest = Math.floor(Math.log2(rows))
  kernel.streakLoad(source, width, height, quadrant, a, stride, pad)
  new Uint8Array(kernel.memory.buffer, b, size).fill(0)
  kernel.streakLeaves(a, rows, columns, stride, pad, deepest)
  const levels: Float32Array[] = []
  let [from, to] = [a, b]
  for (let depth = deepest - 1; depth >= 0; depth--) {
    kernel.streakLevel(from, to, rows, columns, stride, pad, depth, maxShift)
    levels[depth] = new Float32Array(kernel.memory.buffer, to, rows * stride).slice()
    ;[from, to] = [to, from]
  }
  return { levels, rows, columns, pad, stride, maxShift, deepest }
}

describe('the fast discrete Radon transform', () => {
  it.each([
    [16, 16],
    [13, 9],
    [7, 21],
    [5, 40],
    [40, 5],
  ])('sums along lines as defined, %d x %d', (width, height) => {
    const image = noisePlane(width, height, width).data
    for (let quadrant = 0; quadrant < 4; quadrant++) {
      const { levels, rows, columns, pad, stride, maxShift, deepest } = transformed(
        image,
        width,
        height,
        quadrant,
      )
      const pixel = (x: number, y: number) => {
        if (x < 0 || x >= columns) return 0
        const across = quadrant & 1 ? columns - 1 - x : x
        return image[quadrant & 2 ? across * width + y : y * width + across]!
      }
      for (let depth = 0; depth < deepest; depth++) {
        for (let strip = 0; strip < 2 ** depth; strip++) {
          const first = Math.floor((strip * rows) / 2 ** depth)
          const height = Math.floor(((strip + 1) * rows) / 2 ** depth) - first
          for (let shift = 0; shift <= Math.min(height - 1, maxShift); shift++) {
            const line = lineColumns(rows, depth, strip, shift, deepest)
            for (let x = -shift; x < columns; x++) {
              const wanted = line.reduce((sum, dx, y) => sum + pixel(x + dx, first + y), 0)
              const got = levels[depth]![(first + shift) * stride + pad + x]!
              if (Math.abs(got - wanted) > 1e-4)
                expect({ quadrant, depth, strip, shift, x, got }).toBe(wanted)
            }
          }
        }
      }
    }
  })

  it('follows straight lines to within a pixel and a half', () => {
    for (const shift of [0, 1, 17, 60, 99]) {
      lineColumns(100, 0, 0, shift, 6).forEach((x, y) => {
        expect(Math.abs(x - (shift * y) / 99)).toBeLessThan(1.5)
      })
    }
  })
})

describe('searchLines', () => {
  it('finds the ends and the significance of a line of bins, in every direction', () => {
    for (let step = 0; step < 12; step++) {
      const angle = (step * Math.PI) / 12 + 0.05
      const image = noisePlane(200, 160, step + 10).data
      const [dx, dy] = [50 * Math.cos(angle), 50 * Math.sin(angle)]
      for (let t = -1; t <= 1; t += 0.004) {
        image[Math.round(80 + dy * t) * 200 + Math.round(100 + dx * t)] = 2.5
      }
      const { pieces } = searchLines(image, 200, 160, 0.01)
      const best = pieces.reduce((a, b) => (b.significance > a.significance ? b : a))
      expect(best.significance).toBeGreaterThan(10)
      const found = Math.atan2(best.y1 - best.y0, best.x1 - best.x0)
      expect(Math.abs(Math.sin(found - angle))).toBeLessThan(0.06)
      const middle = [(best.x0 + best.x1) / 2 - 100, (best.y0 + best.y1) / 2 - 80] as const
      expect(Math.abs(middle[1] * Math.cos(angle) - middle[0] * Math.sin(angle))).toBeLessThan(3)
    }
  })

  it('finds nothing in noise, whatever the frame', () => {
    for (const [width, height] of [
      [300, 300],
      [40, 900],
      [900, 40],
      [8, 8],
      [3, 50],
      [1, 1],
      [1, 400],
    ] as const) {
      for (let seed = 1; seed <= 4; seed++) {
        const { data } = noisePlane(width, height, seed)
        expect(searchLines(data, width, height, 0.002).pieces).toEqual([])
      }
    }
  })

  it('asks more of rows where all rows are noisy', () => {
    const image = noisePlane(256, 256, 3).data
    const rows = noisePlane(1, 256, 4).data
    for (let i = 0; i < image.length; i++) image[i]! += 0.5 * rows[Math.floor(i / 256)]!
    expect(searchLines(image, 256, 256, 0.002).pieces).toEqual([])
  })
})

it('turns a false-alarm probability into sigmas', () => {
  expect(gaussianThreshold(2.87e-7)).toBeCloseTo(5, 1)
  expect(gaussianThreshold(9.87e-10)).toBeCloseTo(6, 1)
})
