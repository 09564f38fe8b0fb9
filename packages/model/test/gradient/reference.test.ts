import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { gradientRules } from '../../src/gradient/rules.ts'
import { gradients } from '../../src/gradient/walk.ts'
import { GraphBuilder } from '../../src/graph/builder.ts'
import type { Attributes, Value } from '../../src/graph/graph.ts'
import { dropout, mul, silu, total } from '../../src/graph/ops/elementwise.ts'
import { reshape } from '../../src/graph/ops/layout.ts'
import { reduceSum } from '../../src/graph/ops/reductions.ts'
import { groupNorm } from '../../src/graph/ops/windows.ts'
import { arrayOf, type DType, sizeOf, type Tensor } from '../../src/tensor.ts'
import { distance, runGraph } from './check.ts'

interface Written {
  readonly type: DType
  readonly dims: readonly number[]
  /** base64 */
  readonly data: string
}

interface Reference {
  readonly op: string
  readonly says: string
  readonly attributes: Attributes
  readonly inputs: readonly ((Written & { readonly learned: boolean }) | null)[]
  readonly outputs: readonly Written[]
  readonly weights: readonly Written[]
  readonly gradients: readonly Written[]
}

const file = new URL('../../../../tests/reference/model/values/operators.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: Reference[] }

// Relative L2 distance of float32 to float64.
const TOLERANCE = 1e-5

function tensorOf({ type, dims, data }: Written): Tensor {
  const bytes = Uint8Array.from(Buffer.from(data, 'base64'))
  const numbers = new (arrayOf(type))(bytes.buffer, 0, sizeOf(dims))
  return { type, dims, data: numbers } as Tensor
}

/** What is put together of several operators. */
const composed: Record<string, (g: GraphBuilder, inputs: readonly Value[]) => Value> = {
  silu: (g, [x]) => silu(g, x),
  dropout: (g, [x, mask]) => dropout(g, x, mask),
  groupNorm: (g, [x, scale, bias]) => groupNorm(g, x, { scale, bias, groups: 2 }),
}

/** A batch norm and a max pool have outputs beside those that are compared. */
const outputsOf = ({ op, outputs, attributes }: Reference) =>
  op === 'MaxPool' ? 2 : attributes.training_mode === 1 ? 3 : outputs.length

function graphOf(reference: Reference) {
  const { op, attributes, inputs, weights } = reference
  const g = new GraphBuilder('reference')
  const feeds = new Map<string, Tensor>()
  const give = (name: string, tensor: Tensor) => {
    feeds.set(name, tensor)
    return g.input(name, tensor.dims, tensor.type)
  }
  const values = inputs.map((input, i) => {
    if (!input) return undefined
    return input.learned ? give(`x${i}`, tensorOf(input)) : g.constant(tensorOf(input), `c${i}`)
  })
  const build = composed[op]
  const all = build
    ? [build(g, values as Value[])]
    : g.add(op, values, { attributes, outputs: outputsOf(reference) })
  const ys = all.slice(0, weights.length)
  const sums = ys.map((y, i) => {
    const weighted = mul(g, y, give(`r${i}`, tensorOf(weights[i])))
    return reduceSum(g, reshape(g, weighted, [-1]), [0], false)
  })
  const variables = values.filter((_, i) => inputs[i]?.learned) as Value[]
  const found = gradients(g, { loss: total(g, sums), variables })
  const outputs = { ...keyed('y', ys), ...keyed('d', found) }
  return { graph: g.finish(outputs), feeds }
}

const keyed = (letter: string, values: readonly Value[]) =>
  Object.fromEntries(values.map((value, i) => [`${letter}${i}`, value]))

describe('PyTorch in float64 agrees', () => {
  it('on every operator that has a rule', () => {
    const seen = new Set(cases.map(({ op }) => op))
    expect(Object.keys(gradientRules).filter((op) => !seen.has(op))).toEqual([])
  })

  for (const reference of cases) {
    it(`on ${reference.op}: ${reference.says}`, async () => {
      const { graph, feeds } = graphOf(reference)
      const results = await runGraph(graph, feeds)
      const compare = (letter: string, expected: readonly Written[]) => {
        for (const [i, written] of expected.entries()) {
          const { dims, data } = tensorOf(written)
          const got = results.get(`${letter}${i}`)
          expect(got?.dims).toEqual(dims)
          const error = distance(got?.data as Float32Array, data as Float32Array)
          expect(error, `${letter}${i}`).toBeLessThan(TOLERANCE)
        }
      }
      compare('y', reference.outputs)
      compare('d', reference.gradients)
    })
  }
})
