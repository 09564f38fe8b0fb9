import { gradients } from '../../src/gradient/walk.ts'
import type { GraphBuilder } from '../../src/graph/builder.ts'
import { GraphBuilder as Builder } from '../../src/graph/builder.ts'
import { CONTRIB } from '../../src/graph/domains.ts'
import { float, type Graph, type Value } from '../../src/graph/graph.ts'
import { add, hardSigmoid, relu } from '../../src/graph/ops/elementwise.ts'
import { flatten, slice } from '../../src/graph/ops/layout.ts'
import { fusedMatMul, linear } from '../../src/graph/ops/products.ts'
import { reduceMean } from '../../src/graph/ops/reductions.ts'
import { batchNorm, conv, globalAveragePool, maxPool } from '../../src/graph/ops/windows.ts'
import { lower } from '../../src/lower/lower.ts'
import { random } from '../../src/random.ts'
import { tensor } from '../../src/tensor.ts'
import { normal } from '../gradient/draw.ts'

function network(g: GraphBuilder, batch: number | string): { x: Value; w: Value; logits: Value } {
  const numbers = random(5)
  const weights = (...dims: number[]) => g.constant(normal(numbers, dims), 'weights')
  const x = g.input('x', [batch, 3, 9, 8])
  const w = g.input('w', [4, 3, 3, 3])
  const norm = {
    scale: weights(4),
    bias: weights(4),
    mean: weights(4),
    variance: g.constant(tensor([1, 2, 0.5, 1.5])),
  }
  const features = relu(g, batchNorm(g, conv(g, [x, w], { stride: 2, pad: 1 }), norm))
  const pooled = globalAveragePool(g, maxPool(g, features, { kernel: 2 }))
  const logits = linear(g, flatten(g, pooled), { w: weights(5, 4), b: weights(5) })
  return { x, w, logits }
}

/** A small network for any batch size, with every kind of attribute and a left-out input. */
export function inferenceGraph(): Graph {
  const g = new Builder('inference')
  const { logits } = network(g, 'batch')
  const clipped = g.op('Clip', [logits, undefined, g.constant(tensor([2], []))])
  const cut = slice(g, hardSigmoid(g, clipped), { axes: [1], starts: [-4], ends: [99] })
  const text = g.op('Gelu', [cut], { domain: CONTRIB })
  return g.finish({ logits, cut: add(g, text, cut) })
}

/** A step of training, in operators that the runtime has. */
export function trainingStep(): Graph {
  const g = new Builder('step')
  const { w, logits } = network(g, 2)
  const squares = fusedMatMul(g, [logits, logits], { turnB: true, alpha: 0.5 })
  const loss = reduceMean(g, logits, [0, 1], false)
  const [dw] = gradients(g, { loss, variables: [w] })
  const scaled = g.op('LeakyRelu', [squares], { attributes: { alpha: float(0) } })
  return lower(g.finish({ loss, scaled, 'd:w': dw })).graph
}
