import { describe, expect, it } from 'vitest'
import { accumulate } from '../../src/train/accumulate.ts'
import { assemble, checkExample, exampleSeed } from '../../src/train/batches.ts'
import { makeOptimizer } from '../../src/train/optimizerSpec.ts'

const shape = { input: 'image', classes: 3, pixels: 4, evidence: 2 }
const drawn = [
  { example: { image: Uint8Array.of(0, 51, 102, 255), evidence: [1, 2] }, label: 2, seed: 1 },
  { example: { image: Float32Array.of(0.5, 1, 2, 3) }, label: 0, seed: 2 },
]

describe('assemble', () => {
  it('brings pictures, evidence and wanted classes side by side', () => {
    const { inputs, target, labels } = assemble(drawn, shape)
    expect([...inputs.image]).toEqual([0, 51 / 255, 102 / 255, 1, 0.5, 1, 2, 3].map(Math.fround))
    expect([...inputs.evidence]).toEqual([1, 2, 0, 0])
    expect([...target]).toEqual([0, 0, 1, 1, 0, 0])
    expect([...labels]).toEqual([2, 0])
  })

  it('leaves evidence out where the network takes none', () => {
    const { inputs } = assemble(drawn, { ...shape, evidence: 0 })
    expect(Object.keys(inputs)).toEqual(['image'])
  })

  it('varies by the seed of each example alone, and keeps the originals', () => {
    const augment = (image: Float32Array, random: { uniform(): number }) =>
      image.map((v) => v + random.uniform())
    const variation = { augment, withoutEvidence: 0.5 }
    const [one, other] = [drawn, drawn.toReversed()].map((d) => assemble(d, shape, variation))
    expect([...one.inputs.image.subarray(4)]).toEqual([...other.inputs.image.subarray(0, 4)])
    expect([...drawn[1].example.image]).toEqual([0.5, 1, 2, 3])
    const seeds = Array.from({ length: 1000 }, (_, seed) => ({ ...drawn[0], seed }))
    const { inputs } = assemble(seeds, shape, variation)
    const kept = inputs.evidence.filter((v) => v === 1).length
    expect(kept).toBeGreaterThan(400)
    expect(kept).toBeLessThan(600)
  })

  it('refuses examples of another size', () => {
    const image = new Float32Array(4)
    expect(() => checkExample({ image: new Float32Array(5) }, 7, shape)).toThrow(
      'image of example 7: got 5 numbers, wanted 4',
    )
    expect(() => checkExample({ image, evidence: [1] }, 7, shape)).toThrow(
      'evidence of example 7: got 1 numbers, wanted 2',
    )
    checkExample({ image, evidence: [1] }, 7, { ...shape, evidence: 0 })
  })
})

it('seeds of examples differ over examples, epochs and seeds', () => {
  const seeds = new Set<number>()
  for (let seed = 0; seed < 5; seed++) {
    for (let epoch = 0; epoch < 20; epoch++) {
      for (let index = 0; index < 200; index++) seeds.add(exampleSeed(seed, epoch, index))
    }
  }
  expect(seeds.size).toBeGreaterThan(19_990)
})

it('accumulate takes the first over and adds to it', () => {
  const of = (...values: number[]) => new Map([['w', Float32Array.from(values)]])
  const first = of(2, 4)
  const sum = accumulate(undefined, first, 0.5)
  expect(sum).toBe(first)
  expect([...(accumulate(sum, of(6, 8), 0.5).get('w') ?? [])]).toEqual([4, 6])
})

describe('makeOptimizer', () => {
  it.for(['sgd', 'adamW'] as const)('%s spares biases and batch norms where told', (kind) => {
    const names = ['conv1.weight', 'bn1.weight', 'layer1.0.downsample.1.weight', 'fc.bias']
    const run = (decaying: 'all' | 'weights') => {
      const parameters = new Map(names.map((name) => [name, Float32Array.of(1)]))
      const zeros = new Map(names.map((name) => [name, Float32Array.of(0)]))
      const optimizer = makeOptimizer({ kind, weightDecay: 0.5, decaying })
      const state = optimizer.init(parameters)
      optimizer.begin(state)
      optimizer.update({ parameters, gradients: zeros, state, rate: 0.1 })
      return names.filter((name) => parameters.get(name)?.[0] !== 1)
    }
    expect(run('all')).toEqual(names)
    expect(run('weights')).toEqual(['conv1.weight'])
  })
})
