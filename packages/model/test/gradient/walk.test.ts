import { describe, expect, it } from 'vitest'
import { ModelError } from '../../src/errors.ts'
import type { Backward, GradientRule } from '../../src/gradient/rule.ts'
import { gradientRules } from '../../src/gradient/rules.ts'
import { gradients } from '../../src/gradient/walk.ts'
import { GraphBuilder } from '../../src/graph/builder.ts'
import { add, exp, mul, relu, scalar, sigmoid } from '../../src/graph/ops/elementwise.ts'
import { matMul } from '../../src/graph/ops/products.ts'
import { meanOf, reduceSum } from '../../src/graph/ops/reductions.ts'
import { batchNormTraining, conv } from '../../src/graph/ops/windows.ts'
import { tensor } from '../../src/tensor.ts'
import { runGraph } from './check.ts'

describe('the walk back', () => {
  it('names operator and node where a rule is missing', () => {
    const g = new GraphBuilder()
    const x = g.input('x', [2, 3])
    const y = g.op('Erf', [exp(g, x)], { name: 'bell' })
    const walk = () => gradients(g, { loss: meanOf(g, y), variables: [x] })
    expect(walk).toThrow(ModelError)
    expect(walk).toThrow('no gradient rule for Erf: bell = Erf(exp [2, 3])')
  })

  it('does not ask for rules of what no variable reaches', () => {
    const g = new GraphBuilder()
    const [x, mask] = [g.input('x', [2]), g.op('Erf', [g.input('mask', [2])])]
    const [dx] = gradients(g, { loss: meanOf(g, mul(g, x, mask)), variables: [x] })
    expect(dx.shape).toEqual([2])
  })

  it('takes rules of others, for operators known here and not', async () => {
    const rules = {
      ...gradientRules,
      Erf: (at: Backward) => {
        const { g } = at
        const slope = exp(g, g.op('Neg', [mul(g, at.x(), at.x())]))
        return [mul(g, at.dy(), mul(g, slope, scalar(g, 2 / Math.sqrt(Math.PI))))]
      },
      MyOp: (at: Backward) => [at.dy()],
    }
    const g = new GraphBuilder()
    const x = g.input('x', [2])
    const [d] = gradients(g, { loss: g.op('Erf', [x]), variables: [x] }, { rules })
    const results = await runGraph(g.finish({ d }), new Map([['x', tensor([0, 1])]]))
    expect(results.get('d')?.data[0]).toBeCloseTo(1.1283792, 6)
    expect(results.get('d')?.data[1]).toBeCloseTo(0.4151075, 6)
    const own = g.op('MyOp', [x], { domain: 'mine', results: [{ type: 'float32', shape: [2] }] })
    expect(gradients(g, { loss: meanOf(g, own), variables: [x] }, { rules })[0].shape).toEqual([2])
  })

  it('computes nothing that no variable asks for', () => {
    const g = new GraphBuilder()
    const [x, w] = [g.input('x', [2, 3, 8, 8]), g.input('w', [4, 3, 3, 3])]
    const y = relu(g, conv(g, [x, w], { pad: 1 }))
    const before = g.nodes.length
    const [dw] = gradients(g, { loss: meanOf(g, y), variables: [w] })
    const { nodes } = g.finish({ dw })
    expect(g.nodes.slice(before).map(({ op }) => op)).not.toContain('ConvGradInput')
    expect(nodes.map(({ op }) => op)).toEqual([
      ...['Conv', 'Relu', 'Mul', 'Reshape', 'Expand', 'ReluGrad', 'ConvGradWeights'],
    ])
  })

  it('cuts branches that no gradient needs', () => {
    const g = new GraphBuilder()
    const [a, b] = [g.input('a', [2, 2]), g.input('b', [2, 2])]
    const product = matMul(g, a, b)
    // The gradient of a product's sum does not read the product.
    const [da] = gradients(g, { loss: reduceSum(g, product, [0, 1], false), variables: [a] })
    expect(g.finish({ da }).nodes.map(({ op }) => op)).toEqual([
      ...['Reshape', 'Expand', 'Transpose', 'MatMul'],
    ])
  })

  it('adds up what comes by several ways', async () => {
    const g = new GraphBuilder()
    const x = g.input('x', [3])
    const y = add(g, mul(g, x, x), add(g, x, sigmoid(g, x)))
    const [d] = gradients(g, { loss: add(g, y, x), variables: [x] })
    const results = await runGraph(g.finish({ d }), new Map([['x', tensor([-1, 0, 2])]]))
    const slope = (v: number) => 2 * v + 2 + Math.exp(-v) / (1 + Math.exp(-v)) ** 2
    const expected = [-1, 0, 2].map(slope)
    for (const [i, value] of expected.entries()) {
      expect(results.get('d')?.data[i]).toBeCloseTo(value, 5)
    }
  })

  it('gives zeros for what the loss does not depend on, and the seed for the loss itself', async () => {
    const g = new GraphBuilder()
    const [x, y] = [g.input('x', [2]), g.input('y', [2, 1])]
    const loss = exp(g, x)
    const found = gradients(g, { loss, variables: [y, loss, x] })
    const [none, own, dx] = found
    const results = await runGraph(g.finish({ none, own, dx }), feedsOf({ x: [0, 0], y: [1, 2] }))
    expect(results.get('none')).toMatchObject({ dims: [2, 1], data: Float32Array.of(0, 0) })
    expect(results.get('own')).toMatchObject({ dims: [2], data: Float32Array.of(1, 1) })
    expect(results.get('dx')).toMatchObject({ dims: [2], data: Float32Array.of(1, 1) })
  })

  it('begins with a seed in the shape of the loss, and refuses another', () => {
    const g = new GraphBuilder()
    const [x, r] = [g.input('x', [2]), g.input('r', [3])]
    const walk = () => gradients(g, { loss: exp(g, x), variables: [x] }, { seed: r })
    expect(walk).toThrow('seed r [3]: wanted the shape [2] of the loss')
  })

  it('says whose rule it is that is wrong', () => {
    const walk = (rule: GradientRule) => () => {
      const g = new GraphBuilder()
      const x = g.input('x', [2])
      return gradients(g, { loss: exp(g, x), variables: [x] }, { rules: { Exp: rule } })
    }
    const two = walk((at) => [at.dy(), at.dy()])
    expect(two).toThrow('internal: rule of Exp: got 2 gradients, wanted 1')
    const long = walk((at) => [at.g.input('other', [3])])
    expect(long).toThrow('internal: rule of Exp: gradient [3] of x [2]')
    expect(walk((at) => [at.dy(1)])).toThrow('internal: output 1 of Exp has no gradient')
    expect(walk((at) => [at.x(1)])).toThrow('internal: Exp has no input 1')
  })

  it('says which inputs must be constants', () => {
    const g = new GraphBuilder()
    const [x, rows] = [g.input('x', [3, 2]), g.input('rows', [2], 'int64')]
    const y = g.op('Gather', [x, rows])
    const walk = () => gradients(g, { loss: y, variables: [x] })
    expect(walk).toThrow('gradient of Gather: rows must be a constant')
  })

  it('refuses a loss of a batch norm’s statistics', () => {
    const g = new GraphBuilder()
    const [x, scale] = [g.input('x', [2, 3, 4, 4]), g.input('scale', [3])]
    const { mean } = batchNormTraining(g, x, { scale, bias: scale })
    const walk = () => gradients(g, { loss: meanOf(g, mean), variables: [x] })
    expect(walk).toThrow('no rule for a loss that reads the statistics')
  })
})

const feedsOf = ({ x, y }: { x: number[]; y: number[] }) =>
  new Map([
    ['x', tensor(x)],
    ['y', tensor(y, [2, 1])],
  ])
