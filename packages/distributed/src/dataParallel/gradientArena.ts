import type { Collective } from '../collective.ts'
import { DistributedError } from '../errors.ts'
import type { Part } from '../replica.ts'
import { type Bucket, type GradientPlan, planBuckets } from './plan.ts'

/** How gradients travel. */
export interface ArenaOptions {
  readonly bucketBytes: number
  readonly wire: 'float32' | 'bf16'
  /** Whether a bucket sets out as soon as it is full, or only when the passes are over. */
  readonly overlap: boolean
}

/** One step of this rank. */
export interface ArenaStep {
  readonly step: number
  /** How many passes of this rank there will be. */
  readonly passes: number
  /** Of how many passes the mean is taken. */
  readonly divisor: number
  /** Whether the others add theirs. */
  readonly shared: boolean
}

/** What the ranks told one another beside gradients. */
export interface Told {
  /** Means over all passes. */
  readonly numbers: Readonly<Record<string, number>>
  /** Ranks that want to stop. */
  readonly stopping: readonly number[]
  /** Ranks that could not do their part. */
  readonly failed: readonly number[]
}

/** What this rank tells the others. */
export interface Telling {
  readonly stop: boolean
  readonly failed: boolean
}

/**
 * The memory in which one generation sums its gradients: first over this rank's passes, then, bucket by bucket and in
 * the same order on all ranks, over the ranks.
 */
export class GradientArena {
  /** The sums, by parameter: views of the buckets. */
  readonly gradients: ReadonlyMap<string, Float32Array>
  readonly #plan: GradientPlan
  readonly #buckets: readonly Bucket[]
  readonly #memory: readonly Float32Array[]
  readonly #bucketOf: ReadonlyMap<string, number>
  readonly #told: Float32Array
  readonly #collective: Collective
  readonly #options: ArenaOptions
  #step: ArenaStep = { step: 0, passes: 0, divisor: 1, shared: false }
  #pass = 0
  /** Parameters of each bucket that the pass under way has not given yet. */
  #missing: number[] = []
  #seen = new Set<string>()
  #numbers = new Map<string, number>()
  #travelling: Promise<void>[] = []

  constructor(plan: GradientPlan, collective: Collective, options: ArenaOptions) {
    this.#plan = plan
    this.#collective = collective
    this.#options = options
    this.#buckets = planBuckets(plan.parameters, options.bucketBytes)
    this.#memory = this.#buckets.map(({ length }) => collective.allocate(length))
    // Numbers, then for each rank whether it wants to stop, then whether it failed.
    this.#told = collective.allocate(plan.numbers.length + 2 * collective.world)
    const pieces = this.#buckets.flatMap(({ pieces }, bucket) =>
      pieces.map((piece) => ({ ...piece, bucket })),
    )
    this.#bucketOf = new Map(pieces.map(({ name, bucket }) => [name, bucket]))
    this.gradients = new Map(
      pieces.map(({ name, bucket, offset, length }) => [
        name,
        this.#memory[bucket].subarray(offset, offset + length),
      ]),
    )
  }

  /** Makes ready for a step. */
  begin(step: ArenaStep): void {
    this.#step = step
    this.#pass = 0
    this.#travelling = []
    this.#numbers = new Map(this.#plan.numbers.map((name) => [name, 0]))
    this.#beginPass()
    if (step.passes === 0) for (const memory of this.#memory) memory.fill(0)
  }

  /** Takes in some gradients of the pass under way. */
  add(part: Part): void {
    const { divisor, passes } = this.#step
    const last = this.#pass === passes - 1
    const scale = last ? 1 / divisor : 1
    for (const [name, values] of part.gradients) {
      const sum = this.#place(name, values.length)
      if (this.#pass === 0) scaleInto(sum, values, scale)
      else addInto(sum, values, scale)
      this.#missing[this.#bucketOf.get(name)!]--
    }
    for (const [name, value] of Object.entries(part.numbers ?? {})) {
      const sum = this.#numbers.get(name)
      if (sum === undefined) throw mismatch(`a number ${name}`, 'none of this name')
      this.#numbers.set(name, sum + value / divisor)
    }
    if (last && this.#options.overlap) this.#sendFull()
  }

  /** Ends the pass under way. */
  endPass(): void {
    if (this.#seen.size < this.gradients.size) {
      const absent = [...this.gradients.keys()].find((name) => !this.#seen.has(name))
      throw mismatch(`no gradient of ${absent}`, 'one')
    }
    this.#pass++
    this.#beginPass()
  }

  /** Means over this rank's own passes alone. */
  get ownNumbers(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#numbers)
  }

  /** Sends what has not been sent yet; resolves when every sum is whole. */
  async finish(telling: Telling): Promise<Told> {
    while (this.#travelling.length < this.#memory.length) this.#send()
    const told = this.tell(telling)
    const [all] = await Promise.all([told, ...this.#travelling])
    return all
  }

  /** Numbers and wishes alone, without gradients. */
  async tell(telling: Telling): Promise<Told> {
    const { rank, world } = this.#collective
    const names = [...this.#numbers.keys()]
    this.#told.fill(0)
    this.#told.set([...this.#numbers.values()])
    this.#told[names.length + rank] = Number(telling.stop)
    this.#told[names.length + world + rank] = Number(telling.failed)
    // Never half precision: flags and losses are few bytes.
    await this.#reduce(this.#told, this.#memory.length, 'float32')
    const ranks = Array.from({ length: world }, (_, i) => i)
    return {
      numbers: Object.fromEntries(names.map((name, i) => [name, this.#told[i]])),
      stopping: ranks.filter((i) => this.#told[names.length + i] > 0),
      failed: ranks.filter((i) => this.#told[names.length + world + i] > 0),
    }
  }

  #beginPass(): void {
    this.#missing = this.#buckets.map(({ pieces }) => pieces.length)
    this.#seen.clear()
  }

  #place(name: string, length: number): Float32Array {
    const sum = this.gradients.get(name)
    if (!sum) throw mismatch(`a gradient of ${name}`, 'none of this name')
    if (sum.length !== length) throw mismatch(`${length} numbers of ${name}`, `${sum.length}`)
    if (this.#seen.has(name)) throw mismatch(`the gradient of ${name} twice`, 'it once')
    this.#seen.add(name)
    return sum
  }

  #sendFull(): void {
    if (!this.#step.shared) return
    while (this.#missing[this.#travelling.length] === 0) this.#send()
  }

  #send(): void {
    const bucket = this.#travelling.length
    const sum = this.#reduce(this.#memory[bucket], bucket, this.#options.wire)
    // Awaited by finish; until then a failure is nobody's surprise.
    sum.catch(() => undefined)
    this.#travelling.push(sum)
  }

  async #reduce(data: Float32Array, bucket: number, wire: 'float32' | 'bf16'): Promise<void> {
    const { step } = this.#step
    // What one rank gives is the sum.
    if (this.#collective.world === 1) return
    await this.#collective.allReduce(data, { op: 'sum', wire, step, bucket })
  }
}

function mismatch(got: string, wanted: string): DistributedError {
  const message = `a pass gave ${got}, where the first one gave ${wanted}`
  return new DistributedError('BAD_ARGUMENT', message)
}

function scaleInto(target: Float32Array, values: Float32Array, scale: number): void {
  if (scale === 1) target.set(values)
  else for (let i = 0; i < target.length; i++) target[i] = values[i] * scale
}

function addInto(target: Float32Array, values: Float32Array, scale: number): void {
  for (let i = 0; i < target.length; i++) target[i] = (target[i] + values[i]) * scale
}
