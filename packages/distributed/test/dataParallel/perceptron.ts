import { random } from '../../src/random.ts'
import type { Part, Passes, Replica } from '../../src/replica.ts'
import { shardedPasses } from '../../src/shardedPasses.ts'

const INPUTS = 6
const HIDDEN = 8
const CLASSES = 3
const lengths = { w2: HIDDEN * CLASSES, b2: CLASSES, w1: INPUTS * HIDDEN, b1: HIDDEN }
type Name = keyof typeof lengths
const names = Object.keys(lengths) as Name[]
const RATE = 0.1
const MOMENTUM = 0.9

/** Examples whose class a fixed rule tells. */
export interface Examples {
  readonly x: Float32Array
  readonly y: Uint8Array
}

/** What tests do to a replica. */
export interface PerceptronOptions {
  /** Called before every pass. */
  beforePass?(batch: Examples): Promise<void> | void
  /** Called after every update with the step. */
  afterUpdate?(step: number): void
  readonly seed?: number
  readonly withWeights?: boolean
}

export interface Perceptron extends Replica<Examples> {
  /** All weights, for comparisons. */
  readonly all: () => Float32Array
  readonly running: Float32Array
  /** Steps that made these weights, in order: travels with the state. */
  readonly applied: readonly number[]
}

/** A network of two layers with gradients written by hand, momentum, and a running mean of its inputs. */
export function perceptron(options: PerceptronOptions = {}): Perceptron {
  const weights = startWeights(options.seed ?? 7)
  const velocity = new Map(names.map((name) => [name, new Float32Array(lengths[name])]))
  const running = new Float32Array(INPUTS)
  let applied: number[] = []
  const tensors = () => [...names.map((name) => weights[name]), ...velocity.values(), running]
  const all = () => Float32Array.from(names.flatMap((name) => [...weights[name]]))
  return {
    layout: 'perceptron 6-8-3',
    running,
    all,
    get applied() {
      return applied
    },
    async *gradients(batch) {
      await options.beforePass?.(batch)
      yield* passOf(weights, running, batch)
    },
    async update(gradients, step) {
      for (const name of names) {
        const v = velocity.get(name)!
        const g = gradients.get(name)!
        for (let i = 0; i < v.length; i++) {
          v[i] = MOMENTUM * v[i] + g[i]
          weights[name][i] -= RATE * v[i]
        }
      }
      applied.push(step)
      options.afterUpdate?.(step)
    },
    async snapshot() {
      const whole = Float32Array.from([...tensors().flatMap((tensor) => [...tensor]), ...applied])
      return new Uint8Array(whole.buffer)
    },
    async restore(state) {
      const whole = new Float32Array(state.slice().buffer)
      let at = 0
      for (const tensor of tensors()) {
        tensor.set(whole.subarray(at, at + tensor.length))
        at += tensor.length
      }
      applied = [...whole.subarray(at)]
    },
    buffers: async () => running,
    setBuffers: async (data) => running.set(data),
    ...((options.withWeights ?? true) && {
      weights: async () => all(),
      setWeights: async (data: Float32Array) => {
        let at = 0
        for (const name of names) {
          weights[name].set(data.subarray(at, at + lengths[name]))
          at += lengths[name]
        }
      },
    }),
  }
}

function startWeights(seed: number): Record<Name, Float32Array> {
  const draw = random(seed, 0)
  const tensor = (length: number) =>
    Float32Array.from({ length }, () => (draw() / 2 ** 32 - 0.5) * 0.8)
  return { w2: tensor(24), b2: tensor(3), w1: tensor(48), b1: tensor(8) }
}

/** The mean gradient over a batch, in float64 but for the result, layer by layer from the last. */
async function* passOf(
  { w1, b1, w2, b2 }: Record<Name, Float32Array>,
  running: Float32Array,
  { x, y }: Examples,
): AsyncGenerator<Part> {
  const count = y.length
  const g = Object.fromEntries(names.map((name) => [name, new Float64Array(lengths[name])]))
  let loss = 0
  let right = 0
  for (let n = 0; n < count; n++) {
    const input = x.subarray(n * INPUTS, (n + 1) * INPUTS)
    for (let i = 0; i < INPUTS; i++) running[i] = 0.99 * running[i] + 0.01 * input[i]
    const hidden = Array.from({ length: HIDDEN }, (_, h) =>
      Math.tanh(input.reduce((sum, value, i) => sum + value * w1[i * HIDDEN + h], b1[h])),
    )
    const logits = Array.from({ length: CLASSES }, (_, c) =>
      hidden.reduce((sum, value, h) => sum + value * w2[h * CLASSES + c], b2[c]),
    )
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0)
    const errors = logits.map((logit, c) => Math.exp(logit) / total - (c === y[n] ? 1 : 0))
    loss -= Math.log(Math.exp(logits[y[n]]) / total) / count
    right += logits.indexOf(Math.max(...logits)) === y[n] ? 1 : 0
    for (let c = 0; c < CLASSES; c++) {
      g.b2[c] += errors[c] / count
      for (let h = 0; h < HIDDEN; h++) g.w2[h * CLASSES + c] += (errors[c] * hidden[h]) / count
    }
    for (let h = 0; h < HIDDEN; h++) {
      const back = errors.reduce((sum, error, c) => sum + error * w2[h * CLASSES + c], 0)
      const inner = (back * (1 - hidden[h] ** 2)) / count
      g.b1[h] += inner
      for (let i = 0; i < INPUTS; i++) g.w1[i * HIDDEN + h] += inner * input[i]
    }
  }
  const part = (name: Name) => [name, Float32Array.from(g[name])] as const
  yield { gradients: new Map([part('w2'), part('b2')]), numbers: { loss, right } }
  await new Promise<void>((resolve) => setImmediate(resolve))
  yield { gradients: new Map([part('w1')]) }
  yield { gradients: new Map([part('b1')]) }
}

/** Examples by number, each made from its number alone. */
export function examples(numbers: Uint32Array): Examples {
  const x = new Float32Array(numbers.length * INPUTS)
  const y = new Uint8Array(numbers.length)
  numbers.forEach((number, n) => {
    const draw = random(99, number)
    for (let i = 0; i < INPUTS; i++) x[n * INPUTS + i] = (draw() / 2 ** 32) * 2 - 1
    y[n] = x[n * INPUTS] > 0.2 ? 0 : x[n * INPUTS + 1] > x[n * INPUTS + 2] ? 1 : 2
  })
  return { x, y }
}

/** Eight passes of four examples a step, five steps an epoch, unless told otherwise. */
export function passes(sizes: { passes?: number; passExamples?: number; total?: number } = {}) {
  const { passes = 8, passExamples = 4, total = 160 } = sizes
  const load = async (numbers: Uint32Array) => examples(numbers)
  return shardedPasses({ total, passExamples, passes, seed: 3, load }) satisfies Passes<Examples>
}
