import { describe, expect, it } from 'vitest'
import type { Graph } from '../../src/graph/graph.ts'
import { conv } from '../../src/graph/ops/windows.ts'
import { printGraph } from '../../src/graph/print.ts'
import { lower } from '../../src/lower/lower.ts'
import { resnet18 } from '../../src/networks/resnet.ts'
import { crossEntropy } from '../../src/train/losses.ts'
import { trainingGraph } from '../../src/train/trainingGraph.ts'
import { graphOf } from './both.ts'

const network = resnet18({ classes: 3, sizePx: 32, width: 0.25, evidence: 4 })
const { graph } = trainingGraph(network, { loss: crossEntropy(), batch: 2 })

const domainsOf = ({ nodes }: Graph) => [...new Set(nodes.map(({ domain }) => domain))].sort()

describe('what a lowered graph is written in', () => {
  it('the portable one: standard and documented operators only', () => {
    expect(domainsOf(graph)).toEqual(['', 'nebulift'])
    const portable = lower(graph).graph
    expect(domainsOf(portable)).toEqual(['', 'com.microsoft'])
    expect(printGraph(portable)).not.toMatch(/nebulift|nchwc|Grad\(/)
  })

  it.for([8, 16])('the fast one in blocks of %i: nothing of nebulift either', (block) => {
    const fast = lower(graph, { block })
    expect(domainsOf(fast.graph)).toEqual(['', 'com.microsoft', 'com.microsoft.nchwc'])
    // All convolutions but the first, whose picture has too few channels for a block.
    const weights = graph.inputs.filter(({ shape }) => shape.length === 4).slice(1)
    expect(fast.inBlocks).toEqual(
      weights.map(({ name }) => name).filter((name) => name !== 'conv1.weight'),
    )
  })

  it('inputs and outputs keep their names, shapes and order', () => {
    for (const block of [0, 8, 16]) {
      const lowered = lower(graph, { block }).graph
      expect(lowered.inputs).toEqual(graph.inputs)
      expect(lowered.outputs).toEqual(graph.outputs)
    }
  })

  it('only the weights that are allowed to lie in blocks', () => {
    const piece = graphOf({
      inputs: { x: [1, 16, 4, 4], w: [16, 16, 1, 1], v: [16, 16, 1, 1] },
      build: (g, { x, w, v }) => conv(g, [conv(g, [x, w]), v]),
    })
    expect(lower(piece.graph, { block: 16, blockable: ['v'] }).inBlocks).toEqual(['v'])
    expect(lower(piece.graph, { block: 16, blockable: [] }).inBlocks).toEqual([])
  })
})
