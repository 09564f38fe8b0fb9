import type { Collective } from '../collective.ts'
import type { Replica } from '../replica.ts'

/**
 * The mean of all ranks' weights, each weighing as many passes as it learns from: a rank without one counts nothing.
 * Travels in float32: weights, unlike gradients, do not forgive lost digits.
 */
export class WeightMean {
  readonly #collective: Collective
  readonly #bucketLength: number
  #memory: Float32Array[] | undefined

  constructor(collective: Collective, bucketBytes: number) {
    this.#collective = collective
    this.#bucketLength = Math.floor(bucketBytes / Float32Array.BYTES_PER_ELEMENT)
  }

  async take<Batch>(replica: Replica<Batch>, { share, step }: { share: number; step: number }) {
    if (this.#collective.world === 1) return
    const weights = await replica.weights!()
    const length = this.#bucketLength
    this.#memory ??= Array.from({ length: Math.ceil(weights.length / length) }, (_, i) =>
      this.#collective.allocate(Math.min(length, weights.length - i * length)),
    )
    const sums = this.#memory.map((memory, bucket) => {
      const own = weights.subarray(bucket * length, bucket * length + memory.length)
      for (let i = 0; i < memory.length; i++) memory[i] = own[i] * share
      return this.#collective.allReduce(memory, { op: 'sum', step, bucket })
    })
    await Promise.all(sums)
    const mean = new Float32Array(weights.length)
    for (const [bucket, memory] of this.#memory.entries()) mean.set(memory, bucket * length)
    await replica.setWeights!(mean)
  }
}
