import type { Part, Replica } from '@nebulift/distributed'
import { type training as Training, training } from '@nebulift/model'
import { countRight, type FitSteps, type Trainer } from '@nebulift/model/node'

type Batch = Awaited<ReturnType<FitSteps['load']>>
type Arrays = ReadonlyMap<string, Float32Array>

/** Gradients are handed out in parts of about so many bytes: small ones travel while the rest is computed. */
const PART_BYTES = 12e6

/**
 * One rank's copy of a classifier in training: network, optimiser, and how far `fit` has come with it. Errors of states
 * that do not fit name `folder`.
 */
export function classifierReplica(steps: FitSteps, folder: string): Replica<Batch> {
  const { trainer } = steps
  const parts = Math.max(1, Math.min(4, Math.round((4 * trainer.parameterCount) / PART_BYTES)))
  const numbersOf = (
    { loss, logits }: { readonly loss: number; readonly logits: Float32Array },
    { labels }: Batch,
  ) => ({ loss, right: countRight(logits, labels) })
  return {
    layout: `${trainer.network.name}, ${trainer.parameterCount} numbers in ${trainer.layout}, ${parts} parts`,
    gradients: async function* (batch): AsyncGenerator<Part> {
      if (parts === 1) {
        const pass = await trainer.gradients(batch)
        yield { gradients: pass.gradients, numbers: numbersOf(pass, batch) }
        return
      }
      for await (const { gradients, loss, logits } of trainer.gradientParts(batch, parts)) {
        const first = loss !== undefined && logits !== undefined
        yield { gradients, ...(first && { numbers: numbersOf({ loss, logits }, batch) }) }
      }
    },
    update: (gradients, step) => trainer.update(gradients, steps.rateAt(step)),
    snapshot: async () => snapshotOf(steps),
    restore: async (state) => {
      const { latest, best } = decodeSnapshot(state)
      await steps.restore(latest, best, folder)
    },
    ...flatViews(trainer),
  }
}

/** Weights and running statistics as one array each, in the order of their names in the network. */
function flatViews(trainer: Trainer) {
  const read = async (which: 'parameters' | 'buffers') => flat((await trainer.snapshot())[which])
  const write = async (which: 'parameters' | 'buffers', data: Float32Array) => {
    const state = await trainer.snapshot()
    await trainer.restore({ ...state, [which]: unflat(state[which], data) })
  }
  return {
    buffers: () => read('buffers'),
    setBuffers: (data: Float32Array) => write('buffers', data),
    weights: () => read('parameters'),
    setWeights: (data: Float32Array) => write('parameters', data),
  }
}

function flat(arrays: Arrays): Float32Array {
  const all = [...arrays.values()]
  const whole = new Float32Array(all.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const array of all) {
    whole.set(array, at)
    at += array.length
  }
  return whole
}

function unflat(model: Arrays, data: Float32Array): Map<string, Float32Array> {
  let at = 0
  return new Map(
    [...model].map(([name, { length }]) => {
      at += length
      return [name, data.slice(at - length, at)]
    }),
  )
}

/** Length of the first checkpoint (32 bits), that checkpoint, and the best epoch's where there is one. */
async function snapshotOf(steps: FitSteps): Promise<Uint8Array> {
  const { optimizer } = await steps.trainer.snapshot()
  const latest = training.encodeCheckpoint(await steps.checkpoint(optimizer.step))
  const { best } = steps
  const kept = best
    ? training.encodeCheckpoint(steps.checkpointOf(best, best.optimizer.step))
    : new Uint8Array()
  const bytes = new Uint8Array(4 + latest.length + kept.length)
  new DataView(bytes.buffer).setUint32(0, latest.length, true)
  bytes.set(latest, 4)
  bytes.set(kept, 4 + latest.length)
  return bytes
}

function decodeSnapshot(bytes: Uint8Array): {
  latest: Training.Checkpoint
  best?: Training.TrainingState
} {
  const end = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
  const latest = training.decodeCheckpoint(bytes.subarray(4, end))
  if (end === bytes.length) return { latest }
  return { latest, best: training.decodeCheckpoint(bytes.subarray(end)) }
}
