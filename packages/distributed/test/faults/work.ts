import { crc32 } from 'node:zlib'
import type { Replica } from '../../src/replica.ts'
import { shardedPasses } from '../../src/shardedPasses.ts'
import type { TrainOptions } from '../../src/trainDataParallel.ts'

// What is trained where faults happen: large enough that sums take time, and known without any of our sums.

/** Weights: 1 MiB. */
const length = 2 ** 18
const parts = 4
const partLength = length / parts
const rate = 0.05
const momentum = 0.8
const passExamples = 2
const passes = 6
const stepsPerEpoch = 20
const epochs = 6

/** Steps of a whole training. */
export const allSteps = epochs * stepsPerEpoch
/** Epochs of a whole training. */
export const allEpochs = epochs

/** What an example wants a weight to be: from 0 to 1. */
const target = (example: number, i: number) =>
  (Math.imul(i + 1, 2 * example + 0x9e3779b1) >>> 8) / 2 ** 24

export interface Means extends Replica<Uint32Array> {
  readonly weights: () => Promise<Float32Array>
  /** Of the weights. */
  readonly hash: () => number
  /** Steps that made these weights, in order: they travel with the state. */
  readonly applied: readonly number[]
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  new Uint8Array(buffer, byteOffset, byteLength)

/** Learns the mean of what the examples want, by momentum. */
export function means(beforePass: () => Promise<void> = async () => {}): Means {
  const weights = new Float32Array(length)
  const velocity = new Float32Array(length)
  const gradient = new Float32Array(partLength)
  let applied: number[] = []
  return {
    layout: `means of ${length}`,
    weights: async () => weights,
    hash: () => crc32(bytesOf(weights)),
    get applied() {
      return applied
    },
    async *gradients(examples) {
      await beforePass()
      for (let part = parts - 1; part >= 0; part--) {
        const start = part * partLength
        for (let i = 0; i < partLength; i++) {
          let sum = 0
          for (const example of examples) sum += weights[start + i] - target(example, start + i)
          gradient[i] = sum / examples.length
        }
        const numbers = part > 0 ? undefined : { loss: Math.abs(gradient[0]) }
        yield { gradients: new Map([[`w${part}`, gradient]]), ...(numbers && { numbers }) }
      }
    },
    async update(gradients, step) {
      for (let part = 0; part < parts; part++) {
        const g = gradients.get(`w${part}`)!
        for (let i = 0; i < partLength; i++) {
          const at = part * partLength + i
          velocity[at] = momentum * velocity[at] + g[i]
          weights[at] -= rate * velocity[at]
        }
      }
      applied.push(step)
    },
    async snapshot() {
      const whole = new Float32Array(2 * length + applied.length)
      whole.set(weights)
      whole.set(velocity, length)
      whole.set(applied, 2 * length)
      return bytesOf(whole)
    },
    async restore(state) {
      const whole = new Float32Array(state.slice().buffer)
      weights.set(whole.subarray(0, length))
      velocity.set(whole.subarray(length, 2 * length))
      applied = [...whole.subarray(2 * length)]
    },
  }
}

/** What all trainings here have in common. */
export const work = {
  data: shardedPasses({
    total: stepsPerEpoch * passes * passExamples,
    ...{ passExamples, passes, seed: 5 },
    load: async (examples) => examples,
  }),
  epochs,
  bucketBytes: 2 ** 19,
  checkEvery: 10,
  checkpointEvery: 10,
} satisfies Partial<TrainOptions<Uint32Array>>

/** The same training written out plainly, in float64. */
export async function plainWeights(): Promise<Float64Array> {
  const weights = new Float64Array(length)
  const velocity = new Float64Array(length)
  for (let step = 0; step < allSteps; step++) {
    const at = { epoch: Math.floor(step / stepsPerEpoch), step: step % stepsPerEpoch }
    const shares = Array.from({ length: passes }, (_, pass) => work.data.load({ ...at, pass }))
    const examples = (await Promise.all(shares)).flatMap((share) => [...share])
    for (let i = 0; i < length; i++) {
      let sum = 0
      for (const example of examples) sum += target(example, i)
      velocity[i] = momentum * velocity[i] + weights[i] - sum / examples.length
      weights[i] -= rate * velocity[i]
    }
  }
  return weights
}
