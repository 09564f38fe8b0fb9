import { describe, expect, it } from 'vitest'
import { interpolation } from '../../src/gradient/rules/interpolation.ts'
import { gradients } from '../../src/gradient/walk.ts'
import { GraphBuilder } from '../../src/graph/builder.ts'
import type { Attributes } from '../../src/graph/graph.ts'
import { longs, type Tensor, tensor } from '../../src/tensor.ts'
import { runGraph } from './check.ts'

const coordinates = ['half_pixel', 'pytorch_half_pixel', 'align_corners', 'asymmetric']
const nearest = ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil']

const kinds: readonly Attributes[] = coordinates.flatMap((coordinate_transformation_mode) => [
  { mode: 'linear', coordinate_transformation_mode },
  ...nearest.map((nearest_mode) => ({
    mode: 'nearest',
    nearest_mode,
    coordinate_transformation_mode,
  })),
])

const MOST = 13
const sizes = Array.from({ length: MOST }, (_, i) => i + 1)

/** `from` images of one column, each with a 1 in another row. */
const unit = (from: number) =>
  tensor(
    Float32Array.from({ length: from * from }, (_, i) => (i % (from + 1) === 0 ? 1 : 0)),
    [1, from, from, 1],
  )

describe('the weights of a resize are those of the runtime', () => {
  for (const attributes of kinds) {
    it(`from and to every size up to ${MOST}: ${Object.values(attributes).join(', ')}`, async () => {
      const g = new GraphBuilder()
      const feeds = new Map<string, Tensor>()
      const outputs = sizes.flatMap((from) => {
        const x = g.input(`from_${from}`, [1, from, from, 1])
        feeds.set(x.name, unit(from))
        return sizes.map((to) => {
          const size = g.constant(longs([1, from, to, 1]))
          const y = g.op('Resize', [x, undefined, undefined, size], { attributes })
          return [`${from}_${to}`, y] as const
        })
      })
      const results = await runGraph(g.finish(Object.fromEntries(outputs)), feeds)
      for (const from of sizes) {
        for (const to of sizes) {
          const matrix = interpolation(attributes, { from, to })
          const got = results.get(`${from}_${to}`)?.data as Float32Array
          const worst = got.reduce((most, value, i) => {
            const [image, row] = [Math.floor(i / to), i % to]
            return Math.max(most, Math.abs(value - matrix[row * from + image]))
          }, 0)
          // Linear weights are differences of places of up to MOST pixels.
          expect(worst, `${from} to ${to}`).toBeLessThan(4e-6)
        }
      }
    })
  }

  it('and what has no rule is refused', () => {
    const walk = (attributes: Attributes) => {
      const g = new GraphBuilder()
      const x = g.input('x', [1, 1, 4, 4])
      const size = g.constant(longs([1, 1, 8, 8]))
      const y = g.op('Resize', [x, undefined, undefined, size], { attributes })
      return () => gradients(g, { loss: y, variables: [x] })
    }
    expect(walk({ mode: 'cubic' })).toThrow('no rule for cubic')
    expect(walk({ mode: 'linear', antialias: 1 })).toThrow('no rule for linear or antialias')
    const coordinate_transformation_mode = 'tf_crop_and_resize'
    expect(walk({ coordinate_transformation_mode })).toThrow('no rule for tf_crop_and_resize')
  })
})
