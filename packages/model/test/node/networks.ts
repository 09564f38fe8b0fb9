import { relu } from '../../src/graph/ops/elementwise.ts'
import { flatten } from '../../src/graph/ops/layout.ts'
import { linear } from '../../src/graph/ops/products.ts'
import { conv, globalAveragePool } from '../../src/graph/ops/windows.ts'
import type { Network, Scope } from '../../src/networks/network.ts'
import { type Random, random } from '../../src/random.ts'

/** A network of our own: one channel unless told otherwise, no evidence, no batch norm unless asked for. */
export function tiny({
  norm = false,
  size = 8,
  channels = 4,
  classes = 2,
  planes = 1,
} = {}): Network {
  const layer = (scope: Scope, name: string, shape: readonly number[]) =>
    scope.parameter(`${name}.weight`, shape, { kind: 'he' })
  return {
    name: 'tiny',
    inputs: { image: [planes, size, size] },
    classes,
    settings: { size, channels },
    trunk: (scope, { image }) => {
      const { g } = scope
      const first = conv(g, [image, layer(scope, 'first', [channels, planes, 3, 3])], { pad: 1 })
      const a = relu(g, norm ? scope.norm('bn1', first) : first)
      const b = conv(g, [a, layer(scope, 'second', [channels, channels, 3, 3])], { pad: 1 })
      return flatten(g, globalAveragePool(g, relu(g, norm ? scope.norm('bn2', b) : b)))
    },
    head: (scope, features) => {
      const linearly = { kind: 'linear', fanIn: channels } as const
      const w = scope.parameter('fc.weight', [classes, channels], linearly)
      const bias = scope.parameter('fc.bias', [classes], linearly)
      return linear(scope.g, features, { w, b: bias })
    },
  }
}

/** Pictures with one line each: class 0 lying, class 1 standing, on a noisy ground. */
export function lines(count: number, { size = 8, seed = 3, planes = 1 } = {}) {
  const numbers = random(seed)
  const labels = Uint32Array.from({ length: count }, (_, i) => i % 2)
  const examples = Array.from(labels, (label) => ({
    image: line(numbers, { label, size, planes }),
  }))
  return { labels, examples }
}

function line(
  numbers: Random,
  { label, size, planes }: { label: number; size: number; planes: number },
): Float32Array {
  const at = numbers.below(size)
  return Float32Array.from({ length: planes * size * size }, (_, i) => {
    const along = label === 0 ? Math.floor(i / size) % size : i % size
    return 0.05 * numbers.normal() + (along === at ? 1 : 0)
  })
}

/** A batch of such pictures. */
export function batchOfLines(count: number, size = 8) {
  const { labels, examples } = lines(count, { size })
  const image = new Float32Array(count * size * size)
  for (const [i, example] of examples.entries()) image.set(example.image, i * size * size)
  const target = new Float32Array(2 * count)
  for (const [i, label] of labels.entries()) target[2 * i + label] = 1
  return { inputs: { image }, target }
}

/** All bits of a state, to compare two. */
export function bitsOf(state: {
  readonly parameters: ReadonlyMap<string, Float32Array>
  readonly buffers: ReadonlyMap<string, Float32Array>
  readonly optimizer: { readonly step: number; readonly slots: ReadonlyMap<string, Float32Array> }
}): unknown {
  const { parameters, buffers, optimizer } = state
  const bits = (arrays: ReadonlyMap<string, Float32Array>) =>
    [...arrays].map(([name, data]) => [name, [...new Uint32Array(data.slice().buffer)].join()])
  return [optimizer.step, ...[parameters, buffers, optimizer.slots].map(bits)]
}
