import { describe, expect, it } from 'vitest'
import type { GraphBuilder } from '../../src/graph/builder.ts'
import type { Value } from '../../src/graph/graph.ts'
import { add, relu } from '../../src/graph/ops/elementwise.ts'
import {
  batchNorm,
  batchNormTraining,
  conv,
  globalAveragePool,
  maxPool,
  type WindowOptions,
} from '../../src/graph/ops/windows.ts'
import { block, compareBoth, noBlocks, type Piece } from './both.ts'

const b = block || 16

interface ConvCase {
  readonly says: string
  /** Images, channels, rows, columns. */
  readonly x: readonly number[]
  /** Out, in, kernel rows and columns. */
  readonly w: readonly number[]
  readonly options?: WindowOptions
  /** Its gradient is none of small convolutions. Default false. */
  readonly fallsBack?: boolean
}

const convolutions: readonly ConvCase[] = [
  { says: '1 x 1', x: [3, b, 5, 6], w: [2 * b, b, 1, 1] },
  { says: '1 x 1, stride 2', x: [3, b, 7, 6], w: [2 * b, b, 1, 1], options: { stride: 2 } },
  { says: '3 x 3', x: [2, 2 * b, 6, 5], w: [b, 2 * b, 3, 3], options: { pad: 1 } },
  { says: '3 x 3 without padding', x: [2, b, 6, 5], w: [b, b, 3, 3] },
  {
    says: '3 x 3, padded by the whole kernel',
    x: [2, b, 6, 5],
    w: [b, b, 3, 3],
    options: { pad: 2 },
  },
  {
    says: '3 x 3, stride 2, even',
    x: [2, b, 8, 6],
    w: [b, b, 3, 3],
    options: { pad: 1, stride: 2 },
  },
  {
    says: '3 x 3, stride 2, odd',
    x: [2, b, 7, 9],
    w: [b, b, 3, 3],
    options: { pad: 1, stride: 2 },
  },
  {
    says: '3 x 3, stride 3',
    x: [2, b, 9, 8],
    w: [b, b, 3, 3],
    options: { pad: 1, stride: 3 },
    fallsBack: true,
  },
  {
    says: '3 x 3, other strides for rows and columns',
    x: [2, b, 8, 9],
    w: [b, b, 3, 3],
    options: { pad: 1, stride: [2, 1] },
  },
  {
    says: '3 x 3, stride 2, with a rest at the edge that no window reaches',
    x: [2, b, 8, 10],
    w: [b, b, 3, 3],
    options: { stride: 2 },
    fallsBack: true,
  },
  { says: '5 x 3', x: [2, b, 8, 7], w: [b, b, 5, 3], options: { pad: [2, 1] } },
  { says: '7 x 7, stride 2', x: [2, b, 14, 14], w: [b, b, 7, 7], options: { pad: 3, stride: 2 } },
  { says: '4 x 4, stride 2', x: [2, b, 8, 10], w: [b, b, 4, 4], options: { pad: 1, stride: 2 } },
  { says: '2 x 2, stride 2', x: [2, b, 8, 10], w: [b, b, 2, 2], options: { stride: 2 } },
  { says: 'one pixel', x: [3, b, 1, 1], w: [b, b, 3, 3], options: { pad: 1 } },
]

describe.skipIf(block === 0)(
  `the fast graph computes what the portable one does (${block || noBlocks})`,
  () => {
    it.for(convolutions)('convolution $says', async ({ x, w, options, fallsBack = false }) => {
      const inputs = { x, w, bias: [w[0]] }
      const piece: Piece = {
        inputs,
        build: (g, v) => conv(g, [v.x, v.w], { ...options, bias: v.bias }),
      }
      const { apart, blockedConvs } = await compareBoth(piece)
      expect(apart).toEqual({})
      expect(blockedConvs > 0).toBe(!fallsBack)
    })

    it.for([1, 3])('%i input channels', async (channels) => {
      const { apart, inBlocks, blockedConvs } = await compareBoth({
        inputs: { x: [2, channels, 15, 14], w: [2 * b, channels, 7, 7] },
        build: (g, { x, w }) => conv(g, [x, w], { stride: 2, pad: 3 }),
      })
      expect({ apart, inBlocks }).toEqual({ apart: {}, inBlocks: [] })
      expect(blockedConvs).toBe(1)
    })

    it('few input channels, dilated', async () => {
      const { apart } = await compareBoth({
        inputs: { x: [2, 3, 12, 12], w: [b, 3, 3, 3] },
        build: (g, { x, w }) => conv(g, [x, w], { dilation: 2, pad: 2 }),
      })
      expect(apart).toEqual({})
    })

    it.for([1, b - 1, b, b + 1, 2 * b])('a batch of %i', async (n) => {
      const { apart, inBlocks } = await compareBoth({
        inputs: { x: [n, b, 5, 4], w: [2 * b, b, 3, 3], v: [b, 2 * b, 1, 1] },
        build: (g, { x, w, v }) =>
          conv(g, [relu(g, conv(g, [x, w], { pad: 1 })), v], { stride: 2 }),
      })
      expect({ apart, inBlocks }).toEqual({ apart: {}, inBlocks: ['w', 'v'] })
    })

    it.for<readonly [string, readonly number[], WindowOptions]>([
      ['in groups', [2 * b, b, 3, 3], { group: 2, pad: 1 }],
      ['dilated', [b, 2 * b, 3, 3], { dilation: 2, pad: 2 }],
      ['depthwise', [2 * b, 1, 3, 3], { group: 2 * b, pad: 1 }],
      ['to a broken block', [b + 4, 2 * b, 3, 3], { pad: 1 }],
    ])('falls back for a convolution %s', async ([, w, options]) => {
      const { apart, inBlocks } = await compareBoth({
        inputs: { x: [2, 2 * b, 7, 8], w },
        build: (g, v) => conv(g, [v.x, v.w], options),
      })
      expect({ apart, inBlocks }).toEqual({ apart: {}, inBlocks: [] })
    })

    it('falls back for a convolution from a broken block', async () => {
      const { apart, inBlocks } = await compareBoth({
        inputs: { x: [2, b + 4, 7, 8], w: [b, b + 4, 3, 3] },
        build: (g, { x, w }) => conv(g, [x, w], { pad: 1 }),
      })
      expect({ apart, inBlocks }).toEqual({ apart: {}, inBlocks: [] })
    })

    it('goes from blocks to a convolution that has none, and back', async () => {
      const { apart, inBlocks } = await compareBoth({
        inputs: { x: [2, b, 6, 6], w: [b, b, 3, 3], v: [b, 1, 3, 3], u: [b, b, 1, 1] },
        build: (g, { x, w, v, u }) => {
          const deep = conv(g, [conv(g, [x, w], { pad: 1 }), v], { pad: 1, group: b })
          return conv(g, [relu(g, deep), u])
        },
      })
      expect({ apart, inBlocks }).toEqual({ apart: {}, inBlocks: ['w', 'u'] })
    })
  },
)

const normed = (g: GraphBuilder, x: Value, v: Readonly<Record<string, Value>>) =>
  batchNormTraining(g, x, { scale: v.scale, bias: v.bias }).y

const norms = { scale: [b], bias: [b] }

describe.skipIf(block === 0)('what surrounds a convolution', () => {
  const inputs = { x: [3, b, 6, 5], w: [b, b, 3, 3], ...norms }
  const first = (g: GraphBuilder, v: Readonly<Record<string, Value>>) =>
    conv(g, [v.x, v.w], { pad: 1 })
  const pieces: Readonly<Record<string, Piece>> = {
    'batch norm': { inputs, build: (g, v) => normed(g, first(g, v), v) },
    'batch norm and ReLU': { inputs, build: (g, v) => relu(g, normed(g, first(g, v), v)) },
    'batch norm, sum and ReLU': {
      inputs: { ...inputs, u: [b, b, 1, 1] },
      build: (g, v) => {
        const straight = conv(g, [v.x, v.u])
        return relu(g, add(g, normed(g, first(g, v), v), straight))
      },
    },
    'batch norm and the sum with a picture in rows': {
      inputs: { ...inputs, other: [3, b, 6, 5] },
      build: (g, v) => relu(g, add(g, v.other, normed(g, first(g, v), v))),
    },
    'batch norm read twice': {
      inputs,
      build: (g, v) => {
        const y = normed(g, first(g, v), v)
        return [relu(g, y), add(g, y, v.x)]
      },
    },
    'batch norm that is an output and goes on': {
      inputs,
      build: (g, v) => {
        const y = normed(g, first(g, v), v)
        return [y, relu(g, y)]
      },
    },
    'batch norm added to itself': {
      inputs,
      build: (g, v) => {
        const y = normed(g, first(g, v), v)
        return relu(g, add(g, y, y))
      },
    },
    'batch norm by running statistics': {
      inputs: { ...inputs, mean: [b], positive: [b] },
      build: (g, v) => {
        const { scale, bias, mean, positive: variance } = v
        return relu(g, batchNorm(g, first(g, v), { scale, bias, mean, variance }))
      },
    },
    'global average pool': {
      inputs: { ...inputs, u: [2 * b, b, 1, 1] },
      build: (g, v) => globalAveragePool(g, relu(g, conv(g, [normed(g, first(g, v), v), v.u]))),
    },
    'max pool between': {
      inputs: { ...inputs, u: [b, b, 3, 3] },
      build: (g, v) => {
        const pooled = relu(
          g,
          maxPool(g, normed(g, first(g, v), v), { kernel: 3, stride: 2, pad: 1 }),
        )
        return conv(g, [pooled, v.u], { pad: 1 })
      },
    },
  }
  it.for(Object.entries(pieces))('%s', async ([, piece]) => {
    expect((await compareBoth(piece)).apart).toEqual({})
  })
})

describe.skipIf(block === 0)('gradients that meet', () => {
  const x = [2, b, 8, 8]
  const pieces: Readonly<Record<string, Piece>> = {
    'two convolutions read one picture': {
      inputs: { x, w: [b, b, 3, 3], u: [b, b, 1, 1] },
      build: (g, v) => add(g, conv(g, [v.x, v.w], { pad: 1 }), conv(g, [v.x, v.u])),
    },
    'a strided block and its shortcut': {
      inputs: { x, a: [b, b, 1, 1], w: [b, b, 3, 3], u: [b, b, 1, 1], scale: [b], bias: [b] },
      build: (g, v) => {
        const y = relu(g, conv(g, [v.x, v.a]))
        const deep = normed(g, conv(g, [y, v.w], { pad: 1, stride: 2 }), v)
        return relu(g, add(g, deep, conv(g, [y, v.u], { stride: 2 })))
      },
    },
    'a block and its shortcut': {
      inputs: { x, a: [b, b, 1, 1], w: [b, b, 3, 3], scale: [b], bias: [b] },
      build: (g, v) => {
        const y = relu(g, conv(g, [v.x, v.a]))
        return relu(g, add(g, normed(g, conv(g, [y, v.w], { pad: 1 }), v), y))
      },
    },
    'three readers': {
      inputs: { x, a: [b, b, 1, 1], w: [b, b, 3, 3], u: [b, b, 1, 1] },
      build: (g, v) => {
        const y = relu(g, conv(g, [v.x, v.a]))
        return [add(g, y, conv(g, [y, v.w], { pad: 1 })), conv(g, [y, v.u], { stride: 2 })]
      },
    },
    'strides of 2 and 3': {
      inputs: { x: [2, b, 12, 12], a: [b, b, 1, 1], w: [b, b, 2, 2], u: [b, b, 3, 3] },
      build: (g, v) => {
        const y = relu(g, conv(g, [v.x, v.a]))
        return [conv(g, [y, v.w], { stride: 2 }), conv(g, [y, v.u], { stride: 3 })]
      },
    },
    'weights that two convolutions share': {
      inputs: { x, w: [b, b, 3, 3] },
      build: (g, v) => conv(g, [relu(g, conv(g, [v.x, v.w], { pad: 1 })), v.w], { pad: 1 }),
    },
    'weights that three convolutions share': {
      inputs: { x, w: [b, b, 3, 3] },
      build: (g, v) => {
        const one = relu(g, conv(g, [v.x, v.w], { pad: 1 }))
        const two = relu(g, conv(g, [one, v.w], { pad: 1, stride: 2 }))
        return conv(g, [two, v.w], { pad: 1 })
      },
    },
    'weights that something else reads too': {
      inputs: { x, w: [b, b, 3, 3] },
      build: (g, v) => [conv(g, [v.x, v.w], { pad: 1 }), relu(g, v.w)],
    },
    'a sum that stretches one number over a picture': {
      inputs: { x, w: [b, b, 3, 3], u: [b, b, 1, 1] },
      build: (g, v) => {
        const y = conv(g, [v.x, v.w], { pad: 1 })
        return relu(g, add(g, y, conv(g, [globalAveragePool(g, y), v.u])))
      },
    },
    'a batch norm whose sum stretches': {
      inputs: { x, w: [b, b, 3, 3], u: [b, b, 1, 1], ...norms },
      build: (g, v) => {
        const y = conv(g, [v.x, v.w], { pad: 1 })
        const most = conv(g, [globalAveragePool(g, y), v.u])
        return relu(g, add(g, normed(g, y, v), most))
      },
    },
    'the gradient of a picture that is an output and is added': {
      inputs: { x, w: [b, b, 3, 3], u: [b, b, 1, 1] },
      build: (g, v) => [conv(g, [v.x, v.w], { pad: 1 }), relu(g, v.x), conv(g, [v.x, v.u])],
    },
  }
  it.for(Object.entries(pieces))('%s', async ([, piece]) => {
    expect((await compareBoth(piece)).apart).toEqual({})
  })
})
