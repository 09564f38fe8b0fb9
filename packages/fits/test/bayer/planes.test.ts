import { type BayerPattern, bayerPlanes, luminancePlane, type Plane } from '@nebulift/fits'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

// No negative zero: the sign of a sum of zeros is nobody's concern.
const number = fc.float({ min: -1e6, max: 1e6, noNaN: true }).map((v) => v + 0)
const value = fc.oneof(number, fc.constant(Number.NaN))
const plane = fc
  .tuple(fc.integer({ min: 1, max: 25 }), fc.integer({ min: 1, max: 7 }))
  .chain(([width, height]) =>
    fc
      .array(value, { minLength: width * height, maxLength: width * height })
      .map((data): Plane => ({ data: Float32Array.from(data), width, height })),
  )

/** Mean of the numbers that are no NaN, added in pairs in single precision as pictures are. */
function mean(values: readonly number[]): number {
  const known = values.map((v) => (Number.isNaN(v) ? 0 : v))
  const sums = known.length === 4 ? [add(known[0]!, known[1]!), add(known[2]!, known[3]!)] : known
  return Math.fround(add(sums[0]!, sums[1]!) / values.filter((v) => !Number.isNaN(v)).length)
}

const add = (a: number, b: number) => Math.fround(a + b)

function squares({ data, width, height }: Plane): number[][] {
  const all: number[][] = []
  for (let y = 0; y + 1 < height; y += 2) {
    for (let x = 0; x + 1 < width; x += 2) {
      const at = y * width + x
      all.push([data[at]!, data[at + 1]!, data[at + width]!, data[at + width + 1]!])
    }
  }
  return all
}

describe('half-size planes', () => {
  it('hold what the definition says, for every pattern and size', () => {
    const pattern = fc.constantFrom<BayerPattern>('RGGB', 'BGGR', 'GRBG', 'GBRG')
    fc.assert(
      fc.property(plane, pattern, (mosaic, name) => {
        const { red, green, blue } = bayerPlanes(mosaic, name)
        const cells = squares(mosaic)
        const of = (colour: string) => (cell: readonly number[]) =>
          cell.filter((_, i) => name[i] === colour)
        expect(Array.from(red.data)).toEqual(cells.flatMap(of('R')))
        expect(Array.from(blue.data)).toEqual(cells.flatMap(of('B')))
        expect(Array.from(green.data)).toEqual(cells.map(of('G')).map(mean))
        expect([red.width, red.height]).toEqual([mosaic.width >> 1, mosaic.height >> 1])
      }),
    )
  })

  it('of luminance are the mean of each square', () => {
    fc.assert(
      fc.property(plane, (picture) => {
        const { data, width, height } = luminancePlane(picture)
        expect(Array.from(data)).toEqual(squares(picture).map(mean))
        expect([width, height]).toEqual([picture.width >> 1, picture.height >> 1])
      }),
    )
  })

  it('work over rows longer than a band', () => {
    const width = 40_001
    const data = Float32Array.from({ length: width * 4 }, (_, i) => i % 1013)
    const { data: got } = luminancePlane({ data, width, height: 4 })
    expect(Array.from(got)).toEqual(squares({ data, width, height: 4 }).map(mean))
  })
})
