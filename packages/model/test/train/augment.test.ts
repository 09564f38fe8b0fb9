import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { random } from '../../src/random.ts'
import { type AugmentOptions, augmenter } from '../../src/train/augment.ts'

const SIZE = 48
const AREA = SIZE * SIZE
const square = { height: SIZE, width: SIZE }

/** Grain is never farther out than this many of its deviations. */
const FARTHEST = 3.5

/** A slope bent at a mirrored corner shows in means along diagonals; a faint trail is a hundred times that. */
const BENT = 0.001

type Pixel = (x: number, y: number, channel: number) => number

function draw(pixel: Pixel, { height, width } = square): Float32Array {
  const area = height * width
  return Float32Array.from({ length: 3 * area }, (_, i) => {
    const place = i % area
    return pixel(place % width, Math.floor(place / width), Math.floor(i / area))
  })
}

const channelOf = (input: Float32Array, channel: number) =>
  input.subarray(channel * AREA, (channel + 1) * AREA)

const mean = (values: ArrayLike<number>) =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length

/** A line one pixel wide: y = from + slope x, or x and y exchanged, between two places along it. */
const lines = fc.record({
  from: fc.double({ min: 0, max: SIZE - 1, noNaN: true }),
  slope: fc.double({ min: -1, max: 1, noNaN: true }),
  start: fc.nat(SIZE - 1),
  length: fc.integer({ min: 3, max: SIZE }),
  upright: fc.boolean(),
  contrast: fc.double({ min: 0.1, max: 0.6, noNaN: true }),
})
type Line = typeof lines extends fc.Arbitrary<infer L> ? L : never

const SKY = 0.35

function isOnLine({ from, slope, start, length, upright }: Line, x: number, y: number): boolean {
  const [along, across] = upright ? [y, x] : [x, y]
  const isBetween = along >= start && along < start + length
  return isBetween && Math.round(from + slope * along) === across
}

const withLine = (line: Line) =>
  draw((x, y, c) => (c < 2 && isOnLine(line, x, y) ? SKY + line.contrast : SKY))

const changes = fc.record({
  shiftPx: fc.nat(6),
  gain: fc.double({ min: 0, max: 0.5, noNaN: true }),
  noise: fc.double({ min: 0, max: 0.03, noNaN: true }),
})

/** How far each row, column and diagonal stands out above the lines on both of its sides. */
function ridgesOf(channel: Float32Array): number[] {
  const directions: ((x: number, y: number) => number)[] = [
    (_, y) => y,
    (x) => x,
    (x, y) => x + y,
    (x, y) => x - y + SIZE - 1,
  ]
  return directions.flatMap((lineOf) => {
    const [sums, counts] = [new Float64Array(2 * SIZE), new Float64Array(2 * SIZE)]
    channel.forEach((value, i) => {
      const line = lineOf(i % SIZE, Math.floor(i / SIZE))
      sums[line] += value
      counts[line]++
    })
    // Diagonals shorter than this are corners.
    const full = [...counts.keys()].filter((line) => counts[line] >= SIZE / 2)
    const level = (line: number) => sums[line] / counts[line]
    return full.slice(1, -1).map((l) => level(l) - Math.max(level(l - 1), level(l + 1)))
  })
}

describe('augmenter', () => {
  it('keeps every pixel of a trail where trails show, at its contrast', () => {
    fc.assert(
      fc.property(lines, changes, fc.integer(), (line, { gain, shiftPx }, seed) => {
        const input = withLine(line)
        const output = augmenter({ ...square, gain, shiftPx, noise: 0 })(input, random(seed))
        const [before, after] = [input, output].map((own) => channelOf(own, 1).slice().sort())
        const factor = after[0] / before[0]
        expect(factor).toBeGreaterThan(1 - gain - 1e-6)
        expect(factor).toBeLessThan(1 + gain + 1e-6)
        after.forEach((value, i) => {
          if (Math.abs(value - before[i] * factor) > 1e-6) expect(value).toBe(before[i] * factor)
        })
      }),
    )
  })

  it('keeps the length of a trail in the picture but for the rim', () => {
    fc.assert(
      fc.property(lines, changes, fc.integer(), (line, { shiftPx }, seed) => {
        const input = withLine(line)
        const output = augmenter({ ...square, gain: 0, shiftPx, noise: 0 })(input, random(seed))
        const inner = (x: number, y: number) =>
          Math.min(x, y, SIZE - 1 - x, SIZE - 1 - y) >= shiftPx
        const count = (own: Float32Array, among: typeof inner) =>
          channelOf(own, 0).filter(
            (value, i) => value > SKY + line.contrast / 2 && among(i % SIZE, Math.floor(i / SIZE)),
          ).length
        expect(count(output, () => true)).toBeGreaterThanOrEqual(count(input, inner))
      }),
    )
  })

  it('grain takes no more from a trail than chance', () => {
    fc.assert(
      fc.property(lines, changes, fc.integer(), (line, { noise, ...rest }, seed) => {
        const input = withLine(line)
        const quiet = augmenter({ ...square, ...rest, noise: 0 })(input, random(seed))
        const noisy = augmenter({ ...square, ...rest, noise })(input, random(seed))
        const threshold = (Math.min(...channelOf(quiet, 1)) + Math.max(...channelOf(quiet, 1))) / 2
        const isTrail = (_: number, i: number) => channelOf(quiet, 1)[i] > threshold
        const [was, is] = [quiet, noisy].map((own) => channelOf(own, 1).filter(isTrail))
        if (was.length === 0) return
        // Six deviations of a mean over the trail's pixels.
        const bound = Math.min(FARTHEST, 6 / Math.sqrt(was.length)) * noise + 1e-6
        expect(Math.abs(mean(is) - mean(was))).toBeLessThanOrEqual(bound)
      }),
    )
  })

  it('draws no line on an empty sky, be it even, bright on one side, or grainy', () => {
    const skies = fc.record({
      slopeX: fc.double({ min: -0.4, max: 0.4, noNaN: true }),
      slopeY: fc.double({ min: -0.4, max: 0.4, noNaN: true }),
    })
    fc.assert(
      fc.property(skies, changes, fc.integer(), ({ slopeX, slopeY }, options, seed) => {
        // Like real ones: a gradient in the picture and the smooth sky, none in the residual.
        const input = draw((x, y, channel) =>
          channel === 1 ? SKY : 0.5 + slopeX * (x / SIZE - 0.5) + slopeY * (y / SIZE - 0.5),
        )
        const output = augmenter({ ...square, ...options })(input, random(seed))
        // Means of a line and its two sides, six deviations each.
        const bound = (2 * 6 * options.noise) / Math.sqrt(SIZE / 2) + BENT
        for (const channel of [0, 1, 2]) {
          expect(Math.max(...ridgesOf(channelOf(output, channel)))).toBeLessThan(bound)
        }
      }),
    )
  })

  it('never merges trail and sky at the top of the range', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const input = draw((x) => (x === 7 ? 1 : 0.95))
        const output = augmenter({ ...square, gain: 0.5, noise: 0 })(input, random(seed))
        for (const channel of [0, 1]) {
          const own = channelOf(output, channel)
          expect(Math.max(...own)).toBeLessThanOrEqual(1)
          expect(Math.max(...own) - Math.min(...own)).toBeGreaterThan(0.05 * 0.5 - 1e-6)
        }
      }),
    )
  })

  it('lays the frame in all eight ways, all channels alike', () => {
    const input = draw((x, y) => (x === 3 && y === 10 ? 1 : 0))
    const augment = augmenter({ ...square, shiftPx: 0, gain: 0, noise: 0 })
    const source = random(4)
    const places = Array.from({ length: 200 }, () => {
      const output = augment(input, source)
      const found = [0, 1, 2].map((channel) => channelOf(output, channel).indexOf(1))
      expect(new Set(found).size).toBe(1)
      return found[0]
    })
    expect(new Set(places).size).toBe(8)
  })

  it('turns what is not square by halves only', () => {
    const size = { height: 16, width: 40 }
    const input = draw((x, y) => (x === 3 && y === 5 ? 1 : 0), size)
    const augment = augmenter({ ...size, shiftPx: 0, gain: 0, noise: 0 })
    const source = random(4)
    const places = Array.from({ length: 100 }, () => augment(input, source).indexOf(1))
    const all = [5, 10].flatMap((y) => [3, 36].map((x) => y * 40 + x))
    expect(new Set(places)).toEqual(new Set(all))
  })

  it('keeps its hands off the input, and gives equal bits from equal seeds', () => {
    const input = draw((x, y) => ((x * 7 + y * 13) % 10) / 10)
    const before = input.slice()
    const augment = augmenter(square)
    expect(augment(input, random(5))).toEqual(augment(input, random(5)))
    expect(augment(input, random(5))).not.toEqual(augment(input, random(6)))
    expect(input).toEqual(before)
  })

  it('changes nothing when all is switched off', () => {
    const off = { flips: false, turns: false, shiftPx: 0, gain: 0, noise: 0 }
    const input = draw((x, y) => ((x * 7 + y * 13) % 10) / 10)
    expect(augmenter({ ...square, ...off })(input, random(1))).toEqual(input)
  })

  it('keeps values within 0 and 1', () => {
    const input = draw((x) => x % 2)
    const output = augmenter({ ...square, noise: 0.03 })(input, random(1))
    expect(output.every((value) => value >= 0 && value <= 1)).toBe(true)
  })

  it('names what is beyond its limits', () => {
    const make = (options: Partial<AugmentOptions>) => () => augmenter({ ...square, ...options })
    expect(make({ noise: 0.1 })).toThrow('augmenter: noise is 0.1, wanted 0 to 0.03')
    expect(make({ shiftPx: 7 })).toThrow('augmenter: shiftPx is 7, wanted 0 to 6')
    expect(make({ gain: Number.NaN })).toThrow('augmenter: gain is NaN')
    expect(() => augmenter(square)(new Float32Array(AREA), random(1))).toThrow(
      'augment: got 2304 numbers, wanted 3 x 48 x 48',
    )
  })
})
