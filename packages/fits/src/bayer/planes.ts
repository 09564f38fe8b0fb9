import type { Plane } from '../image/read.ts'
import { kernels, scratch } from '../kernels.ts'
import type { BayerPattern } from './pattern.ts'

/** The colours of a mosaic, each with half the width and height. */
export interface BayerPlanes {
  readonly red: Plane
  /** Mean of the two greens of each square; where one is NaN the other. */
  readonly green: Plane
  readonly blue: Plane
}

/** Squares worked on at a time. */
const BAND = 8192

/** Splits a mosaic into its colours. The last column or row of an odd size is left out. */
export function bayerPlanes(plane: Plane, pattern: BayerPattern): BayerPlanes {
  const red = halfOf(plane)
  const green = halfOf(plane)
  const blue = halfOf(plane)
  const greenFirst = Number(pattern.startsWith('G'))
  const upperIsRed = pattern.startsWith('R') || pattern === 'GRBG'
  const [first, second] = upperIsRed ? [red, blue] : [blue, red]
  forSquares(plane, (upper, lower, count, at, [a, g, b]) => {
    kernels().splitBayer(upper, lower, count, a, g, b, greenFirst)
    first.data.set(floats(a, count), at)
    green.data.set(floats(g, count), at)
    second.data.set(floats(b, count), at)
  })
  return { red, green, blue }
}

/**
 * Half-size picture in grey: the mean of each square of 2 x 2 pixels, of those that are not NaN. For a
 * mosaic of any pattern it weighs green twice; other images it bins 2 x 2. The last column or row of an
 * odd size is left out.
 */
export function luminancePlane(plane: Plane): Plane {
  const half = halfOf(plane)
  forSquares(plane, (upper, lower, count, at, [to]) => {
    kernels().luminance(upper, lower, count, to)
    half.data.set(floats(to, count), at)
  })
  return half
}

function halfOf({ width, height }: Plane): Plane {
  const size = { width: width >> 1, height: height >> 1 }
  return { data: new Float32Array(size.width * size.height), ...size }
}

type VisitSquares = (
  /** Where the upper and lower row of the squares are in the kernels' memory. */
  upper: number,
  lower: number,
  count: number,
  /** Number of the first square. */
  at: number,
  results: readonly [number, number, number],
) => void

function forSquares({ data, width, height }: Plane, visit: VisitSquares): void {
  const inputs = BAND * 8 + 32
  const outputs = BAND * 4 + 16
  const [upper, lower, a, b, c] = scratch(inputs, inputs, outputs, outputs, outputs) as [
    number,
    number,
    number,
    number,
    number,
  ]
  const across = width >> 1
  for (let y = 0; y < height >> 1; y++) {
    for (let x = 0; x < across; x += BAND) {
      const count = Math.min(BAND, across - x)
      const start = 2 * y * width + 2 * x
      floats(upper, count * 2).set(data.subarray(start, start + count * 2))
      floats(lower, count * 2).set(data.subarray(start + width, start + width + count * 2))
      visit(upper, lower, count, y * across + x, [a, b, c])
    }
  }
}

function floats(at: number, count: number): Float32Array {
  return new Float32Array(kernels().memory.buffer, at, count)
}
