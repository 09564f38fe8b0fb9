import { ModelError } from '../errors.ts'
import { blueprintOf, initialise } from '../networks/blueprint.ts'
import type { Network } from '../networks/network.ts'
import { sizeOf, type TensorMap } from '../tensor.ts'
import type { Arrays } from '../train/arrays.ts'
import { parameterLayout } from '../train/compile.ts'
import type { GradientPart, Gradients, ParameterLayout, TrainingState } from '../train/core.ts'
import { crossEntropy, type Loss } from '../train/losses.ts'
import type { OptimizerSpec } from '../train/optimizerSpec.ts'
import { openRemote, type Remote, sibling } from './remote.ts'
import { remoteGraphs } from './remoteGraphs.ts'
import { batchOf, feedsOf, trainingFeeds } from './trainerInputs.ts'
import type { TrainingThread } from './trainingWorker.ts'

/** What a trainer is made for. */
export interface TrainerOptions {
  readonly network: Network
  /** Default cross-entropy. */
  readonly loss?: Loss
  /** Default SGD with momentum 0.9 and weight decay 1e-4, as ResNet was trained. */
  readonly optimizer?: OptimizerSpec
  /** Weights and running statistics to begin with. Default fresh ones from `seed`. */
  readonly tensors?: TensorMap
  /** Of fresh weights. Default 0. */
  readonly seed?: number
  /** Threads of one operation. Default the runtime's choice, one a core. */
  readonly threads?: number
  /**
   * `fast` computes in blocks of channels where this machine's runtime can, `portable` in operators
   * that every build of it has. Default `fast`.
   */
  readonly graph?: 'fast' | 'portable'
}

/** Examples of one step. */
export interface Batch {
  /** Each of the network's inputs, [batch, …]. */
  readonly inputs: Readonly<Record<string, Float32Array>>
  /** Wanted shares of the classes, [batch, classes]. */
  readonly target: Float32Array
}

/**
 * Learns in a thread of its own, so that the calling one stays free. `gradients` and `update` are apart, so
 * that gradients can be added up over batches or averaged over machines in between.
 */
export interface Trainer {
  readonly network: Network
  /** Name of the optimiser. */
  readonly optimizer: string
  /** Numbers that are learned. */
  readonly parameterCount: number
  /** Shape of every parameter. */
  readonly shapes: ReadonlyMap<string, readonly number[]>
  /** How weights and gradients lie: `rows`, or `blocks16` and the like. Only like ones can be averaged. */
  readonly layout: string
  /** @throws ModelError `NOT_FINITE` where the loss is; nothing was learned from the batch then */
  gradients(batch: Batch): Promise<Gradients>
  /**
   * As `gradients`, in parts: those of the last layers first, the next part already under way while one is
   * handed out, so that it can be sent meanwhile. Take all parts before anything else is asked.
   */
  gradientParts(batch: Batch, parts: number): AsyncGenerator<GradientPart>
  /** One step along the gradients. Their memory moves to the trainer: they are empty afterwards. */
  update(gradients: Arrays, rate: number): Promise<void>
  /** Both at once; the gradients never leave the trainer's thread. */
  step(batch: Batch, rate: number): Promise<Pick<Gradients, 'loss' | 'logits'>>
  /** Logits [batch, classes] by the running statistics. */
  predict(inputs: Batch['inputs']): Promise<Float32Array>
  /** Features [batch, F] of the network's trunk by the running statistics. */
  features(inputs: Batch['inputs']): Promise<Float32Array>
  snapshot(): Promise<TrainingState>
  restore(state: TrainingState): Promise<void>
  /** Once what is under way is done. */
  close(): Promise<void>
}

const sgdOfResnet: OptimizerSpec = { kind: 'sgd', momentum: 0.9, weightDecay: 1e-4 }

/** Starts a training thread for a network. */
export async function createTrainer(options: TrainerOptions): Promise<Trainer> {
  const { network, loss = crossEntropy(), optimizer = sgdOfResnet, seed = 0, threads } = options
  const thread: TrainingThread = { optimizer, threads }
  const first = stateOf(network, options.tensors ?? initialise(network, seed))
  const remote = openRemote(sibling('trainingWorker', import.meta.url), thread)
  const layout = await layoutFor(remote, options).catch(async (error: unknown) => {
    await remote.close()
    throw error
  })
  const { block } = layout
  await remote.call('begin', [layout])
  const graphs = remoteGraphs(remote, { network, loss, layout })
  const training = async (examples: Batch) => {
    const { batch, all } = trainingFeeds(network, examples)
    return [await graphs.whole('train', batch), all] as const
  }
  async function* gradientParts(examples: Batch, parts: number): AsyncGenerator<GradientPart> {
    const { batch, all } = trainingFeeds(network, examples)
    const keys = await calls.run(() => graphs.parts(batch, parts))
    const waiting = keys.map((key, i) =>
      calls.run(() => remote.call<GradientPart>('gradientPart', i === 0 ? [key, all] : [key])),
    )
    for (const part of waiting) part.catch(() => {})
    for (const part of waiting) yield await part
  }
  const calls = callsUntilClosed(remote)
  const infer = (kind: 'predict' | 'features', inputs: Batch['inputs']): Promise<Float32Array> =>
    calls.run(async () => {
      const batch = batchOf(network, inputs)
      const all = feedsOf(network, inputs, batch)
      return remote.call('predict', [await graphs.whole(kind, batch), all])
    })
  const trainer: Trainer = {
    network,
    optimizer: optimizer.kind,
    shapes: layout.shapes,
    parameterCount: [...layout.shapes.values()].reduce((n, shape) => n + sizeOf(shape), 0),
    layout: block === 0 ? 'rows' : `blocks${block}`,
    gradients: (batch) => calls.run(async () => remote.call('gradients', await training(batch))),
    gradientParts,
    update: (gradients, rate) => calls.run(() => remote.call('update', [gradients, rate], true)),
    step: (batch, rate) =>
      calls.run(async () => remote.call('step', [...(await training(batch)), rate])),
    predict: (inputs) => infer('predict', inputs),
    features: (inputs) => infer('features', inputs),
    snapshot: () => calls.run(() => remote.call('snapshot', [])),
    restore: (state) => calls.run(() => remote.call('restore', [state])),
    close: calls.close,
  }
  // Fresh weights are nobody else's: they move, and this thread keeps no copy.
  await remote.call('restore', [first], options.tensors === undefined)
  return trainer
}

/** Calls are let through until the first `close`, which waits for those under way. */
function callsUntilClosed(remote: Remote) {
  const underWay = new Set<Promise<unknown>>()
  let closing: Promise<void> | undefined
  const end = async () => {
    await Promise.allSettled(underWay)
    await remote.call('close', []).catch(() => {})
    await remote.close()
  }
  return {
    run: <Result>(call: () => Promise<Result>): Promise<Result> => {
      if (closing) return Promise.reject(new ModelError('CLOSED', 'used after close()'))
      const promise = call()
      const done = () => underWay.delete(promise)
      underWay.add(promise)
      promise.then(done, done)
      return promise
    },
    close: (): Promise<void> => {
      closing ??= end()
      return closing
    },
  }
}

async function layoutFor(
  remote: Remote,
  { network, graph }: TrainerOptions,
): Promise<ParameterLayout> {
  const block = graph === 'portable' ? 0 : await remote.call<number>('probe', [])
  return parameterLayout(network, block)
}

/** A state before the first step, with the given weights. */
function stateOf(network: Network, tensors: TensorMap): TrainingState {
  const { parameters, buffers } = blueprintOf(network)
  const take = (names: Iterable<[string, { shape: readonly number[] }]>) =>
    new Map(
      [...names].map(([name, { shape }]) => {
        const data = tensors.get(name)?.data
        if (!(data instanceof Float32Array) || data.length !== sizeOf(shape)) {
          const got = data ? `${data.length} numbers` : 'nothing'
          throw new ModelError(
            'BAD_ARGUMENT',
            `weights: ${name} has ${got}, wanted float32 [${shape.join(', ')}]`,
          )
        }
        return [name, data] as const
      }),
    )
  return {
    parameters: take(parameters),
    buffers: take(buffers),
    optimizer: { step: 0, slots: new Map() },
  }
}
