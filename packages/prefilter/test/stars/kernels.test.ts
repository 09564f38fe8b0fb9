import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Kernels, kernels, scratch } from '../../src/kernels.ts'

interface StarKernels extends Kernels {
  smoothBand(...args: number[]): void
  halveBand(...args: number[]): void
  findMaxima(...args: number[]): number
  removeSpikes(...args: number[]): number
}

const taps = [0.054488685, 0.244201342, 0.402619947, 0.244201342, 0.054488685]
const bands = fc.integer({ min: 1, max: 14 }).chain((width) =>
  fc.integer({ min: 1, max: 9 }).chain((height) =>
    fc
      .array(fc.integer({ min: -9, max: 30 }), {
        minLength: width * height,
        maxLength: width * height,
      })
      .map((values) => ({ width, height, values })),
  ),
)

function load(values: readonly number[], width: number) {
  const bytes = (values.length + 8) * 4
  const [pixels = 0, out = 0, row = 0] = scratch(bytes, bytes * 4, (width + 8) * 4)
  const wasm = kernels<StarKernels>()
  new Float32Array(wasm.memory.buffer, pixels, values.length).set(values)
  return {
    wasm,
    pixels,
    out,
    row,
    read: (at: number, n: number) => new Float32Array(wasm.memory.buffer, at, n),
  }
}

function pixel(values: readonly number[], width: number, x: number, y: number): number {
  return x < 0 || x >= width ? 0 : (values[y * width + x] ?? 0)
}

describe('star kernels, against their definitions', () => {
  it('smooth by the Gaussian in both directions', () => {
    fc.assert(
      fc.property(bands, ({ width, height, values }) => {
        const { wasm, pixels, out, row, read } = load(values, width)
        wasm.smoothBand(pixels, width, height, row, out)
        const smooth = read(out, values.length)
        for (let i = 0; i < values.length; i++) {
          let wanted = 0
          for (let v = 0; v < 5; v++) {
            for (let u = 0; u < 5; u++) {
              const [x, y] = [(i % width) + u - 2, Math.floor(i / width) + v - 2]
              wanted += taps[u]! * taps[v]! * pixel(values, width, x, y)
            }
          }
          expect(smooth[i]).toBeCloseTo(wanted, 4)
        }
      }),
    )
  })

  it('halve by sums of 2 x 2', () => {
    fc.assert(
      fc.property(bands, ({ width, height, values }) => {
        const { wasm, pixels, out, read } = load(values, width)
        wasm.halveBand(pixels, width, height, 0.5, out)
        const half = width >> 1
        const halved = read(out, half * (height >> 1))
        for (let i = 0; i < halved.length; i++) {
          const [x, y] = [2 * (i % half), 2 * Math.floor(i / half)]
          const sum = [0, 1].flatMap((v) => [0, 1].map((u) => pixel(values, width, x + u, y + v)))
          expect(halved[i]).toBe(0.5 * sum.reduce((a, b) => a + b))
        }
      }),
    )
  })

  it('find the places brighter than all eight neighbours, the first of equals', () => {
    fc.assert(
      fc.property(bands, ({ width, height, values }) => {
        const { wasm, pixels, out } = load(values, width)
        const count = wasm.findMaxima(pixels, width, height, 0, height, 3.5, 1000, out)
        const found = new Int32Array(wasm.memory.buffer, out, 3 * count)
        const wanted: number[][] = []
        for (let i = 0; i < values.length; i++) {
          const [x, y] = [i % width, Math.floor(i / width)]
          const around = [-1, 0, 1].flatMap((v) => [-1, 0, 1].map((u) => [x + u, y + v] as const))
          const beats = around
            .filter(([u, v]) => u >= 0 && u < width && v >= 0 && v < height)
            .map(([u, v]) => v * width + u)
            .every(
              (other) =>
                other === i ||
                values[i]! > values[other]! ||
                (other > i && values[i] === values[other]),
            )
          if (values[i]! > 3.5 && beats) wanted.push([x, y])
        }
        expect(wanted.map((_, k) => [found[3 * k], found[3 * k + 1]])).toEqual(wanted)
        expect(count).toBe(wanted.length)
      }),
    )
  })

  it('take out single bright pixels and no others', () => {
    const width = 12
    const values = new Array<number>(width * 9).fill(0)
    values[3 * width + 4] = 50
    values[6 * width + 8] = 50
    values[6 * width + 9] = 30
    values[0] = 20
    values[8 * width + 11] = 5
    const { wasm, pixels, out, read } = load(values, width)
    expect(wasm.removeSpikes(pixels, width, 9, 0, 9, 8, 4, 100, out)).toBe(2)
    const left = read(pixels, values.length)
    expect([left[3 * width + 4], left[0]]).toEqual([0, 0])
    expect([left[6 * width + 8], left[6 * width + 9], left[8 * width + 11]]).toEqual([50, 30, 5])
    const [x, y] = new Int32Array(wasm.memory.buffer, out, 6).subarray(3)
    expect([x, y]).toEqual([4, 3])
  })
})
