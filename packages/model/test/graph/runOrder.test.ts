import { describe, expect, it } from 'vitest'
import { GraphBuilder } from '../../src/graph/builder.ts'
import type { Node } from '../../src/graph/graph.ts'
import { mul, relu } from '../../src/graph/ops/elementwise.ts'
import { inRunOrder } from '../../src/graph/runOrder.ts'
import { lower } from '../../src/lower/lower.ts'
import { resnet18 } from '../../src/networks/resnet.ts'
import { crossEntropy } from '../../src/train/losses.ts'
import { trainingGraph } from '../../src/train/trainingGraph.ts'

/** The order in which ONNX Runtime runs nodes as they are listed: its `ReverseDFSFrom`, told in plain words. */
function runs(nodes: readonly Node[]): Node[] {
  const makers = new Map(nodes.flatMap((node, i) => node.outputs.map(({ name }) => [name, i])))
  const before = nodes.map(({ inputs }) =>
    inputs.flatMap((input) => (input ? (makers.get(input.name) ?? []) : [])),
  )
  const read = new Set(before.flat())
  const done: Node[] = []
  const seen = new Set<number>()
  const visit = (i: number): void => {
    if (seen.has(i)) return
    seen.add(i)
    for (const other of [...new Set(before[i])].sort((a, b) => b - a)) visit(other)
    done.push(nodes[i])
  }
  for (let i = nodes.length - 1; i >= 0; i--) if (!read.has(i)) visit(i)
  return done
}

/** The most numbers that wait for a later node, when nodes run in this order; a reshaped value is the same memory. */
function mostWaiting(order: readonly Node[], kept: ReadonlySet<string>): number {
  const memory = new Map<string, string>()
  const homeOf = (name: string): string => memory.get(name) ?? name
  const lastRead = new Map<string, number>()
  for (const [i, { op, inputs, outputs }] of order.entries()) {
    if (op === 'Reshape' && inputs[0]) memory.set(outputs[0].name, homeOf(inputs[0].name))
    for (const input of inputs) if (input) lastRead.set(homeOf(input.name), i)
  }
  const keptMemory = new Set([...kept].map(homeOf))
  const ends = order.map(() => 0)
  let [now, most] = [0, 0]
  for (const [i, { outputs }] of order.entries()) {
    for (const { name, shape } of outputs) {
      if (memory.has(name)) continue
      const size = shape.reduce<number>((n, dim) => n * Number(dim), 1)
      now += size
      if (!keptMemory.has(name)) ends[lastRead.get(name) ?? i] += size
    }
    most = Math.max(most, now)
    now -= ends[i]
  }
  return most
}

const training = trainingGraph(resnet18({ classes: 5, sizePx: 224 }), {
  loss: crossEntropy(),
  batch: 16,
}).graph

describe('inRunOrder', () => {
  it.each([0, 16])('lets less wait in a step of ResNet18, in blocks of %i', (block) => {
    const { graph } = lower(training, { block })
    const kept = new Set(graph.outputs.map(({ name }) => name))
    const as = (nodes: readonly Node[]) => mostWaiting(runs(nodes), kept)
    expect(as(inRunOrder(graph).nodes)).toBeLessThan(0.95 * as(graph.nodes))
  })

  it('computes masks after the loss, and gradients of the last layers first', () => {
    const { graph } = lower(training, { block: 0 })
    const order = runs(inRunOrder(graph).nodes)
    const at = (name: string) => order.findIndex(({ outputs }) => outputs[0].name === name)
    const masks = order.flatMap(({ op }, i) => (op === 'HardSigmoid' ? [i] : []))
    expect(masks).toHaveLength(17)
    expect(Math.min(...masks)).toBeGreaterThan(at('loss'))
    const weights = [
      'fc',
      'layer4.1.conv2',
      'layer3.0.conv1',
      'layer2.0.conv1',
      'layer1.0.conv1',
      'conv1',
    ]
    const places = weights.map((name) => at(`d:${name}.weight`))
    expect(places).toEqual(places.toSorted((a, b) => a - b))
  })

  it('keeps every node, each after what it reads', () => {
    const { nodes } = inRunOrder(training)
    expect(new Set(nodes)).toEqual(new Set(training.nodes))
    expect(nodes).toHaveLength(training.nodes.length)
    const made = new Set([...training.inputs.map(({ name }) => name), ...training.constants.keys()])
    for (const { inputs, outputs } of nodes) {
      for (const input of inputs) if (input) expect(made).toContain(input.name)
      for (const { name } of outputs) made.add(name)
    }
  })

  it('computes the deep side of a product first', () => {
    const g = new GraphBuilder('sides')
    const x = g.input('x', [4])
    const mask = relu(g, x)
    const deep = relu(g, relu(g, relu(g, x)))
    const graph = g.finish({ y: mul(g, deep, mask) })
    const order = runs(inRunOrder(graph).nodes)
    expect(order.at(-2)?.outputs[0].name).toBe(mask.name)
  })
})
