import type { GraphBuilder } from '../graph/builder.ts'
import { dimsOf } from '../graph/dims.ts'
import { BLOCKED } from '../graph/domains.ts'
import type { Attributes, Value } from '../graph/graph.ts'
import { add, mul } from '../graph/ops/elementwise.ts'
import { concat, expand, gather, pad, reshape, slice, transpose } from '../graph/ops/layout.ts'
import { fusedMatMul, matMul } from '../graph/ops/products.ts'
import { reduceSum } from '../graph/ops/reductions.ts'
import { longs, tensor } from '../tensor.ts'

/** What a blocked convolution may also be given. */
export interface BlockedConvOptions {
  readonly attributes: Attributes
  readonly bias?: Value | undefined
  /** Added to the result. */
  readonly sum?: Value | undefined
  /** Applied at the end. */
  readonly activation?: 'Relu' | undefined
}

/**
 * Writes nodes on images whose channels lie in blocks. Shapes are written N, C, H, W all the same; in memory
 * an image is [N, C / size, H, W, size] and weights are [O / size, I / size, kh, kw, size i, size o].
 */
export class Blocks {
  readonly g: GraphBuilder
  readonly size: number

  constructor(g: GraphBuilder, size: number) {
    this.g = g
    this.size = size
  }

  /** Whether a number of channels fills whole blocks. */
  fits(...channels: readonly number[]): boolean {
    return channels.every((n) => n % this.size === 0)
  }

  toBlocks(x: Value): Value {
    return this.g.op('ReorderInput', [x], { domain: BLOCKED, name: 'blocks' })
  }

  toRows(x: Value): Value {
    const attributes = { channels: dimsOf(x)[1] }
    return this.g.op('ReorderOutput', [x], { domain: BLOCKED, attributes, name: 'rows' })
  }

  conv(x: Value, w: Value, { attributes, bias, sum, activation }: BlockedConvOptions): Value {
    const all = { ...attributes, ...(activation && { activation }) }
    return this.g.op('Conv', [x, w, bias, sum], { domain: BLOCKED, attributes: all, name: 'conv' })
  }

  /** a x + b (+ sum) with a number a and b for each channel: one pass. */
  linear(
    x: Value,
    [a, b]: readonly [Value, Value],
    options: Omit<BlockedConvOptions, 'attributes'> = {},
  ): Value {
    const c = dimsOf(x)[1]
    const attributes = { kernel_shape: [1, 1], group: c }
    return this.conv(x, reshape(this.g, a, [c, 1, 1, 1]), { ...options, attributes, bias: b })
  }

  /** Multiplies every channel of an image. */
  scaleChannels(x: Value, scale: Value): Value {
    const [n, c, h, w] = dimsOf(x)
    const apart = reshape(this.g, x, [n, c / this.size, h * w, this.size])
    const wide = reshape(this.g, scale, [1, c / this.size, 1, this.size])
    return reshape(this.g, mul(this.g, apart, wide), [n, c, h, w])
  }

  /** Multiplies the weights of every output channel. */
  scaleWeights(w: Value, scale: Value): Value {
    const [out, input, kh, kw] = dimsOf(w)
    const apart = reshape(this.g, w, [out / this.size, input * kh * kw, this.size])
    const wide = reshape(this.g, scale, [out / this.size, 1, this.size])
    return reshape(this.g, mul(this.g, apart, wide), [out, input, kh, kw])
  }

  /** An image as [N C / size, H W, size], to multiply with matrices. */
  pixels(x: Value): Value {
    const [n, c, h, w] = dimsOf(x)
    return reshape(this.g, x, [(n * c) / this.size, h * w, this.size])
  }

  /** The sum of every channel over all pixels of all images: [C]. */
  sum(x: Value): Value {
    const [n, c, h, w] = dimsOf(x)
    const ones = this.g.shared(`ones_${h * w}`, () =>
      tensor(new Float32Array(h * w).fill(1), [1, h * w]),
    )
    return reduceSum(
      this.g,
      reshape(this.g, matMul(this.g, ones, this.pixels(x)), [n, c]),
      [0],
      false,
    )
  }

  /** The sum of x y of every channel: [C]; the diagonal of small products, which the runtime does fast. */
  dot(x: Value, y: Value): Value {
    const { g, size } = this
    const [n, c] = dimsOf(x)
    const squares = fusedMatMul(g, [this.pixels(x), this.pixels(y)], { turnA: true })
    const eye = g.shared(`eye_${size}`, () =>
      tensor(
        Float32Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0)),
        [size, size],
      ),
    )
    const summed = reduceSum(g, reshape(g, squares, [n, c / size, size, size]), [0], false)
    return reshape(g, reduceSum(g, mul(g, summed, eye), [1], false), [c])
  }

  /** Weights of the gradient's convolution: [I, O], each block turned, taps as listed. */
  turnedWeights(w: Value, taps: readonly number[], kernel: readonly number[]): Value {
    const { g, size } = this
    const [out, input, kh, kw] = dimsOf(w)
    const [ob, ib, all] = [out / size, input / size, kh * kw]
    const blocks = ob * ib * all
    // One image of `size` channels a block: the reorder swaps its two inner axes.
    const inner = g.op('ReorderInput', [reshape(g, w, [blocks, size, 1, size])], {
      domain: BLOCKED,
    })
    const key = `turn_${ob}_${ib}_${all}_${taps.join('_')}`
    const places = g.shared(key, () => {
      const order: number[] = []
      for (let i = 0; i < ib; i++) {
        for (let o = 0; o < ob; o++) for (const tap of taps) order.push((o * ib + i) * all + tap)
      }
      return longs(order)
    })
    const turned = gather(g, reshape(g, inner, [blocks, size * size]), places, 0)
    return reshape(g, turned, [input, out, ...kernel])
  }

  /** Images [N, C, rows, columns] of every second row and column (and so on), put together again. */
  weave(phases: readonly (readonly Value[])[]): Value {
    const { g, size } = this
    const [n, c, h, w] = dimsOf(phases[0][0])
    const [sy, sx] = [phases.length, phases[0].length]
    const blocks = (n * c) / size
    const rows = phases.map((row) => {
      const parts = row.map((phase) => reshape(g, phase, [blocks * h * w, size]))
      return reshape(g, concat(g, parts, 1), [blocks * h, w * sx * size])
    })
    return reshape(g, concat(g, rows, 1), [n, c, h * sy, w * sx])
  }

  /** The first rows and columns of an image. */
  crop(x: Value, size: readonly number[]): Value {
    const [n, c, h, w] = dimsOf(x)
    if (h === size[2] && w === size[3]) return x
    const apart = reshape(this.g, x, [n, c / this.size, h, w, this.size])
    const cut = slice(this.g, apart, { axes: [2, 3], starts: [0, 0], ends: size.slice(2) })
    return reshape(this.g, cut, size)
  }

  /** Zeros in blocks are zeros in rows. */
  zeros(shape: readonly number[]): Value {
    return expand(
      this.g,
      this.g.shared('number_0', () => tensor([0], [])),
      shape,
    )
  }

  /** The sum of two images. */
  add(a: Value, b: Value): Value {
    return add(this.g, a, b)
  }

  /**
   * The gradient of weights as a 1 x 1 convolution: its input channels are (pixel, image), its pixels are
   * (in, tap), its filter is dy. The result lies in blocks as weights do, without a sum over images and
   * without a transposition.
   */
  weightGradient(
    x: Value,
    dy: Value,
    window: { kernel: readonly number[]; strides: readonly number[]; pads: readonly number[] },
  ): Value {
    const { g, size } = this
    const { kernel, strides, pads } = window
    const [images, input, height, width] = dimsOf(x)
    const [, out, rows, columns] = dimsOf(dy)
    const n = Math.ceil(images / size) * size
    const [nb, ib, ob, area] = [n / size, input / size, out / size, size * size]
    const taps = kernel[0] * kernel[1]
    const pixels = rows * columns
    // [N / size, I / size, H, W, size i, size n]
    const byImage = g.op(
      'ReorderInput',
      [reshape(g, this.#fill(x, n), [1, n, 1, input * height * width])],
      {
        domain: BLOCKED,
      },
    )
    const [top, left, bottom, right] = pads
    const padded = pad(g, reshape(g, byImage, [nb, ib, height, width, area]), [
      0,
      0,
      top,
      left,
      0,
      0,
      0,
      bottom,
      right,
      0,
    ])
    const [high, wide] = [height + top + bottom, width + left + right]
    const key = `windows_${[ib, high, wide, rows, columns, ...kernel, ...strides].join('_')}`
    const places = g.shared(key, () =>
      longs(windowPlaces({ ib, high, wide, rows, columns, kernel, strides })),
    )
    const read = gather(g, reshape(g, padded, [nb, ib * high * wide, area]), places, 1)
    const windows = reshape(g, read, [1, pixels * n, ib * taps, size])
    const apart = reshape(g, this.#fill(dy, n), [nb, size, ob, pixels, size])
    const filter = reshape(g, transpose(g, apart, [2, 0, 3, 1, 4]), [out, pixels * n, 1, 1])
    const result = this.conv(windows, filter, { attributes: { kernel_shape: [1, 1] } })
    return reshape(g, result, [out, input, ...kernel])
  }

  /** Empty images behind, up to a whole block of them: they add nothing. */
  #fill(x: Value, n: number): Value {
    const [images, ...rest] = dimsOf(x)
    return n === images ? x : concat(this.g, [x, this.zeros([n - images, ...rest])], 0)
  }
}

interface Places {
  readonly ib: number
  readonly high: number
  readonly wide: number
  readonly rows: number
  readonly columns: number
  readonly kernel: readonly number[]
  readonly strides: readonly number[]
}

/** Where each pixel of each window lies, in the order (row, column, block, tap). */
function windowPlaces({ ib, high, wide, rows, columns, kernel, strides }: Places): number[] {
  const order: number[] = []
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      for (let block = 0; block < ib; block++) {
        for (let i = 0; i < kernel[0]; i++) {
          for (let j = 0; j < kernel[1]; j++) {
            order.push((block * high + y * strides[0] + i) * wide + x * strides[1] + j)
          }
        }
      }
    }
  }
  return order
}
