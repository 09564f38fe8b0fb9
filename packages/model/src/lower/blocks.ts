import type { GraphBuilder } from '../graph/builder.ts'
import { dimsOf } from '../graph/dims.ts'
import { BLOCKED } from '../graph/domains.ts'
import type { Value } from '../graph/graph.ts'

/** Writes nodes on images whose channels lie in blocks: memory [N, C / size, H, W, size]. */
export class Blocks {
  readonly g: GraphBuilder
  readonly size: number

  constructor(g: GraphBuilder, size: number) {
    this.g = g
    this.size = size
  }

  toBlocks(x: Value): Value {
    return this.g.op('ReorderInput', [x], { domain: BLOCKED })
  }

  toRows(x: Value): Value {
    return this.g.op('ReorderOutput', [x], {
      domain: BLOCKED,
      attributes: { channels: dimsOf(x)[1] },
    })
  }

  scaleChannels(x: Value, scale: Value): Value {
    const [, c] = dimsOf(x)
    const w = this.g.op('Reshape', [
      scale,
      this.g.shared(`longs_${c}_1_1_1`, () => {
        throw new Error()
      }),
    ])
    return w
  }
}
