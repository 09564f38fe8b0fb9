import { ModelError } from '../errors.ts'
import type { Random } from '../random.ts'

/** Settings of `augmenter`. Each kind of change can be switched off. */
export interface AugmentOptions {
  /** Height and width of a channel in pixels. */
  readonly height: number
  readonly width: number
  /** Mirrors left to right and top to bottom, each every other time. Default true: the sky has no up. */
  readonly flips?: boolean
  /** Turns by 0, 90, 180 or 270 degrees; by 0 or 180 where a channel is not square. Default true. */
  readonly turns?: boolean
  /** Greatest shift along each axis in pixels. Default 4; at most an eighth of the shorter side. */
  readonly shiftPx?: number
  /** Greatest change of the first two channels' scale, as a share. Default 0.1; at most 0.5. */
  readonly gain?: number
  /** Greatest standard deviation of the noise added to the first two channels. Default 0.01; at most 0.03. */
  readonly noise?: number
}

/** Makes another input of the same label; the input itself is not altered. */
export type Augmentation = (input: Float32Array, random: Random) => Float32Array

/**
 * Noise keeps below a third of what tells a faint trail: in the channel of maxima, log(1 + sigma) / log(51),
 * a trail of 5 sigma lies (log 6 - log 4) / log 51 = 0.10 above the 3 sigma that a patch of sky reaches.
 */
const MOST_NOISE = 0.03

/** Beyond, a trail might lose half of its contrast. */
const MOST_GAIN = 0.5

/**
 * Changes network inputs as nature might without changing what they show: no trail is made, none is lost.
 * Inputs are three channels one after the other, values 0..1, as `frameChannels` of `@nebulift/prefilter`
 * makes them: the stretched picture, the maxima of the residual (where trails show), the smooth sky.
 *
 * - Flips and turns move pixels, all channels alike.
 * - A shift rolls the maxima round: what leaves at one side enters at the other, so that even a short trail
 *   at the rim keeps every pixel. There the sky is zero everywhere and the seam cannot be seen. In the
 *   other channels a gradient would make the seam a bright rim, so they are mirrored at the edge; a trail's
 *   last `shiftPx` pixels may be missing there, or be seen twice. Padding with a constant or with the rim's
 *   own pixels is not used: the one draws an edge, the other pulls stars into lines.
 * - Gain multiplies each of the first two channels; it never pushes a value above 1, where trail and
 *   sky would become one. The third channel keeps its level: one half means typical.
 * - Noise is drawn for each pixel alone, which makes grain and no line, and stays far below a faint trail.
 * @throws ModelError `BAD_ARGUMENT` where a setting is beyond its limit, or an input is not 3 channels
 */
export function augmenter(options: AugmentOptions): Augmentation {
  const { height, width, flips = true, turns = true } = options
  const { shiftPx = 4, gain = 0.1, noise = 0.01 } = options
  checkLimit('shiftPx', shiftPx, Math.min(height, width) / 8)
  checkLimit('gain', gain, MOST_GAIN)
  checkLimit('noise', noise, MOST_NOISE)
  const area = height * width
  return (input, random) => {
    if (input.length !== 3 * area) {
      const wanted = `wanted 3 x ${height} x ${width}`
      throw new ModelError('BAD_ARGUMENT', `augment: got ${input.length} numbers, ${wanted}`)
    }
    const orientation = drawOrientation(random, { flips, turns, isSquare: height === width })
    const shift = { x: drawShift(random, shiftPx), y: drawShift(random, shiftPx) }
    // All that is drawn once comes before the grain, so that what moves where does not depend on it.
    const gains = [random.uniform(), random.uniform()].map((u) => 1 - gain + 2 * gain * u)
    const deviations = [random.uniform(), random.uniform()].map((u) => noise * u)
    const output = new Float32Array(input.length)
    for (let channel = 0; channel < 3; channel++) {
      const from = input.subarray(channel * area, (channel + 1) * area)
      const to = output.subarray(channel * area, (channel + 1) * area)
      const rim = channel === 1 ? rolled : mirrored
      moveInto(to, from, { height, width, orientation, shift, rim })
      if (channel < 2) {
        scaleInPlace(to, gains[channel])
        addGrain(to, deviations[channel], random)
      }
    }
    return output
  }
}

function checkLimit(name: string, value: number, most: number): void {
  if (value >= 0 && value <= most) return
  throw new ModelError('BAD_ARGUMENT', `augmenter: ${name} is ${value}, wanted 0 to ${most}`)
}

/** Mirrored columns, mirrored rows, exchanged axes: together the eight ways to lay a square. */
interface Orientation {
  readonly mirrorX: boolean
  readonly mirrorY: boolean
  readonly exchange: boolean
}

function drawOrientation(
  random: Random,
  { flips, turns, isSquare }: { flips: boolean; turns: boolean; isSquare: boolean },
): Orientation {
  const [flipX, flipY] = [flips && random.below(2) === 1, flips && random.below(2) === 1]
  const quarter = turns ? (isSquare ? random.below(4) : 2 * random.below(2)) : 0
  // A quarter turn exchanges the axes and mirrors one; half a turn mirrors both.
  return {
    mirrorX: flipX !== (quarter === 1 || quarter === 2),
    mirrorY: flipY !== (quarter === 2 || quarter === 3),
    exchange: quarter % 2 === 1,
  }
}

/** Whole pixels: between them, interpolation would dim a line one pixel wide. */
function drawShift(random: Random, most: number): number {
  const whole = Math.floor(most)
  return random.below(2 * whole + 1) - whole
}

/** Where a place outside of 0..size-1 is read instead. */
type Rim = (place: number, size: number) => number

const rolled: Rim = (place, size) => (place + size) % size

function mirrored(place: number, size: number): number {
  if (place < 0) return -1 - place
  return place < size ? place : 2 * size - 1 - place
}

interface Move {
  readonly height: number
  readonly width: number
  readonly orientation: Orientation
  readonly shift: { readonly x: number; readonly y: number }
  readonly rim: Rim
}

function moveInto(to: Float32Array, from: Float32Array, move: Move): void {
  const { height, width, orientation, shift, rim } = move
  const { mirrorX, mirrorY, exchange } = orientation
  for (let y = 0; y < height; y++) {
    const shiftedY = rim(y - shift.y, height)
    const row = mirrorY ? height - 1 - shiftedY : shiftedY
    for (let x = 0; x < width; x++) {
      const shiftedX = rim(x - shift.x, width)
      const column = mirrorX ? width - 1 - shiftedX : shiftedX
      to[y * width + x] = exchange ? from[column * width + row] : from[row * width + column]
    }
  }
}

function scaleInPlace(values: Float32Array, wanted: number): void {
  let brightest = 0
  for (let i = 0; i < values.length; i++) brightest = Math.max(brightest, values[i])
  const factor = Math.min(wanted, Math.max(1, 1 / brightest))
  for (let i = 0; i < values.length; i++) values[i] *= factor
}

/** Mean and standard deviation of a sum of four bytes. */
const BYTES_MEAN = 4 * 127.5
const BYTES_DEVIATION = Math.sqrt((4 * (256 ** 2 - 1)) / 12)

/**
 * Nearly normal and never beyond 3.5 deviations: the sum of the four bytes of one draw. A third of the
 * cost of a normal, which counts with a hundred thousand of them an image.
 */
function addGrain(values: Float32Array, deviation: number, random: Random): void {
  if (deviation === 0) return
  const scale = deviation / BYTES_DEVIATION
  for (let i = 0; i < values.length; i++) {
    const bits = random.uniform() * 2 ** 32
    const sum = (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24)
    values[i] = Math.min(1, Math.max(0, values[i] + scale * (sum - BYTES_MEAN)))
  }
}
