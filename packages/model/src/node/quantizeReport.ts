import { ModelError } from '../errors.ts'
import type { Classifier, ClassifierExample } from '../infer/classifier.ts'
import { predictionsOf } from '../metrics/softmax.ts'
import { loadClassifier } from './classifier.ts'

/** A float classifier and the int8 one made of it, as files. */
export interface ModelPair {
  readonly float: Uint8Array
  readonly int8: Uint8Array
}

/** What two models are compared on. */
export interface ComparisonOptions {
  /** At least one; not those of the calibration. */
  readonly examples: readonly ClassifierExample[]
  /** True class of each example, where known. */
  readonly labels?: ArrayLike<number>
  /** Threads of one run. Default: as many as this process may use. */
  readonly threads?: number
  /** Timed runs of each model and batch size; the median counts. Default 15. */
  readonly rounds?: number
}

/** Median times of one call of `classify`, the two models in turns, so that a busy machine slows both. */
export interface Latency {
  readonly batch: number
  readonly floatMs: number
  readonly int8Ms: number
  /** Above 1 where int8 is faster. */
  readonly speedup: number
}

/** A float and an int8 model side by side, as plain JSON. */
export interface ModelComparison {
  readonly sizeBytes: { readonly float: number; readonly int8: number }
  /** One example at a time, and 16. */
  readonly latency: readonly Latency[]
  /** Share of examples of which both say the same class. */
  readonly sameClass: number
  /** Greatest difference of two probabilities. */
  readonly maxProbabilityDifference: number
  /** Of all logits as one vector. */
  readonly cosine: number
  /** Share of examples named right, where labels were given. */
  readonly accuracy?: { readonly float: number; readonly int8: number }
}

const BATCHES = [1, 16]

/**
 * Measures what int8 costs and gains on this machine.
 * @throws ModelError `BAD_ARGUMENT` for no examples, or labels that are not one an example
 */
export async function compareModels(
  { float, int8 }: ModelPair,
  options: ComparisonOptions,
): Promise<ModelComparison> {
  const { examples, labels, rounds = 15 } = options
  if (examples.length === 0 || (labels && labels.length !== examples.length)) {
    const got = `${examples.length} examples${labels ? ` and ${labels.length} labels` : ''}`
    throw new ModelError('BAD_ARGUMENT', `compareModels: got ${got}`)
  }
  const load = (model: Uint8Array) => {
    return loadClassifier(model, options.threads === undefined ? {} : { threads: options.threads })
  }
  const models = [await load(float), await load(int8)] as const
  try {
    const latency: Latency[] = []
    for (const batch of BATCHES) latency.push(await timed(models, { examples, batch, rounds }))
    return {
      sizeBytes: { float: float.length, int8: int8.length },
      latency,
      ...(await judged(models, examples, labels)),
    }
  } finally {
    await Promise.all(models.map((model) => model.close()))
  }
}

type Pair = readonly [Classifier, Classifier]

async function timed(
  models: Pair,
  {
    examples,
    batch,
    rounds,
  }: Pick<ComparisonOptions, 'examples'> & Record<'batch' | 'rounds', number>,
): Promise<Latency> {
  const some = Array.from({ length: batch }, (_, i) => examples[i % examples.length])
  const times: [number[], number[]] = [[], []]
  // The first round makes room in memory, and does not count.
  for (let round = 0; round <= rounds; round++) {
    for (const [i, model] of models.entries()) {
      const start = performance.now()
      await model.classify(some)
      if (round > 0) times[i].push(performance.now() - start)
    }
  }
  const [floatMs, int8Ms] = times.map(median)
  return { batch, floatMs, int8Ms, speedup: floatMs / int8Ms }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]
}

async function judged(
  [float, int8]: Pair,
  examples: readonly ClassifierExample[],
  labels: ArrayLike<number> | undefined,
): Promise<Omit<ModelComparison, 'sizeBytes' | 'latency'>> {
  const classes = float.description.classes.length
  const [a, b] = [await float.classify(examples), await int8.classify(examples)]
  const [first, second] = [predictionsOf(a, classes), predictionsOf(b, classes)]
  const share = (found: Uint32Array, wanted: ArrayLike<number>) =>
    found.filter((best, i) => best === wanted[i]).length / found.length
  return {
    sameClass: share(second, first),
    maxProbabilityDifference: a.reduce((most, p, i) => Math.max(most, Math.abs(p - b[i])), 0),
    cosine: cosine(await float.logits(examples), await int8.logits(examples)),
    ...(labels && { accuracy: { float: share(first, labels), int8: share(second, labels) } }),
  }
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (p: Float32Array, q: Float32Array) => p.reduce((sum, x, i) => sum + x * q[i], 0)
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}

/** Which model to use, and why. */
export interface ModelChoice {
  readonly choice: 'float' | 'int8'
  readonly model: Uint8Array
  /** A sentence for people. */
  readonly reason: string
  readonly comparison: ModelComparison
}

/** Two models, what to compare them on, and what int8 may lose. */
export interface ChooseModelOptions extends ModelPair, ComparisonOptions {
  /**
   * Share of the float model's accuracy that int8 may lose; of examples without labels, the share of which
   * it may say another class. Default 0.01: MLPerf Inference (Reddi et al. 2020) asks of quantised models
   * 99 % of the float one's quality.
   */
  readonly maxLoss?: number
}

/**
 * The int8 model where it is faster on this machine, for one example and for 16, and loses no more than
 * `maxLoss`; else the float one.
 * @throws ModelError as `compareModels`
 */
export async function chooseModel(options: ChooseModelOptions): Promise<ModelChoice> {
  const comparison = await compareModels(options, options)
  const against = reasonAgainst(comparison, options.maxLoss ?? 0.01)
  const [one] = comparison.latency
  return against === undefined
    ? {
        choice: 'int8',
        model: options.int8,
        reason: `int8 is ${one.speedup.toFixed(1)} times as fast, and loses ${percent(lossOf(comparison))}`,
        comparison,
      }
    : { choice: 'float', model: options.float, reason: against, comparison }
}

/** Why int8 should not be used; undefined where it should. */
export function reasonAgainst(comparison: ModelComparison, maxLoss: number): string | undefined {
  const loss = lossOf(comparison)
  if (loss > maxLoss) return `int8 loses ${percent(loss)}, more than ${percent(maxLoss)}`
  const slow = comparison.latency.find(({ speedup }) => !(speedup > 1))
  if (!slow) return undefined
  const times = `${slow.int8Ms.toFixed(2)} ms against ${slow.floatMs.toFixed(2)} ms`
  return `int8 is no faster here: ${times} for ${slow.batch} at a time`
}

function lossOf({ accuracy, sameClass }: ModelComparison): number {
  if (!accuracy) return 1 - sameClass
  return accuracy.float > 0 ? Math.max(0, 1 - accuracy.int8 / accuracy.float) : 0
}

const percent = (share: number) => `${(100 * share).toFixed(2)} %`
